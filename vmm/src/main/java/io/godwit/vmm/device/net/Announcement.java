package io.godwit.vmm.device.net;

import io.godwit.kvm.linux.NativeBuffers;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.kvm.linux.Tap;
import io.godwit.kvm.linux.VectorIo;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A reverse ARP request (RFC 903) in a machine's name, broadcast: it needs no IP address, and every switch on its way
 * learns behind which port the MAC is now.
 */
final class Announcement {
    private static final Logger LOG = LoggerFactory.getLogger(Announcement.class);
    private static final int FRAME_BYTES = 60; // the shortest on Ethernet, without its checksum
    private static final short REVERSE_ARP = (short) 0x8035;
    private static final int ARP = 14;

    private final UnsafeBuffer bytes = NativeBuffers.allocate(Tap.HEADER_BYTES + FRAME_BYTES);

    Announcement(MacAddress mac) {
        byte[] address = mac.bytes();
        int frame = Tap.HEADER_BYTES;
        bytes.setMemory(frame, MacAddress.BYTES, (byte) 0xff);
        bytes.putBytes(frame + 6, address);
        bytes.putShort(frame + 12, REVERSE_ARP, ByteOrder.BIG_ENDIAN);
        int arp = frame + ARP;
        bytes.putShort(arp, (short) 1, ByteOrder.BIG_ENDIAN); // Ethernet
        bytes.putShort(arp + 2, (short) 0x0800, ByteOrder.BIG_ENDIAN); // IPv4
        bytes.putByte(arp + 4, (byte) MacAddress.BYTES);
        bytes.putByte(arp + 5, (byte) 4);
        bytes.putShort(arp + 6, (short) 3, ByteOrder.BIG_ENDIAN); // reverse request
        bytes.putBytes(arp + 8, address);
        bytes.putBytes(arp + 18, address);
    }

    void sendTo(Tap tap) {
        UnsafeBuffer piece = NativeBuffers.allocate(VectorIo.PIECE_BYTES);
        piece.putLong(0, bytes.addressOffset());
        piece.putLong(8, bytes.capacity());
        try {
            VectorIo.write(tap.file(), piece, 1);
        } catch (SystemCallException failed) {
            LOG.warn("an announcement was not sent: {}", failed.getMessage());
        }
    }
}
