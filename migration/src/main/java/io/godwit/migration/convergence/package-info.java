@NullMarked
package io.godwit.migration.convergence;

import org.jspecify.annotations.NullMarked;
