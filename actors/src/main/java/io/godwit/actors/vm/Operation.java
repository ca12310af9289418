package io.godwit.actors.vm;

import io.godwit.vmm.MachineEvent;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What a VM is busy with.
 *
 * @param replyTo who asked for it and is told its end; null where nobody waits
 * @param guestEvent what the guest did, where that is what began it; else null
 */
record Operation(
        String name,
        @Nullable ActorRef<VmActor.Answer> replyTo,
        @Nullable MachineEvent guestEvent) {
    private static final String MIGRATION = "migration ";

    Operation(String name, @Nullable ActorRef<VmActor.Answer> replyTo) {
        this(name, replyTo, null);
    }

    static Operation poweredOff(MachineEvent event) {
        return new Operation("power off", null, event);
    }

    /** A migration: its own actor answers who asked for it. */
    static Operation migration(String migrationId) {
        return new Operation(migrationName(migrationId), null);
    }

    static String migrationName(String migrationId) {
        return MIGRATION + migrationId;
    }

    /** The migration it is, or null. */
    @Nullable
    String migrationId() {
        return name.startsWith(MIGRATION) ? name.substring(MIGRATION.length()) : null;
    }
}
