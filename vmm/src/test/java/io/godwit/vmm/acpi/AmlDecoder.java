package io.godwit.vmm.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads AML into named objects, from the specification and not from the encoder. Values are {@code Long}, {@code
 * String}, {@code byte[]} or {@code List}; a method's is a list of its terms as text.
 */
final class AmlDecoder {
    final Map<String, Object> objects = new LinkedHashMap<>();
    private final ByteBuffer aml;

    private AmlDecoder(byte[] aml) {
        this.aml = ByteBuffer.wrap(aml).order(ByteOrder.LITTLE_ENDIAN);
    }

    static Map<String, Object> decode(byte[] aml) {
        AmlDecoder decoder = new AmlDecoder(aml);
        decoder.terms("\\", aml.length);
        return decoder.objects;
    }

    private int u8() {
        return aml.get() & 0xff;
    }

    private void terms(String scope, int end) {
        while (aml.position() < end) {
            term(scope);
        }
        require(aml.position() == end, "a term of " + scope + " ends behind it");
    }

    private void term(String scope) {
        int op = u8();
        switch (op) {
            case 0x08 -> {
                String name = resolve(scope, nameString());
                put(name, value());
            }
            case 0x10 -> block(scope);
            case 0x14 -> method(scope);
            case 0x5b -> extended(scope);
            default -> throw new AssertionError(String.format("opcode 0x%x at %d", op, aml.position() - 1));
        }
    }

    private void block(String scope) {
        int end = packageEnd();
        String name = resolve(scope, nameString());
        objects.putIfAbsent(name, "scope");
        terms(name, end);
    }

    private void extended(String scope) {
        int op = u8();
        if (op == 0x82) {
            block(scope);
        } else if (op == 0x80) {
            String name = resolve(scope, nameString());
            put(name, List.of((long) u8(), value(), value()));
        } else {
            require(op == 0x81, "extended opcode " + op);
            int end = packageEnd();
            String region = nameString();
            int flags = u8();
            for (long bit = 0; aml.position() < end; ) {
                String unit = resolve(scope, segment());
                long bits = packageLength();
                put(unit, List.of(region, (long) flags, bits, bit));
                bit += bits;
            }
            require(aml.position() == end, "field");
        }
    }

    private void method(String scope) {
        int end = packageEnd();
        String name = resolve(scope, nameString());
        List<Object> terms = new ArrayList<>();
        terms.add((long) u8());
        while (aml.position() < end) {
            terms.add(statement());
        }
        require(aml.position() == end, name + " ends where it says");
        put(name, terms);
    }

    private Object statement() {
        int op = u8();
        if (op == '\\') {
            aml.position(aml.position() - 1);
            return "call " + nameString();
        }
        return switch (op) {
            case 0x70 -> "store " + operand() + " " + operand();
            case 0x86 -> "notify " + nameString() + " " + value();
            case 0xa4 -> List.of("return", value());
            case 0xa0 -> {
                int end = packageEnd();
                require(u8() == 0x7b, "and");
                String condition = operand() + " & " + operand();
                require(u8() == 0, "without target");
                List<Object> body = new ArrayList<>(List.of("if " + condition));
                while (aml.position() < end) {
                    body.add(statement());
                }
                yield body;
            }
            default -> throw new AssertionError(String.format("statement 0x%x", op));
        };
    }

    private String operand() {
        int next = aml.get(aml.position()) & 0xff;
        if (next == 0x60 || next == 0x61) {
            return "Local" + (u8() - 0x60);
        }
        return next >= 'A' && next <= '_' ? nameString() : value().toString();
    }

    private Object value() {
        int op = u8();
        return switch (op) {
            case 0x00 -> 0L;
            case 0x01 -> 1L;
            case 0x0a -> (long) u8();
            case 0x0b -> (long) Short.toUnsignedInt(aml.getShort());
            case 0x0c -> Integer.toUnsignedLong(aml.getInt());
            case 0x0e -> aml.getLong();
            case 0x0d -> string();
            case 0x11 -> {
                int end = packageEnd();
                byte[] content = new byte[(int) (long) (Long) value()];
                aml.get(content);
                require(aml.position() == end, "buffer");
                yield content;
            }
            case 0x12 -> {
                int end = packageEnd();
                int count = u8();
                List<Object> elements = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    elements.add(value());
                }
                require(aml.position() == end, "package");
                yield elements;
            }
            default -> throw new AssertionError(String.format("value 0x%x at %d", op, aml.position() - 1));
        };
    }

    private String string() {
        StringBuilder text = new StringBuilder();
        for (int letter = u8(); letter != 0; letter = u8()) {
            text.append((char) letter);
        }
        return text.toString();
    }

    private int packageEnd() {
        int start = aml.position();
        return start + packageLength();
    }

    private int packageLength() {
        int lead = u8();
        int following = lead >> 6;
        if (following == 0) {
            return lead & 0x3f;
        }
        require((lead & 0x30) == 0, "bits 4 and 5 of a long length");
        int length = lead & 0x0f;
        for (int i = 0; i < following; i++) {
            length |= u8() << (4 + 8 * i);
        }
        return length;
    }

    private String nameString() {
        StringBuilder name = new StringBuilder();
        int lead = u8();
        if (lead == '\\') {
            name.append('\\');
            lead = u8();
        }
        int count = 1;
        if (lead == 0x2e) {
            count = 2;
        } else if (lead == 0x2f) {
            count = u8();
        } else {
            aml.position(aml.position() - 1);
        }
        for (int i = 0; i < count; i++) {
            name.append(i == 0 ? "" : ".").append(segment());
        }
        return name.toString();
    }

    private String segment() {
        byte[] letters = new byte[4];
        aml.get(letters);
        return new String(letters, StandardCharsets.US_ASCII);
    }

    private static String resolve(String scope, String name) {
        if (name.startsWith("\\")) {
            return name;
        }
        return scope.equals("\\") ? scope + name : scope + "." + name;
    }

    private void put(String name, Object value) {
        require(objects.put(name, value) == null, name + " is there once");
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
