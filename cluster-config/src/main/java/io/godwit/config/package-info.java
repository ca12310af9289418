@NullMarked
package io.godwit.config;

import org.jspecify.annotations.NullMarked;
