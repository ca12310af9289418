/** Who should move: the imbalance as one number, plans that lower it, and the brakes that keep it from being chased. */
@NullMarked
package io.godwit.control.balance;

import org.jspecify.annotations.NullMarked;
