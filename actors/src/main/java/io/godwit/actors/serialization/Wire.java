package io.godwit.actors.serialization;

/** A message or part of one that may travel to another host; each has a fixed number in {@link WireTypes}. */
public interface Wire {}
