/** Migration over a slow link, between network namespaces. */
@NullMarked
package io.godwit.benchmarks.link;

import org.jspecify.annotations.NullMarked;
