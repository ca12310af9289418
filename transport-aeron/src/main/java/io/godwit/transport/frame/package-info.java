/** The page stream on the wire: one header, the kinds of frame, and the checks a frame passes before it is believed. */
@NullMarked
package io.godwit.transport.frame;

import org.jspecify.annotations.NullMarked;
