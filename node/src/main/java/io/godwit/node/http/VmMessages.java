package io.godwit.node.http;

import io.godwit.actors.vm.DeviceMessages;
import io.godwit.actors.vm.ForecastRequest;
import io.godwit.actors.vm.VmActor;
import io.godwit.config.FieldReader;
import io.godwit.config.MigrationMode;
import io.godwit.config.MigrationRequest;
import io.godwit.config.ValueType;
import io.godwit.config.device.DeviceSlots;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.NicRequest;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/** The messages of a VM's actor as JSON: {@code {"type": "start"}} and so on, and its answers. */
final class VmMessages {
    /** A message that lacks only whom to answer. */
    interface Message extends Function<ActorRef<VmActor.Answer>, VmActor.Request> {}

    /** How each message is written. {@code shouldKnowEveryMessageOfAVm} holds this list complete. */
    enum Type {
        DESCRIBE,
        START,
        STOP,
        PAUSE,
        RESUME,
        DELETE,
        READ_SERIAL,
        MIGRATE,
        MIGRATE_COLD,
        PLAN_MIGRATION,
        MEASURE_DIRTY_RATE,
        DESCRIBE_DIRTY_RATE,
        POWER_DOWN,
        RESET,
        STOP_WITHIN,
        RENEW_GENERATION,
        READ_CONSOLE,
        WRITE_CONSOLE,
        ATTACH_DISK,
        ATTACH_NIC,
        DETACH
    }

    private VmMessages() {}

    /**
     * Reads a message.
     *
     * @throws io.godwit.config.InvalidFieldsException naming each field at fault
     */
    static Message parse(Map<String, ?> body) {
        Optional<Message> device = device(body);
        if (device.isPresent()) {
            return device.get();
        }
        FieldReader reader = new FieldReader(body);
        Optional<Type> type = reader.required("type", ValueType.oneOf(Type.class));
        Optional<Long> from = Optional.empty();
        Optional<Integer> maxBytes = Optional.empty();
        if (type.isPresent() && type.get() == Type.READ_SERIAL) {
            from = reader.optionalNumber("from", Serial.POSITION);
            maxBytes = reader.optionalNumber("maxBytes", ValueType.integer(1, VmActor.ReadSerial.LIMIT_BYTES));
        }
        Optional<Message> machine = MachineMessages.read(type, reader);
        Optional<Long> durationMs = Optional.empty();
        if (type.isPresent() && type.get() == Type.MEASURE_DIRTY_RATE) {
            durationMs = reader.optionalNumber("durationMs", SteeringApi.DURATION_MS);
        }
        long watchMs = durationMs.orElse(SteeringApi.USUAL_MS);
        long position = from.orElse(0L);
        int limit = maxBytes.orElse(VmActor.ReadSerial.LIMIT_BYTES);
        return reader.finish(
                () -> machine.isPresent() ? machine.get() : message(type.orElseThrow(), position, limit, watchMs));
    }

    private static Message message(Type type, long position, int limit, long watchMs) {
        return switch (type) {
            case DESCRIBE -> VmActor.Describe::new;
            case START -> VmActor.Start::new;
            case STOP -> VmActor.Stop::new;
            case PAUSE -> VmActor.Pause::new;
            case RESUME -> VmActor.Resume::new;
            case DELETE -> VmActor.Delete::new;
            case READ_SERIAL -> replyTo -> new VmActor.ReadSerial(position, limit, replyTo);
            case MEASURE_DIRTY_RATE -> replyTo -> new ForecastRequest.MeasureDirtyRate(watchMs, replyTo);
            case DESCRIBE_DIRTY_RATE -> ForecastRequest.DescribeDirtyRate::new;
            case POWER_DOWN, RESET, STOP_WITHIN, RENEW_GENERATION, READ_CONSOLE, WRITE_CONSOLE ->
                throw new IllegalArgumentException("read by MachineMessages");
            case ATTACH_DISK, ATTACH_NIC, DETACH -> throw new IllegalArgumentException("read by device()");
            case MIGRATE, MIGRATE_COLD, PLAN_MIGRATION -> throw new IllegalArgumentException("read by migration()");
        };
    }

    /** Messages about devices have the fields of the device. */
    private static Optional<Message> device(Map<String, ?> body) {
        Map<String, Object> fields = new HashMap<>(body);
        Object type = fields.remove("type");
        if (ValueType.nameOf(Type.ATTACH_DISK).equals(type)) {
            DiskSpec disk = DiskSpec.parse(fields);
            return Optional.of(replyTo -> new DeviceMessages.AttachDisk(disk, replyTo));
        } else if (ValueType.nameOf(Type.ATTACH_NIC).equals(type)) {
            NicRequest nic = NicRequest.parse(fields);
            return Optional.of(replyTo -> new DeviceMessages.AttachNic(nic, replyTo));
        } else if (ValueType.nameOf(Type.DETACH).equals(type)) {
            FieldReader reader = new FieldReader(fields);
            Optional<String> id = reader.requiredText("device", DeviceSlots.pluggableType());
            Optional<Boolean> force = reader.optional("force", ValueType.bool());
            return Optional.of(reader.finish(
                    () -> replyTo -> new DeviceMessages.Detach(id.orElseThrow(), force.orElse(false), replyTo)));
        }
        return Optional.empty();
    }

    /** The message that moves a VM goes where every such request goes: what is set about the VM is laid beneath it. */
    static Optional<MigrationRequest> migration(Map<String, ?> body) {
        boolean plans = ValueType.nameOf(Type.PLAN_MIGRATION).equals(body.get("type"));
        boolean cold = ValueType.nameOf(Type.MIGRATE_COLD).equals(body.get("type"));
        if (!plans && !cold && !ValueType.nameOf(Type.MIGRATE).equals(body.get("type"))) {
            return Optional.empty();
        }
        Map<String, Object> fields = new HashMap<>(body);
        fields.remove("type");
        if (plans) {
            fields.put("dryRun", true);
        } else if (cold) {
            fields.put("mode", ValueType.nameOf(MigrationMode.COLD));
        }
        return Optional.of(MigrationRequest.parse(fields));
    }

    /** An answer as JSON. A rejection is a problem document instead and never comes here. */
    static Map<String, Object> answer(VmActor.Answer answer) {
        Map<String, Object> json = new LinkedHashMap<>();
        if (answer instanceof VmActor.Done done) {
            json.put("type", "done");
            json.put("vm", Views.vm(done.vm()));
        } else if (answer instanceof VmActor.Deleted deleted) {
            json.put("type", "deleted");
            json.put("vm", deleted.vmId());
        } else if (answer instanceof VmActor.Serial serial) {
            json.put("type", "serial");
            json.put("position", serial.position());
            json.put("end", serial.end());
            json.put("text", new String(serial.bytes(), StandardCharsets.UTF_8));
        } else if (answer instanceof VmActor.ConsoleWritten written) {
            json.put("type", "console-written");
            json.put("end", written.end());
        } else if (answer instanceof VmActor.MigrationAccepted accepted) {
            json.put("type", "migration-accepted");
            json.put("migration", Views.migration(accepted.migration()));
        } else if (answer instanceof VmActor.Planned planned) {
            json.put("type", "planned");
            json.put("plan", Views.plan(planned.plan()));
        } else if (answer instanceof VmActor.DirtyRateKnown known) {
            json.put("type", "dirty-rate-known");
            json.put("rate", Views.dirtyRate(known.rate()));
        } else {
            throw new IllegalArgumentException("no JSON for " + answer);
        }
        return json;
    }
}
