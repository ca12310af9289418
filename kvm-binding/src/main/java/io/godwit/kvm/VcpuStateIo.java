package io.godwit.kvm;

import io.godwit.kvm.linux.NativeBuffers;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads a vCPU's state from the kernel and puts it back, each in the order that loses nothing. */
final class VcpuStateIo {
    private static final int MSR_TSC = 0x10;
    private static final int MSR_TSC_DEADLINE = 0x6e0;
    private static final int MSR_HEADER_BYTES = 8; // struct kvm_msrs: nmsrs, pad
    private static final int MSR_ENTRY_BYTES = 16; // struct kvm_msr_entry: index, reserved, data

    private final KvmVcpu vcpu;
    private final KvmFile file;
    private final int xsaveBytes;

    VcpuStateIo(KvmVcpu vcpu) {
        this.vcpu = vcpu;
        this.file = vcpu.file();
        this.xsaveBytes = vcpu.vm().xsaveBytes();
    }

    VcpuState save() {
        Map<VcpuPart, byte[]> parts = new EnumMap<>(VcpuPart.class);
        // Reading it carries out a pending INIT or SIPI, which changes the other parts.
        save(VcpuPart.MP_STATE, parts);
        for (VcpuPart part : VcpuPart.values()) {
            if (part != VcpuPart.MP_STATE && part != VcpuPart.EVENTS) {
                save(part, parts);
            }
        }
        Map<Integer, Long> msrs = readMsrs(vcpu.vm().stateMsrs());
        save(VcpuPart.EVENTS, parts);
        return new VcpuState(vcpu.cpuid(), vcpu.tscKhz(), TscOffset.save(vcpu), parts, msrs);
    }

    List<SkippedMsr> restore(VcpuState state) {
        // A vCPU that ran accepts only the table it has, and a KVM that adds to the table does not even accept that.
        if (!state.cpuid().equals(vcpu.cpuid())) {
            vcpu.setCpuid(state.cpuid());
        }
        restoreTscKhz(state.tscKhz());
        List<SkippedMsr> skipped = List.of();
        for (VcpuPart part : VcpuPart.values()) {
            restore(part, state.part(part));
            if (part == VcpuPart.LAPIC) {
                skipped = writeMsrs(state.msrs());
            }
        }
        return skipped;
    }

    /** Sets the deadline timer again, which is armed by the guest's TSC as it was when the deadline was written. */
    void rewriteTscDeadline(VcpuState state) {
        Long deadline = state.msrs().get(MSR_TSC_DEADLINE);
        if (deadline != null && deadline != 0) {
            writeMsrs(Map.of(MSR_TSC_DEADLINE, deadline));
        }
    }

    private void save(VcpuPart part, Map<VcpuPart, byte[]> parts) {
        boolean plainXsave = part == VcpuPart.XSAVE && xsaveBytes == VcpuPart.MIN_XSAVE_BYTES;
        KvmIoctl ioctl = plainXsave ? KvmIoctl.KVM_GET_XSAVE : part.get;
        int bytes = part == VcpuPart.XSAVE ? xsaveBytes : part.minBytes;
        parts.put(part, NativeBuffers.toBytes(vcpu.read(ioctl, bytes)));
    }

    private void restore(VcpuPart part, byte[] bytes) {
        if (part != VcpuPart.XSAVE) {
            vcpu.write(part.set, NativeBuffers.copyOf(bytes));
            return;
        }
        if (bytes.length > xsaveBytes) {
            throw new KvmStateException(
                    vcpu + ": an XSAVE area of " + bytes.length + " bytes; this host accepts up to " + xsaveBytes);
        }
        UnsafeBuffer area = NativeBuffers.allocate(xsaveBytes); // KVM reads as much as this host's areas have
        area.putBytes(0, bytes);
        vcpu.write(part.set, area);
    }

    private void restoreTscKhz(int wantedKhz) {
        if (wantedKhz == vcpu.tscKhz()) {
            return;
        }
        int hostKhz = vcpu.hostTscKhz();
        if (TscOffset.isScaled(wantedKhz, hostKhz) && vcpu.vm().check(KvmCapability.TSC_CONTROL) <= 0) {
            throw new KvmStateException(vcpu + ": a TSC of " + wantedKhz + " kHz; this host cannot scale its " + hostKhz
                    + " kHz and accepts " + TscOffset.TOLERANCE_PPM + " ppm of difference");
        }
        file.call(KvmIoctl.KVM_SET_TSC_KHZ, wantedKhz, wantedKhz + " kHz");
    }

    /** Those that can be read, the TSC first and the deadline that depends on it last. */
    private Map<Integer, Long> readMsrs(int[] indices) {
        List<Integer> order = new ArrayList<>();
        for (int index : indices) {
            if (index != MSR_TSC && index != MSR_TSC_DEADLINE) {
                order.add(index);
            }
        }
        order.add(0, MSR_TSC);
        order.add(MSR_TSC_DEADLINE);
        Map<Integer, Long> values = new LinkedHashMap<>();
        int from = 0;
        while (from < order.size()) {
            UnsafeBuffer table = msrTable(order.subList(from, order.size()), Map.of());
            int read = file.call(KvmIoctl.KVM_GET_MSRS, table, "MSRs from " + from);
            for (int i = 0; i < read; i++) {
                int at = MSR_HEADER_BYTES + i * MSR_ENTRY_BYTES;
                values.put(table.getInt(at), table.getLong(at + 8));
            }
            from += read + 1; // KVM stops at the first that it cannot read
        }
        return values;
    }

    /** Returns those that cannot be set and do not have the value already. */
    private List<SkippedMsr> writeMsrs(Map<Integer, Long> values) {
        List<Integer> order = List.copyOf(values.keySet());
        List<SkippedMsr> skipped = new ArrayList<>();
        int from = 0;
        while (from < order.size()) {
            UnsafeBuffer table = msrTable(order.subList(from, order.size()), values);
            from += file.call(KvmIoctl.KVM_SET_MSRS, table, "MSRs from " + from);
            if (from < order.size()) {
                int index = order.get(from++);
                long value = values.getOrDefault(index, 0L);
                if (!hasMsr(index, value)) {
                    skipped.add(new SkippedMsr(index, value));
                }
            }
        }
        return skipped;
    }

    private boolean hasMsr(int index, long value) {
        UnsafeBuffer table = msrTable(List.of(index), Map.of());
        return file.call(KvmIoctl.KVM_GET_MSRS, table, "one MSR") == 1 && table.getLong(MSR_HEADER_BYTES + 8) == value;
    }

    private static UnsafeBuffer msrTable(List<Integer> indices, Map<Integer, Long> values) {
        UnsafeBuffer table = NativeBuffers.allocate(MSR_HEADER_BYTES + MSR_ENTRY_BYTES * indices.size());
        table.putInt(0, indices.size());
        int at = MSR_HEADER_BYTES;
        for (int index : indices) {
            table.putInt(at, index);
            table.putLong(at + 8, values.getOrDefault(index, 0L));
            at += MSR_ENTRY_BYTES;
        }
        return table;
    }
}
