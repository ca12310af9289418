/** Batches of pages, compressed and decompressed between private buffers. */
@NullMarked
package io.godwit.migration.compression;

import org.jspecify.annotations.NullMarked;
