@NullMarked
package io.godwit.migration.digest;

import org.jspecify.annotations.NullMarked;
