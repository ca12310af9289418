/** Nodes as processes, guests seen from outside, and faults, so that a test reads like its name. */
@NullMarked
package io.godwit.integration.harness;

import org.jspecify.annotations.NullMarked;
