/**
 * Mutual TLS 1.3 between the nodes, for Artery and for the ledger, from the node's certificate and the cluster's CA. Whoever
 * is refused is refused with the reason, in the log.
 */
@NullMarked
package io.godwit.actors.tls;

import org.jspecify.annotations.NullMarked;
