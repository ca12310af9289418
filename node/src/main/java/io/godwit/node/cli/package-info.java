/** The command line: a client of the gateway, and the doors to the node and the demo. */
@NullMarked
package io.godwit.node.cli;

import org.jspecify.annotations.NullMarked;
