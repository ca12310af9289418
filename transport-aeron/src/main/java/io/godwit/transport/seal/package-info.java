/** Sealing of frames: secrets, the keys derived from them, and AES-256-GCM over one frame at a time. */
@NullMarked
package io.godwit.transport.seal;

import org.jspecify.annotations.NullMarked;
