/**
 * How a lane asks for pages to be encoded and decoded, so that transport knows frames and nothing of compression. Buffers
 * passed here are private and direct; nothing in this package touches guest memory.
 */
@NullMarked
package io.godwit.transport.codec;

import org.jspecify.annotations.NullMarked;
