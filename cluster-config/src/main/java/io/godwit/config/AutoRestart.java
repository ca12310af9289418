package io.godwit.config;

/** What becomes of a VM whose guest ends by itself. An operator's stop is never undone. */
public enum AutoRestart {
    /** It stays as the guest left it, for an operator to look into. */
    NEVER,
    /** A guest that crashed is started again; one that powered itself off stays off. */
    ON_CRASH,
    /** It is started again however it ended. */
    ALWAYS
}
