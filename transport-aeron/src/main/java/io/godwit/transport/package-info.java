@NullMarked
package io.godwit.transport;

import org.jspecify.annotations.NullMarked;
