package io.godwit.control.simulate;

import io.godwit.control.balance.Move;
import org.jspecify.annotations.Nullable;

/** A VM's migration or start under way. */
record Flight(String vm, @Nullable String from, String to, Move move, long startMs, long endMs) {}
