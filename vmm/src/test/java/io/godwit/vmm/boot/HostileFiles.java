package io.godwit.vmm.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.vmm.MachineException;
import java.util.Arrays;
import java.util.Random;

/** Mutations of good files: each is parsed into something that fits, or refused; nothing else is thrown. */
final class HostileFiles {
    static final int ROUNDS = 100_000;

    private static final long[] NASTY = {
        0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, 0xffffffffL
    };

    private HostileFiles() {}

    static byte[] with(byte[] file, int offset, int bytes, long value) {
        byte[] copy = file.clone();
        for (int i = 0; i < bytes; i++) {
            copy[offset + i] = (byte) (value >>> (8 * i));
        }
        return copy;
    }

    /** Some, but not all, are accepted, and those lie in RAM. */
    static void assertSurvived(MemoryMap map, BootRequest request, byte[]... originals) {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int accepted = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = mutated(random, originals[random.nextInt(originals.length)]);
            accepted += isAccepted(bytes, map, request) ? 1 : 0;
        }
        assertThat(accepted).isBetween(1, ROUNDS - 1);
    }

    private static byte[] mutated(Random random, byte[] original) {
        byte[] bytes = original;
        for (int i = random.nextInt(4); i >= 0; i--) {
            int width = 1 << random.nextInt(4);
            int at = random.nextInt(bytes.length - width);
            long value = random.nextBoolean() ? NASTY[random.nextInt(NASTY.length)] : random.nextLong();
            bytes = with(bytes, at, width, value);
        }
        return random.nextInt(5) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
    }

    private static boolean isAccepted(byte[] bytes, MemoryMap map, BootRequest request) {
        BootPlan plan;
        try {
            plan = Kernel.parse(new BytesImage("kernel", "x", bytes), map).plan(request);
        } catch (MachineException e) {
            return false;
        }
        for (ImagePart part : plan.parts()) {
            assertThat(map.isRam(part.range())).isTrue();
            assertThat(part.fileOffset() + part.fileBytes()).isBetween(0L, (long) bytes.length);
            assertThat(part.fileBytes()).isLessThanOrEqualTo(part.memoryBytes());
        }
        for (BootPlan.Block block : plan.blocks()) {
            long end = block.guestAddress() + block.bytes().capacity();
            MemoryRange range = new MemoryRange(block.guestAddress(), end);
            assertThat(map.isRam(range)).isTrue();
            assertThat(plan.parts()).noneMatch(part -> part.range().overlaps(range));
        }
        long entry = plan.entry().entry();
        assertThat(entry).isBetween(0L, 0xffffffffL);
        assertThat(plan.parts()).anyMatch(part -> part.contains(entry));
        return true;
    }
}
