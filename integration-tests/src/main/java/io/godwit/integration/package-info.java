@NullMarked
package io.godwit.integration;

import org.jspecify.annotations.NullMarked;
