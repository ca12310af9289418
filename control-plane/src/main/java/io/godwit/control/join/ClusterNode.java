package io.godwit.control.join;

/**
 * One life of a node's actor system, as membership tells lives apart.
 *
 * @param address as {@code cluster@host:port}, the same for each life
 * @param uid another for each life
 */
public record ClusterNode(String address, long uid) {}
