@NullMarked
package io.godwit.actors;

import org.jspecify.annotations.NullMarked;
