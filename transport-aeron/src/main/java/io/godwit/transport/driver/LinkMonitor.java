package io.godwit.transport.driver;

import static io.aeron.logbuffer.LogBufferDescriptor.computePosition;

import io.aeron.driver.DataPacketDispatcher;
import io.aeron.driver.FlowControl;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.UnicastFlowControl;
import io.aeron.driver.media.ReceiveChannelEndpoint;
import io.aeron.driver.media.UdpChannel;
import io.aeron.protocol.DataHeaderFlyweight;
import io.aeron.protocol.StatusMessageFlyweight;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.agrona.concurrent.CachedNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * When a driver last heard of the other ends of its lanes. Aeron's clients learn only that an end counts as gone; a
 * stream that outlasts a silent link has to see the silence. A receiver says something at least every 200 ms (status
 * messages), a sender at least every 100 ms (heartbeats).
 */
public final class LinkMonitor {
    /** The channel parameter by which a lane finds its own endpoint. */
    private static final String ALIAS = "alias";

    private final Map<Long, LastHeard> receivers = new ConcurrentHashMap<>();
    private final Map<String, LastHeard> senders = new ConcurrentHashMap<>();

    /** The receiver of a publication. */
    public LastHeard receiver(final long registrationId) {
        return receivers.getOrDefault(registrationId, new LastHeard());
    }

    /** The sender to a subscription whose channel has this alias. */
    public LastHeard sender(final String alias) {
        return senders.getOrDefault(alias, new LastHeard());
    }

    FlowControl flowControl(final UdpChannel channel, final int streamId, final long registrationId) {
        final LastHeard heard = new LastHeard();
        receivers.put(registrationId, heard);
        return new ListeningFlowControl(registrationId, heard);
    }

    ReceiveChannelEndpoint endpoint(
            final UdpChannel channel,
            final DataPacketDispatcher dispatcher,
            final AtomicCounter status,
            final MediaDriver.Context context) {
        final String alias = String.valueOf(channel.channelUri().get(ALIAS));
        final LastHeard heard = new LastHeard();
        senders.put(alias, heard);
        return new ListeningEndpoint(channel, dispatcher, status, context, alias, heard);
    }

    private final class ListeningFlowControl extends UnicastFlowControl {
        private final long registrationId;
        private final LastHeard heard;

        ListeningFlowControl(final long registrationId, final LastHeard heard) {
            this.registrationId = registrationId;
            this.heard = heard;
        }

        @Override
        public long onStatusMessage(
                final StatusMessageFlyweight message,
                final InetSocketAddress receiver,
                final long senderLimit,
                final int initialTermId,
                final int positionBitsToShift,
                final long timeNs) {
            heard.heard(timeNs);
            heard.consumed(computePosition(
                    message.consumptionTermId(), message.consumptionTermOffset(), positionBitsToShift, initialTermId));
            return super.onStatusMessage(message, receiver, senderLimit, initialTermId, positionBitsToShift, timeNs);
        }

        @Override
        public void close() {
            receivers.remove(registrationId);
            super.close();
        }
    }

    private final class ListeningEndpoint extends ReceiveChannelEndpoint {
        private final CachedNanoClock clock;
        private final String alias;
        private final LastHeard heard;

        ListeningEndpoint(
                final UdpChannel channel,
                final DataPacketDispatcher dispatcher,
                final AtomicCounter status,
                final MediaDriver.Context context,
                final String alias,
                final LastHeard heard) {
            super(channel, dispatcher, status, context);
            this.clock = context.receiverCachedNanoClock();
            this.alias = alias;
            this.heard = heard;
        }

        /** Data and heartbeats. */
        @Override
        public int onDataPacket(
                final DataHeaderFlyweight header,
                final UnsafeBuffer buffer,
                final int length,
                final InetSocketAddress sender,
                final int transportIndex) {
            heard.heard(clock.nanoTime());
            return super.onDataPacket(header, buffer, length, sender, transportIndex);
        }

        @Override
        public void close() {
            senders.remove(alias, heard);
            super.close();
        }
    }
}
