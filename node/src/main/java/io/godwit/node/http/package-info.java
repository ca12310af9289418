/** The HTTP gateway: every request becomes one actor message, every refusal a problem document. */
@NullMarked
package io.godwit.node.http;

import org.jspecify.annotations.NullMarked;
