/** The node's own media driver: where it lives, what it costs while idle, and what happens when it dies. */
@NullMarked
package io.godwit.transport.driver;

import org.jspecify.annotations.NullMarked;
