package io.godwit.actors.host;

/** What does not change about a host while its JVM lives. */
public record HostFacts(int cpus, String cpuModel, String microcode, String kernel, String apiUrl, String version) {}
