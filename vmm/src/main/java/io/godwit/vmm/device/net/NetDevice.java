package io.godwit.vmm.device.net;

import io.godwit.kvm.linux.SystemCallException;
import io.godwit.kvm.linux.Tap;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import io.godwit.vmm.virtio.ActiveQueues;
import io.godwit.vmm.virtio.VirtioDevice;
import io.godwit.vmm.virtio.VirtioKind;
import io.godwit.vmm.virtio.queue.VirtQueue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.CompletionStage;
import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;

/**
 * A network interface with one or more pairs of queues, each pair on a queue of the tap and two threads of its own; the
 * control queue is served by the first. Its configuration is {@code struct virtio_net_config} (virtio 1.2, 5.1.4): MAC,
 * status u16, pairs u16, MTU u16.
 */
public final class NetDevice implements VirtioDevice {
    public static final int MAX_PAIRS = 8;

    private static final int QUEUE_SIZE = 256;
    private static final int CONTROL_SIZE = 64;
    private static final int CONFIG_BYTES = 12;
    private static final int LINK_UP = 1;
    private static final int ANNOUNCE = 2;

    private final String id;
    private final MacAddress mac;
    private final HostInterface host;
    private final int pairs;
    private final NetCounters counters;
    private @Nullable Receiver[] receivers = {};
    private @Nullable Transmitter[] transmitters = {};
    private @Nullable NetControl control;
    private int pairsInUse = 1;
    private volatile boolean announcing;
    private volatile @Nullable ActiveQueues running;

    /** @param id such as {@code nic/0} */
    public NetDevice(String id, MacAddress mac, HostInterface host) {
        this.id = id;
        this.mac = mac;
        this.host = host;
        this.pairs = host.queues().size();
        this.counters = new NetCounters(id);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public VirtioKind kind() {
        return VirtioKind.NET;
    }

    public MacAddress mac() {
        return mac;
    }

    public NetStatistics statistics() {
        return counters.read();
    }

    @Override
    public long features() {
        return NetFeatures.BASIC | (pairs > 1 ? NetFeatures.MULTIQUEUE : 0);
    }

    /** Receive and transmit of each pair in turn, then control. */
    @Override
    public int[] queueSizes() {
        int[] sizes = new int[2 * pairs + 1];
        Arrays.fill(sizes, QUEUE_SIZE);
        sizes[2 * pairs] = CONTROL_SIZE;
        return sizes;
    }

    @Override
    public int workers() {
        return 2 * pairs;
    }

    @Override
    public byte[] config() {
        ByteBuffer fields = ByteBuffer.allocate(CONFIG_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        fields.put(mac.bytes());
        fields.putShort((short) (LINK_UP | (announcing ? ANNOUNCE : 0)));
        fields.putShort((short) pairs);
        fields.putShort((short) host.mtu());
        return fields.array();
    }

    @Override
    public void claim() {
        try {
            host.up();
        } catch (SystemCallException failed) {
            throw new MachineException(id + ": " + failed.getMessage(), failed);
        }
    }

    @Override
    public void release() {
        host.down();
    }

    @Override
    public void start(ActiveQueues active) {
        host.offloads(NetFeatures.offloads(active));
        receivers = new Receiver[pairs];
        transmitters = new Transmitter[pairs];
        for (int i = 0; i < pairs; i++) {
            Tap tap = host.queues().get(i);
            VirtQueue receive = active.queue(2 * i);
            VirtQueue transmit = active.queue(2 * i + 1);
            receivers[i] = receive == null ? null : new Receiver(active, receive, 2 * i, tap, counters);
            transmitters[i] = transmit == null ? null : new Transmitter(active, transmit, 2 * i + 1, tap, counters);
        }
        VirtQueue commands = active.queue(controlIndex(active));
        control = commands == null ? null : new NetControl(active, commands, controlIndex(active), new Driver());
        host.use(pairsInUse);
        running = active;
    }

    /** The queue behind the last pair; without several pairs negotiated, behind the first. */
    private int controlIndex(ActiveQueues active) {
        return active.has(NetFeatures.MULTIQUEUE) ? 2 * pairs : 2;
    }

    /**
     * Says to the network where the machine is now: a reverse ARP request in its name, from which switches learn, and a
     * word to its driver, which knows its addresses and may send gratuitous ARP. To be repeated: any of it may be lost.
     */
    public void announce() {
        ActiveQueues active = running;
        if (active == null) {
            return;
        }
        CompletionStage<Void> unused = active.worker(0).run(() -> {
            if (!active.isPausing()) {
                new Announcement(mac).sendTo(host.queues().get(0));
                if (active.has(NetFeatures.GUEST_ANNOUNCE)) {
                    announcing = true;
                    active.configChanged();
                }
            }
        });
    }

    private final class Driver implements NetControl.Commands {
        @Override
        public void announced() {
            announcing = false;
        }

        @Override
        public boolean usePairs(int wanted) {
            if (wanted < 1 || wanted > pairs) {
                return false;
            }
            pairsInUse = wanted;
            host.use(wanted);
            return true;
        }
    }

    @Override
    public void serve(int index) {
        NetControl commands = control;
        if (commands != null && commands.index() == index) {
            commands.serve();
            return;
        }
        int pair = index / 2;
        if (index % 2 == 0 && pair < receivers.length && receivers[pair] != null) {
            receivers[pair].serve();
        } else if (index % 2 == 1 && transmitters[pair] != null) {
            transmitters[pair].serve();
        }
    }

    @Override
    public void pause(int worker) {
        if (worker % 2 == 0 && worker / 2 < receivers.length && receivers[worker / 2] != null) {
            receivers[worker / 2].pause();
        }
    }

    @Override
    public void stop() {
        running = null;
        receivers = new Receiver[0];
        transmitters = new Transmitter[0];
        control = null;
        pairsInUse = 1;
        announcing = false;
    }

    @Override
    public void save(StateWriter state) {
        state.u16(pairsInUse);
    }

    @Override
    public void restore(StateReader state) {
        pairsInUse = state.between("pairs in use", state.u16("pairs in use"), 1, pairs);
        host.use(pairsInUse);
    }

    @Override
    public void close() {
        CloseHelper.close(host);
    }
}
