/**
 * A VM that is off goes to another host with its disks. Both sides as pure state machines, and what a host does with files
 * that a move left when one of them died over it.
 *
 * <p>The rules that keep the disks whole at exactly one host:
 *
 * <ol>
 *   <li>The target says {@code Staged} only when its copies are complete, compared and on disk, under names that no volume
 *       has. It has them until the ledger says that it will never need them.
 *   <li>The source asks the ledger for {@code Prepare} and {@code Commit} only after {@code Staged}, and never after it has
 *       dismissed the target.
 *   <li>A target that has said {@code Staged} and was not dismissed throws its copies away only when the ledger has recorded
 *       {@code Abort}: then no {@code Prepare} that is still on its way counts any more. The ledger's first record decides.
 *   <li>The source deletes its disks only when the ledger has recorded {@code Commit}. The target gives its copies their
 *       names only then.
 *   <li>What either side leaves behind is named after the move, so that the next life of the host can ask the same.
 * </ol>
 */
@NullMarked
package io.godwit.control.cold;

import org.jspecify.annotations.NullMarked;
