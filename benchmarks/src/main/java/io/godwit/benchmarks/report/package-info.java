/** What was measured, as medians, bars, JSON and Markdown. */
@NullMarked
package io.godwit.benchmarks.report;

import org.jspecify.annotations.NullMarked;
