/** One harvest of dirty pages for everyone who asks. */
@NullMarked
package io.godwit.vmm.dirty;

import org.jspecify.annotations.NullMarked;
