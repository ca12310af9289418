package io.godwit.vmm.state;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineState;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A {@link MachineState} as bytes, all little-endian:
 *
 * <pre>
 *  0  u32  magic "GWMS"
 *  4  u16  format, {@value #FORMAT}
 *  6  u16  number of components, at most {@value #MAX_COMPONENTS}
 *  8       each component, in the order of restoring:
 *            u8   length of the id, 1 to {@value #MAX_ID_BYTES}
 *            ...  the id, printable ASCII
 *            u32  version, from 1
 *            u32  length, at most {@value #MAX_COMPONENT_BYTES}
 *            ...  the bytes
 * </pre>
 */
public final class MachineStateCodec {
    public static final int FORMAT = 1;
    public static final int MAX_COMPONENTS = 4096;
    public static final int MAX_ID_BYTES = 64;
    public static final int MAX_COMPONENT_BYTES = 16 << 20;
    private static final int MAGIC = 0x534d5747;

    private MachineStateCodec() {}

    public static byte[] encode(MachineState state) {
        StateWriter writer = new StateWriter();
        writer.u32(MAGIC).u16(FORMAT).u16(state.components().size());
        for (ComponentState component : state.components()) {
            byte[] id = component.id().getBytes(StandardCharsets.US_ASCII);
            writer.u8(id.length).raw(id).u32(component.version()).bytes(component.bytes());
        }
        return writer.toBytes();
    }

    /** @throws MachineException when the bytes are not a machine state of this format */
    public static MachineState decode(byte[] bytes) {
        StateReader reader = new StateReader("machine state", bytes);
        int magic = reader.u32("magic");
        if (magic != MAGIC) {
            throw reader.refused(String.format("magic is 0x%08x, accepted is 0x%08x", magic, MAGIC));
        }
        reader.between("format", reader.u16("format"), FORMAT, FORMAT);
        int count = reader.between("number of components", reader.u16("number of components"), 1, MAX_COMPONENTS);
        List<ComponentState> components = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < count; i++) {
            ComponentState component = component(reader, i);
            if (!ids.add(component.id())) {
                throw reader.refused("component " + component.id() + " appears twice");
            }
            components.add(component);
        }
        reader.end();
        return new MachineState(components);
    }

    private static ComponentState component(StateReader reader, int index) {
        String what = "component " + index;
        int idLength = reader.u8(what + " id length", 1, MAX_ID_BYTES);
        byte[] id = reader.raw(what + " id", idLength);
        for (byte letter : id) {
            if (letter <= ' ' || letter > '~') {
                throw reader.refused(what + " has an id with byte " + letter + ", accepted is printable ASCII");
            }
        }
        String name = new String(id, StandardCharsets.US_ASCII);
        int version = reader.u32(name + " version");
        if (version < 1) {
            throw reader.refused(name + " has version " + version + ", accepted are versions from 1");
        }
        return new ComponentState(name, version, reader.bytes(name, MAX_COMPONENT_BYTES));
    }
}
