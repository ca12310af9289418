package io.godwit.config;

/** Which CPU a new VM's guest is given. */
public enum CpuChoice {
    /** All that its host offers. */
    HOST,
    /** What every host of the cluster offers: it may move to each. */
    BASELINE
}
