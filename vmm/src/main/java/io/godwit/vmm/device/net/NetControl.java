package io.godwit.vmm.device.net;

import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.queue.DescriptorChain;
import io.godwit.vmm.virtio.queue.VirtQueue;
import org.agrona.concurrent.UnsafeBuffer;

/** Answers commands on the control queue: class u8, command u8, data; then one byte to write (virtio 1.2, 5.1.6.5). */
final class NetControl {
    private static final int COMMAND_BYTES = 4;
    private static final int ANNOUNCE = 3;
    private static final int ANNOUNCE_ACKNOWLEDGED = 0;
    private static final int MULTIQUEUE = 4;
    private static final int PAIRS_SET = 0;
    private static final byte OK = 0;
    private static final byte ERROR = 1;

    private final ActiveQueues active;
    private final int index;
    private final Commands commands;
    private final DescriptorChain chain;
    private final UnsafeBuffer bytes = new UnsafeBuffer(new byte[8]);

    /** What a driver may ask for. */
    interface Commands {
        void announced();

        /** @return whether so many pairs can be used */
        boolean usePairs(int pairs);
    }

    int index() {
        return index;
    }

    NetControl(ActiveQueues active, VirtQueue queue, int index, Commands commands) {
        this.active = active;
        this.index = index;
        this.commands = commands;
        this.chain = new DescriptorChain(queue.layout().size());
    }

    void serve() {
        active.answerAll(index, chain, this::answer);
    }

    private long answer(GuestMemory.Lease lease, DescriptorChain command) {
        int length = command.read(lease, 0, bytes, 0, COMMAND_BYTES);
        bytes.putByte(0, carryOut(length) ? OK : ERROR);
        return command.write(lease, active.dirty(), 0, bytes, 0, 1);
    }

    private boolean carryOut(int length) {
        int kind = Byte.toUnsignedInt(bytes.getByte(0));
        int command = Byte.toUnsignedInt(bytes.getByte(1));
        if (kind == ANNOUNCE && command == ANNOUNCE_ACKNOWLEDGED && length >= 2) {
            commands.announced();
            return true;
        }
        return kind == MULTIQUEUE
                && command == PAIRS_SET
                && length == COMMAND_BYTES
                && commands.usePairs(Short.toUnsignedInt(bytes.getShort(2)));
    }
}
