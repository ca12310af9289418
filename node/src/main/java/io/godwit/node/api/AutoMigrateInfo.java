package io.godwit.node.api;

/**
 * What becomes of a host's VMs when it is down.
 *
 * @param enabled whether those that may run elsewhere are started there without an operator's word
 */
public record AutoMigrateInfo(String host, boolean enabled) {}
