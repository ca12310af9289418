package io.godwit.actors.vm;

import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What a VM is busy with.
 *
 * @param replyTo who asked for it and is told its end; null where nobody waits
 */
record Operation(String name, @Nullable ActorRef<VmActor.Answer> replyTo) {
    private static final String MIGRATION = "migration ";

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
