/** What Godwit promises, tried on real node processes with real guests and real faults. */
@NullMarked
package io.godwit.integration;

import org.jspecify.annotations.NullMarked;
