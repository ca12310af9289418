/** What goes over HTTP as JSON: the records the gateway writes and the CLI reads. */
@NullMarked
package io.godwit.node.api;

import org.jspecify.annotations.NullMarked;
