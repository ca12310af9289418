package io.godwit.config;

/** Whether a migration's pages are sealed. */
public enum Encryption {
    /** Where the control channel is TLS. */
    AUTO,
    /** Always; refused where the control channel is not TLS. */
    ON,
    OFF
}
