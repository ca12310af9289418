package io.godwit.actors.ledger;

import io.godwit.config.InvalidValueException;
import io.godwit.control.join.JoinAnswer;
import io.godwit.control.join.JoinQuestion;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.Renewal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is asked of a voter beside the log, and its answers. Big-endian, a string as {@link java.io.DataOutput#writeUTF}
 * writes it, a host as the strings {@code hostId} and {@code incarnation}, a node as the string {@code cluster@host:port}
 * and the i64 uid; nothing follows:
 *
 * <pre>
 *  u8 version (1)
 *  u8 kind     1 renew        i64 nonce, host      by a host, of the leader
 *              2 ask term                          by the leader, of another voter
 *              3 granted      i64 nonce, host
 *              4 not granted
 *              5 not leading  string voter's id of the leader, empty if not known
 *              6 term         i64 the present term of the voter that answers
 *              7 read         string as {@link LedgerRead} writes it     by a host, of the leader
 *              8 answer       to a read: all that follows
 *              9 ask status                        by any host, of any voter
 *             10 status       the voter's id, role and leader (empty if not known), three strings; i64 term, i64 last
 *                             applied index, i64 last committed index; who votes: i64 index of the log's entry that says
 *                             it, u8 number, and of each the strings id and host and the u16 port; of a later
 *                             generation than the first also its u32 number and the string mark
 *             11 ask copy                             by any host, of any voter
 *             12 copy        i64 term, i64 index of the last entry in the voter's log, committed or not
 *             13 ask name    string host                by that host, of any voter
 *             14 name        u8 1 where the voter's ledger has such a host's name, else 0
 *             15 ask level                            by any host, of any voter
 *             16 level       u16 the highest level that the voter's build speaks, u16 the level of the ledger as it has it
 *             17 ask join    node that asks, u8 1 where it would form a cluster, else 0; of the cluster that it is in, u16
 *                            size, u8 number, 0 to 8, and so many nodes, the oldest first   by a host, of the leader
 *             18 join        u8 0 wait, 1 form, 2 join; to join by, u8 number, 1 to 8, and so many strings
 * </pre>
 */
sealed interface VoterMessage {
    int VERSION = 1;
    /** Of any kind but an answer, which Ratis' own limit of a message bounds. */
    int MAX_BYTES = 4_096;

    int ANSWER = 8;
    int MAX_HOST_LENGTH = 255;
    int MAX_INCARNATION_LENGTH = 64;
    int MAX_ROLE_LENGTH = 16;
    int MAX_ADDRESS_LENGTH = 330;

    record Renew(Renewal renewal) implements VoterMessage {}

    record AskTerm() implements VoterMessage {}

    record Granted(Grant grant) implements VoterMessage {}

    record NotGranted() implements VoterMessage {}

    record NotLeading(String leaderId) implements VoterMessage {}

    record Term(long term) implements VoterMessage {}

    record Read(LedgerRead read) implements VoterMessage {}

    /** @param bytes as {@link io.godwit.control.ledger.LedgerCodec} writes what was read; not copied */
    @SuppressWarnings("ArrayRecordComponent")
    record Answer(byte[] bytes) implements VoterMessage {}

    record AskStatus() implements VoterMessage {}

    /** @param voters as far as this voter knows that to be committed */
    record Status(LedgerServer.RoleInfo role, VoterSet voters) implements VoterMessage {}

    record AskCopy() implements VoterMessage {}

    /** Whether a host of that name has been in the cluster. */
    record AskName(String hostId) implements VoterMessage {}

    record Name(boolean known) implements VoterMessage {}

    record AskLevel() implements VoterMessage {}

    /** See {@link io.godwit.control.ledger.LedgerLevel}. */
    record Level(int speaks, int level) implements VoterMessage {}

    /** By which addresses a host's node joins the cluster, see {@link io.godwit.control.join}. */
    record AskJoin(JoinQuestion question) implements VoterMessage {}

    /** @param answer never {@link JoinAnswer.NotUnderstood} */
    record Joining(JoinAnswer answer) implements VoterMessage {}

    record Copy(VoterCopy copy) implements VoterMessage {}

    default byte[] encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            if (this instanceof Renew renew) {
                out.writeByte(1);
                write(out, renew.renewal().nonce(), renew.renewal().host());
            } else if (this instanceof AskTerm) {
                out.writeByte(2);
            } else if (this instanceof Granted granted) {
                out.writeByte(3);
                write(out, granted.grant().nonce(), granted.grant().host());
            } else if (this instanceof NotGranted) {
                out.writeByte(4);
            } else if (this instanceof NotLeading not) {
                out.writeByte(5);
                out.writeUTF(not.leaderId());
            } else if (this instanceof Read read) {
                out.writeByte(7);
                out.writeUTF(read.read().text());
            } else if (this instanceof Answer answer) {
                out.writeByte(ANSWER);
                out.write(answer.bytes());
            } else if (this instanceof AskStatus) {
                out.writeByte(9);
            } else if (this instanceof Status status) {
                out.writeByte(10);
                write(out, status);
            } else if (this instanceof AskCopy) {
                out.writeByte(11);
            } else if (this instanceof AskName ask) {
                out.writeByte(13);
                out.writeUTF(ask.hostId());
            } else if (this instanceof Name name) {
                out.writeByte(14);
                out.writeByte(name.known() ? 1 : 0);
            } else if (this instanceof AskLevel) {
                out.writeByte(15);
            } else if (this instanceof Level level) {
                out.writeByte(16);
                out.writeShort(level.speaks());
                out.writeShort(level.level());
            } else if (this instanceof AskJoin ask) {
                out.writeByte(17);
                JoinCodec.write(out, ask.question());
            } else if (this instanceof Joining joining) {
                out.writeByte(18);
                JoinCodec.write(out, joining.answer());
            } else if (this instanceof Copy copy) {
                out.writeByte(12);
                out.writeLong(copy.copy().term());
                out.writeLong(copy.copy().index());
            } else {
                out.writeByte(6);
                out.writeLong(((Term) this).term());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** @throws LedgerFormatException for what is none of these */
    static VoterMessage decode(byte[] bytes) {
        if (bytes.length > MAX_BYTES && bytes[1] != ANSWER) {
            throw new LedgerFormatException(
                    "voter message of " + bytes.length + " bytes; expected at most " + MAX_BYTES);
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readUnsignedByte();
            if (version != VERSION) {
                throw new LedgerFormatException(
                        "voter message has version " + version + "; this Godwit reads " + VERSION);
            }
            VoterMessage message = read(in, in.readUnsignedByte());
            if (in.available() > 0) {
                throw new LedgerFormatException(
                        "voter message has " + in.available() + " bytes behind its end; expected none");
            }
            return message;
        } catch (IOException e) {
            throw new LedgerFormatException("voter message of " + bytes.length + " bytes is malformed", e);
        }
    }

    private static VoterMessage read(DataInputStream in, int kind) throws IOException {
        return switch (kind) {
            case 1 -> {
                long nonce = in.readLong();
                yield new Renew(new Renewal(readHost(in), nonce));
            }
            case 2 -> new AskTerm();
            case 3 -> {
                long nonce = in.readLong();
                yield new Granted(new Grant(readHost(in), nonce));
            }
            case 4 -> new NotGranted();
            case 5 -> new NotLeading(in.readUTF());
            case 6 -> new Term(in.readLong());
            case 7 -> new Read(LedgerRead.of(in.readUTF()));
            case 9 -> new AskStatus();
            case 10 -> readStatus(in);
            case 11 -> new AskCopy();
            case 12 -> new Copy(new VoterCopy(in.readLong(), in.readLong()));
            case 13 -> new AskName(checked("host", in.readUTF(), MAX_HOST_LENGTH));
            case 14 -> new Name(in.readUnsignedByte() != 0);
            case 15 -> new AskLevel();
            case 16 -> new Level(in.readUnsignedShort(), in.readUnsignedShort());
            case 17 -> new AskJoin(JoinCodec.readQuestion(in));
            case 18 -> new Joining(JoinCodec.readAnswer(in));
            case ANSWER -> new Answer(in.readAllBytes());
            default -> throw new LedgerFormatException("voter message of kind " + kind + "; expected 1 to 18");
        };
    }

    private static Status readStatus(DataInputStream in) throws IOException {
        String id = checked("voter", in.readUTF(), MAX_HOST_LENGTH);
        String role = checked("role", in.readUTF(), MAX_ROLE_LENGTH);
        String leader = in.readUTF();
        LedgerServer.RoleInfo info = new LedgerServer.RoleInfo(
                id,
                role,
                leader.isEmpty() ? Optional.empty() : Optional.of(checked("leader", leader, MAX_HOST_LENGTH)),
                in.readLong(),
                in.readLong(),
                in.readLong());
        long index = in.readLong();
        List<LedgerSettings.Voter> voters = new ArrayList<>();
        try {
            for (int left = in.readUnsignedByte(); left > 0; left--) {
                voters.add(new LedgerSettings.Voter(in.readUTF(), in.readUTF(), in.readUnsignedShort()));
            }
            Generation generation = in.available() > 0 ? new Generation(in.readInt(), in.readUTF()) : Generation.FIRST;
            return new Status(info, new VoterSet(generation, index, voters));
        } catch (InvalidValueException refused) {
            throw new LedgerFormatException("voter message's voters: " + refused.getMessage(), refused);
        }
    }

    private static void write(DataOutputStream out, Status status) throws IOException {
        LedgerServer.RoleInfo role = status.role();
        out.writeUTF(role.id());
        out.writeUTF(role.role());
        out.writeUTF(role.leaderId().orElse(""));
        out.writeLong(role.term());
        out.writeLong(role.appliedIndex());
        out.writeLong(role.committedIndex());
        out.writeLong(status.voters().index());
        out.writeByte(status.voters().voters().size());
        for (LedgerSettings.Voter voter : status.voters().voters()) {
            out.writeUTF(voter.id());
            out.writeUTF(voter.host());
            out.writeShort(voter.port());
        }
        Generation generation = status.voters().generation();
        if (generation.number() > 0) {
            out.writeInt(generation.number());
            out.writeUTF(generation.mark());
        }
    }

    private static HostIdentity readHost(DataInputStream in) throws IOException {
        String hostId = checked("hostId", in.readUTF(), MAX_HOST_LENGTH);
        return new HostIdentity(hostId, checked("incarnation", in.readUTF(), MAX_INCARNATION_LENGTH));
    }

    /** @throws LedgerFormatException for a value that is blank or too long */
    static String checked(String field, String value, int limit) {
        if (value.isBlank() || value.length() > limit) {
            throw new LedgerFormatException(
                    "voter message's " + field + " has " + value.length() + " characters; expected 1 to " + limit);
        }
        return value;
    }

    private static void write(DataOutputStream out, long nonce, HostIdentity host) throws IOException {
        out.writeLong(nonce);
        out.writeUTF(host.hostId());
        out.writeUTF(host.incarnation());
    }
}
