package io.godwit.vmm.device.net;

import io.godwit.kvm.linux.NetworkLink;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.kvm.linux.Tap;
import io.godwit.vmm.MachineException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The host's end of a guest's interface: a tap with a queue for each pair, in a bridge if one was named. It is down until
 * the machine may run, so that of two hosts between which it moves only one speaks for its address.
 */
public final class HostInterface implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostInterface.class);

    private final List<Tap> queues;
    private final int mtu;
    private int used;

    private HostInterface(List<Tap> queues, int mtu) {
        this.queues = queues;
        this.mtu = mtu;
        this.used = queues.size();
    }

    /**
     * Makes it, down.
     *
     * @param id of the guest's interface, for errors
     * @param tap name of the host's interface
     * @param guest address of the guest's interface
     * @param bridge that it joins, or null
     * @throws MachineException naming what is missing
     */
    public static HostInterface open(String id, String tap, MacAddress guest, @Nullable String bridge, int pairs) {
        List<Tap> queues = new ArrayList<>();
        try {
            for (int i = 0; i < pairs; i++) {
                queues.add(Tap.open(tap, pairs > 1));
            }
            NetworkLink.address(tap, guest.ofHostEnd().bytes());
            if (bridge != null) {
                NetworkLink.join(tap, bridge);
            }
            return new HostInterface(List.copyOf(queues), NetworkLink.mtu(tap));
        } catch (SystemCallException failed) {
            CloseHelper.quietCloseAll(queues);
            String where = bridge == null ? "" : " in bridge " + bridge;
            throw new MachineException(id + ": tap " + tap + where + " cannot be made: " + failed.getMessage(), failed);
        }
    }

    List<Tap> queues() {
        return queues;
    }

    int mtu() {
        return mtu;
    }

    /** From now on packets come and go. */
    void up() {
        NetworkLink.up(queues.get(0).name());
    }

    void down() {
        try {
            NetworkLink.down(queues.get(0).name());
        } catch (SystemCallException failed) {
            LOG.warn("{} stays up: {}", queues.get(0).name(), failed.getMessage());
        }
    }

    void offloads(int bits) {
        queues.get(0).offloads(bits);
    }

    /** The kernel spreads packets over the first so many queues. */
    synchronized void use(int pairs) {
        for (int i = 1; i < queues.size(); i++) {
            boolean wanted = i < pairs;
            if (wanted != i < used) {
                queues.get(i).attached(wanted);
            }
        }
        used = pairs;
    }

    /** The interface goes with its last queue. Idempotent. */
    @Override
    public void close() {
        CloseHelper.closeAll(queues);
    }
}
