/** What a host notices of itself, shown on every host. What is worth an alarm is {@link io.godwit.control.alarm}'s. */
@NullMarked
package io.godwit.actors.alarm;

import org.jspecify.annotations.NullMarked;
