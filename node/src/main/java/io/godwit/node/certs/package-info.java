/** {@code godwit cert}: a cluster's CA and its nodes' certificates, as PEM files. The only user of Bouncy Castle. */
@NullMarked
package io.godwit.node.certs;

import org.jspecify.annotations.NullMarked;
