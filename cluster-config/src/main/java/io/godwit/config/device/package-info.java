/** The devices in a VM's definition. */
@NullMarked
package io.godwit.config.device;

import org.jspecify.annotations.NullMarked;
