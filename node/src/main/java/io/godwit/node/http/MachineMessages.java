package io.godwit.node.http;

import io.godwit.actors.vm.ConsoleRequest;
import io.godwit.actors.vm.PowerRequest;
import io.godwit.config.FieldReader;
import io.godwit.config.ValueType;
import io.godwit.config.device.ConsoleName;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The messages about a machine's buttons and consoles as JSON. What is wrong with a field the reader keeps. */
final class MachineMessages {
    private static final ValueType<String> WRITER =
            ValueType.of("1 to 64 characters", text -> !text.isEmpty() && text.length() <= 64, text -> text);
    private static final ValueType<String> TEXT = ValueType.of(
            "at most " + ConsoleRequest.LIMIT_BYTES + " bytes of UTF-8",
            text -> text.getBytes(StandardCharsets.UTF_8).length <= ConsoleRequest.LIMIT_BYTES,
            text -> text);

    private MachineMessages() {}

    /** Empty where it is another message. */
    static Optional<VmMessages.Message> read(Optional<VmMessages.Type> type, FieldReader reader) {
        if (type.isEmpty()) {
            return Optional.empty();
        }
        return switch (type.get()) {
            case POWER_DOWN -> Optional.of(PowerRequest.PowerDown::new);
            case RESET -> Optional.of(PowerRequest.Reset::new);
            case RENEW_GENERATION -> Optional.of(PowerRequest.RenewGeneration::new);
            case STOP_WITHIN -> Optional.of(stop(reader));
            case READ_CONSOLE -> Optional.of(readConsole(reader));
            case WRITE_CONSOLE -> Optional.of(writeConsole(reader));
            default -> Optional.empty();
        };
    }

    private static VmMessages.Message stop(FieldReader reader) {
        long graceMs = reader.required("graceMs", ValueType.number(1, PowerRequest.MAX_GRACE_MS))
                .orElse(1L);
        return replyTo -> new PowerRequest.StopWithin(graceMs, replyTo);
    }

    private static ConsoleName device(FieldReader reader) {
        return reader.optional("device", ConsoleApi.DEVICE).orElse(ConsoleName.SERIAL);
    }

    private static VmMessages.Message readConsole(FieldReader reader) {
        ConsoleName device = device(reader);
        long from = reader.optionalNumber("from", Serial.POSITION).orElse(0L);
        int maxBytes = reader.optionalNumber("maxBytes", ValueType.integer(1, ConsoleRequest.LIMIT_BYTES))
                .orElse(ConsoleRequest.LIMIT_BYTES);
        long waitMs = reader.optionalNumber("waitMs", ValueType.number(0, ConsoleRequest.MAX_WAIT_MS))
                .orElse(0L);
        return replyTo -> new ConsoleRequest.ReadConsole(device, from, maxBytes, waitMs, replyTo);
    }

    private static VmMessages.Message writeConsole(FieldReader reader) {
        ConsoleName device = device(reader);
        String writer = reader.required("writer", WRITER).orElse("");
        long offset = reader.required("offset", Serial.POSITION).orElse(0L);
        byte[] text = reader.required("text", TEXT).orElse("").getBytes(StandardCharsets.UTF_8);
        return replyTo -> new ConsoleRequest.WriteConsole(device, writer, offset, text, replyTo);
    }
}
