/** Whether a VM whose guest ended by itself is started again, and when. Pure: instants are given. */
@NullMarked
package io.godwit.control.restart;

import org.jspecify.annotations.NullMarked;
