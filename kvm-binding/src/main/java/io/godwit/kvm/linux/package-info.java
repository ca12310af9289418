/** The few Linux calls Godwit makes, each behind a small class that checks its bounds and its lifetime. */
@NullMarked
package io.godwit.kvm.linux;

import org.jspecify.annotations.NullMarked;
