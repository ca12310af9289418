@NullMarked
package io.godwit.kvm;

import org.jspecify.annotations.NullMarked;
