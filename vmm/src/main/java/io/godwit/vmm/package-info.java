@NullMarked
package io.godwit.vmm;

import org.jspecify.annotations.NullMarked;
