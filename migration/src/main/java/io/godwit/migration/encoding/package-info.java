/** The codecs of one migration, put together and given to its lanes. */
@NullMarked
package io.godwit.migration.encoding;

import org.jspecify.annotations.NullMarked;
