/** Three real nodes on one machine, a VM that is migrated around them, and a host that is killed. */
@NullMarked
package io.godwit.node.demo;

import org.jspecify.annotations.NullMarked;
