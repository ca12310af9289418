/** What a guest dirties, measured while it runs. */
@NullMarked
package io.godwit.migration.dirtyrate;

import org.jspecify.annotations.NullMarked;
