@NullMarked
package io.godwit.control;

import org.jspecify.annotations.NullMarked;
