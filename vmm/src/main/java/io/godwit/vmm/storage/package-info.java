/** Pools and volumes: what operators do with disk images while no machine uses them. Everything here blocks. */
@NullMarked
package io.godwit.vmm.storage;

import org.jspecify.annotations.NullMarked;
