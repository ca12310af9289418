/**
 * QMP, QEMU's machine protocol: a UNIX socket for each VM of this host, and single commands over HTTP. A door only:
 * every command is the same request to the cluster that the API makes.
 */
@NullMarked
package io.godwit.node.qmp;

import org.jspecify.annotations.NullMarked;
