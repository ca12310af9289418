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
    static final String STOP = "stop";
    static final String START = "start";
    /** A start that nobody asked for now: the guest ended by itself. */
    static final String RESTART = "restart";

    private static final String POWER_DOWN = "powerdown";
    private static final String RESET = "reset";
    private static final String RENEW_GENERATION = "renew-generation";
    private static final String MIGRATION = "migration ";

    Operation(String name, @Nullable ActorRef<VmActor.Answer> replyTo) {
        this(name, replyTo, null);
    }

    boolean isRestart() {
        return name.equals(RESTART);
    }

    boolean boots() {
        return isRestart() || name.equals(START);
    }

    static Operation poweredOff(MachineEvent event) {
        return new Operation("power off", null, event);
    }

    /** A migration: its own actor answers who asked for it. */
    static Operation migration(String migrationId) {
        return new Operation(migrationName(migrationId), null);
    }

    static String nameOf(PowerRequest request) {
        if (request instanceof PowerRequest.PowerDown) {
            return POWER_DOWN;
        } else if (request instanceof PowerRequest.Reset) {
            return RESET;
        }
        return request instanceof PowerRequest.RenewGeneration ? RENEW_GENERATION : STOP;
    }

    /** What is told when it has gone well: the status that it led to, or what it did where that stays. */
    String eventKind(VmStatus status) {
        return switch (name) {
            case POWER_DOWN -> "vm.powerdown";
            case RESET -> "vm.reset";
            case RENEW_GENERATION -> "vm.generation-renewed";
            default -> "vm." + status.label();
        };
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
