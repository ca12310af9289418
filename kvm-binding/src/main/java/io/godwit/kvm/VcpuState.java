package io.godwit.kvm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Everything a vCPU is beside memory. Immutable. As bytes, little-endian:
 *
 * <pre>
 *   u32 version | u32 n, n CPUID entries of 7 u32 | u32 TSC kHz | u32 has offset, u64 TSC offset
 *   | per part, in the order of VcpuPart: u32 length, bytes | u32 n, n MSRs of u32 index, u64 value
 * </pre>
 */
public final class VcpuState {
    /** Of the bytes. */
    public static final int VERSION = 1;

    private static final int MAX_MSRS = 4096;

    private final CpuidTable cpuid;
    private final int tscKhz;
    private final OptionalLong tscOffset;
    private final Map<VcpuPart, byte[]> parts;
    private final Map<Integer, Long> msrs;

    VcpuState(
            CpuidTable cpuid,
            int tscKhz,
            OptionalLong tscOffset,
            Map<VcpuPart, byte[]> parts,
            Map<Integer, Long> msrs) {
        this.cpuid = cpuid;
        this.tscKhz = tscKhz;
        this.tscOffset = tscOffset;
        this.parts = new EnumMap<>(parts);
        this.msrs = Collections.unmodifiableMap(new LinkedHashMap<>(msrs));
    }

    public CpuidTable cpuid() {
        return cpuid;
    }

    /**
     * This state on the CPU of another: with its CPUID and the frequency of its time stamp counter. A reset of a guest
     * that came from another host needs it, because what CPUID answers never changes once the vCPU has run.
     */
    public VcpuState withIdentityOf(VcpuState other) {
        return new VcpuState(other.cpuid, other.tscKhz, tscOffset, parts, msrs);
    }

    public int tscKhz() {
        return tscKhz;
    }

    /** What KVM adds to the host's time stamp counter, where it tells. */
    public OptionalLong tscOffset() {
        return tscOffset;
    }

    public Registers registers() {
        return Registers.fromNative(new UnsafeBuffer(part(VcpuPart.REGS)));
    }

    public SpecialRegisters specialRegisters() {
        return SpecialRegisters.fromNative(new UnsafeBuffer(part(VcpuPart.SREGS)));
    }

    public MpState mpState() {
        return MpState.of(new UnsafeBuffer(part(VcpuPart.MP_STATE)).getInt(0));
    }

    /** Model-specific registers by number, in the order in which they are restored. */
    public Map<Integer, Long> msrs() {
        return msrs;
    }

    byte[] part(VcpuPart part) {
        byte[] bytes = parts.get(part);
        if (bytes == null) {
            throw new IllegalStateException("a vCPU state without " + part);
        }
        return bytes;
    }

    /** Names of what differs, such as {@code REGS} or {@code MSR 0x10}: for tests and for finding out why. */
    public List<String> differences(VcpuState other) {
        List<String> names = new ArrayList<>();
        if (!cpuid.equals(other.cpuid)) {
            names.add("CPUID");
        }
        if (tscKhz != other.tscKhz) {
            names.add("TSC_KHZ");
        }
        if (!tscOffset.equals(other.tscOffset)) {
            names.add("TSC_OFFSET");
        }
        for (VcpuPart part : VcpuPart.values()) {
            if (!Arrays.equals(part(part), other.part(part))) {
                names.add(part.name());
            }
        }
        Map<Integer, Long> all = new LinkedHashMap<>(msrs);
        all.putAll(other.msrs);
        for (int index : all.keySet()) {
            if (!java.util.Objects.equals(msrs.get(index), other.msrs.get(index))) {
                names.add("MSR 0x" + Integer.toHexString(index));
            }
        }
        return names;
    }

    public byte[] toBytes() {
        StateWriter out = new StateWriter();
        out.putInt(VERSION);
        out.putInt(cpuid.entries().size());
        for (CpuidEntry entry : cpuid.entries()) {
            out.putInt(entry.function());
            out.putInt(entry.index());
            out.putInt(entry.flags());
            out.putInt(entry.eax());
            out.putInt(entry.ebx());
            out.putInt(entry.ecx());
            out.putInt(entry.edx());
        }
        out.putInt(tscKhz);
        out.putInt(tscOffset.isPresent() ? 1 : 0);
        out.putLong(tscOffset.orElse(0));
        for (VcpuPart part : VcpuPart.values()) {
            out.putBytes(part(part));
        }
        out.putInt(msrs.size());
        msrs.forEach((index, value) -> {
            out.putInt(index);
            out.putLong(value);
        });
        return out.toBytes();
    }

    /** @throws KvmStateException when the bytes are not a state of a known version, whole and nothing more */
    public static VcpuState fromBytes(byte[] bytes) {
        StateReader in = new StateReader("vCPU state", bytes);
        in.version(VERSION);
        int entries = in.count("CPUID entries", CpuidTable.MAX_ENTRIES);
        List<CpuidEntry> table = new ArrayList<>();
        for (int i = 0; i < entries; i++) {
            table.add(new CpuidEntry(
                    in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.getInt()));
        }
        int tscKhz = in.getInt();
        boolean hasOffset = in.count("TSC offsets", 1) == 1;
        long offset = in.getLong();
        Map<VcpuPart, byte[]> parts = new EnumMap<>(VcpuPart.class);
        for (VcpuPart part : VcpuPart.values()) {
            parts.put(part, in.getBytes(part.name(), part.minBytes, part.maxBytes()));
        }
        int count = in.count("MSRs", MAX_MSRS);
        Map<Integer, Long> msrs = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            msrs.put(in.getInt(), in.getLong());
        }
        in.end();
        OptionalLong tscOffset = hasOffset ? OptionalLong.of(offset) : OptionalLong.empty();
        return new VcpuState(new CpuidTable(table), tscKhz, tscOffset, parts, msrs);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VcpuState that && differences(that).isEmpty();
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(part(VcpuPart.REGS));
    }
}
