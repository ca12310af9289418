package io.godwit.config;

/** How a VM comes to another host. */
public enum MigrationMode {
    /** While it runs, with its memory. */
    LIVE,
    /** While it is off, with its disks. */
    COLD,
    /** Its host is dead and its disks are shared: it is started anew. */
    RESCUE
}
