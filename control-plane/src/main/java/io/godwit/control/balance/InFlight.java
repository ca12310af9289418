package io.godwit.control.balance;

import org.jspecify.annotations.Nullable;

/**
 * A VM on its way.
 *
 * @param from null while it is being started
 */
public record InFlight(String vm, @Nullable String from, String to) {}
