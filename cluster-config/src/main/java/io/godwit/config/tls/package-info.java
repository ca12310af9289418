/** A node's certificate, its key and its CA: read from PEM files and checked. Uses nothing but the JDK. */
@NullMarked
package io.godwit.config.tls;

import org.jspecify.annotations.NullMarked;
