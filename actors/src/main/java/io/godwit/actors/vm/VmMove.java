package io.godwit.actors.vm;

import io.godwit.actors.migration.MigrationSource;
import io.godwit.actors.migration.MigrationTarget;
import io.godwit.actors.vault.VaultedMachine;
import io.godwit.control.ledger.VmRecord;
import org.apache.pekko.actor.typed.ActorRef;

/** What the sides of a migration, who steers one, and the host's actor say to the VM's actor. */
public sealed interface VmMove extends VmActor.Command {
    /**
     * From the migration's source side: the VM stays.
     *
     * @param fault why it stands still although it ought to run again; else empty
     */
    record MigrationKept(String migrationId, String fault) implements VmMove {}

    /** From the migration's source side: the VM runs elsewhere and everything here was given back. */
    record MigrationGone(String migrationId, String to) implements VmMove {}

    /**
     * From the source's side of a cold migration.
     *
     * @param vm as this life of the host owned it
     * @param gone whether it is the target's now, with its disks
     */
    record ColdEnded(String migrationId, VmRecord vm, boolean gone) implements VmMove {}

    /**
     * From the migration's target side: Go was obeyed; the ledger's record follows.
     *
     * @param fault why the VM stands still although it ought to run; else empty
     */
    record ObeyedGo(VmStatus status, String fault) implements VmMove {}

    /** From the migration's target side: the VM is ours. */
    record Arrived(String migrationId, VmRecord vm) implements VmMove {}

    /**
     * From the migration's target side: it will not come.
     *
     * @param keep whether what arrived is set aside rather than given back
     */
    record NotArrived(String migrationId, String reason, boolean keep) implements VmMove {}

    /** From the migration's target side: the ledger contradicts Go; the VM is paused and kept for an operator. */
    record Disputed(String migrationId, String reason) implements VmMove {}

    /** From the migration's target side: the VM is ours by the ledger, but its memory never arrived whole. */
    record LostOnTheWay(String migrationId, String reason) implements VmMove {}

    /** An operator's word to a migration that has its source here. */
    record AskSource(MigrationSource.Command word, ActorRef<VmActor.Answer> replyTo) implements VmMove {}

    /** The source's side ended, and with it went all it held: the VM may move again. */
    record SourceReleased(String migrationId) implements VmMove {}

    /** From the host's actor: the VM is this host's and may have to be started; started if the ledger still says so. */
    record BringUp(VmRecord vm, ActorRef<VmActor.Answer> replyTo) implements VmMove {}

    /** From the host's actor: the ledger says that the VM is another's, or gone. Disks are not touched. */
    record GivenUp(String reason) implements VmMove {}

    /** A side of a migration failed in a way it does not know: the ledger has to say whose the VM is. */
    record MigrationBroke(String migrationId) implements VmMove {}

    /** The memory that is to be received into is there. */
    record IncomingReady(VaultedMachine machine, MigrationTarget.Start start) implements VmMove {}
}
