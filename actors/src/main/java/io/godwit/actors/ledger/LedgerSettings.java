package io.godwit.actors.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.godwit.actors.tls.NodeTls;
import io.godwit.config.InvalidValueException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.jspecify.annotations.Nullable;

/**
 * Who votes, and where this host keeps its part.
 *
 * @param clusterName names the Raft group: voters of another cluster refuse this one's messages
 * @param voters at the ledger's first start: one, three or five, the same on every host. Later {@link VoterBook} knows
 * @param selfId the voter this host is; null on a host that does not vote
 * @param storageDir the voter's own directory, durable; used only by a voter. Later generations are kept beside it
 * @param timeouts how long to wait for what
 * @param tls how voters and clients prove themselves to each other, null for gRPC in the clear
 */
public record LedgerSettings(
        String clusterName,
        List<Voter> voters,
        @Nullable String selfId,
        Path storageDir,
        Timeouts timeouts,
        @Nullable NodeTls tls) {
    /**
     * @param id the host's name in the cluster
     * @param host an address the other hosts reach it by
     */
    public record Voter(String id, String host, int port) {
        public Voter {
            if (id.isBlank() || id.length() > 255) {
                throw new InvalidValueException("ledger.voters.id", id, "1 to 255 characters");
            }
            if (host.isBlank()) {
                throw new InvalidValueException("ledger.voters.host", host, "a host name or an address");
            }
            if (port < 1 || port > 65_535) {
                throw new InvalidValueException("ledger.voters.port", port, "1 to 65535");
            }
        }

        /** @param address {@code host:port}, an IPv6 address with or without brackets */
        static Voter at(String id, String address) {
            int colon = address.lastIndexOf(':');
            if (colon < 0) {
                throw new InvalidValueException("ledger.voters.address", address, "host:port");
            }
            String host = address.substring(0, colon);
            boolean inBrackets = host.startsWith("[") && host.endsWith("]");
            return new Voter(
                    id,
                    inBrackets ? host.substring(1, host.length() - 1) : host,
                    Integer.parseInt(address, colon + 1, address.length(), 10));
        }

        static Voter of(RaftPeer peer) {
            return at(peer.getId().toString(), peer.getAddress());
        }

        /** Where it listens and is dialled. */
        public String address() {
            return host + ":" + port;
        }

        RaftPeerId peerId() {
            return RaftPeerId.valueOf(id);
        }

        RaftPeer peer() {
            return RaftPeer.newBuilder().setId(peerId()).setAddress(address()).build();
        }

        @Override
        public String toString() {
            return id + "=" + address();
        }
    }

    /**
     * @param electionMinMs a follower that hears nothing for a random time from here on stands for election; the
     *     leader's heartbeat is half of it
     * @param electionMaxMs the longest such time
     * @param requestMs after which a request fails with
     *     {@link io.godwit.control.ledger.LedgerUnavailableException}
     */
    public record Timeouts(long electionMinMs, long electionMaxMs, long requestMs) {
        public static final Timeouts DEFAULT = new Timeouts(1_000, 2_000, 3_000);

        public Timeouts {
            if (electionMinMs < 100 || electionMinMs > 60_000) {
                throw new InvalidValueException("ledger.electionMinMs", electionMinMs, "100 to 60000");
            }
            if (electionMaxMs <= electionMinMs || electionMaxMs > 120_000) {
                throw new InvalidValueException(
                        "ledger.electionMaxMs", electionMaxMs, "more than " + electionMinMs + ", at most 120000");
            }
            if (requestMs < 100 || requestMs > 120_000) {
                throw new InvalidValueException("ledger.requestMs", requestMs, "100 to 120000");
            }
        }
    }

    private static final Set<Integer> VOTERS = Set.of(1, 3, 5);

    public LedgerSettings {
        voters = List.copyOf(voters);
        if (clusterName.isBlank()) {
            throw new InvalidValueException("clusterName", clusterName, "a name");
        }
        if (!VOTERS.contains(voters.size())) {
            throw new InvalidValueException("ledger.voters", voters.size() + " voters", "1, 3 or 5");
        }
        Set<String> ids = new HashSet<>();
        for (Voter voter : voters) {
            if (!ids.add(voter.id())) {
                throw new InvalidValueException("ledger.voters.id", voter.id(), "a different id for each voter");
            }
        }
        if (selfId != null && !ids.contains(selfId)) {
            throw new InvalidValueException("ledger.selfId", selfId, "one of " + ids);
        }
    }

    /** In the clear. */
    public LedgerSettings(
            String clusterName, List<Voter> voters, @Nullable String selfId, Path storageDir, Timeouts timeouts) {
        this(clusterName, voters, selfId, storageDir, timeouts, null);
    }

    /** The voter that this host is. */
    Optional<Voter> self() {
        return voters.stream().filter(voter -> voter.id().equals(selfId)).findFirst();
    }

    /** No cluster's name holds a line feed, so that no two names make one of two generations. */
    RaftGroupId groupId(Generation generation) {
        String name = "godwit/ledger/" + clusterName + generation.suffix('\n');
        return RaftGroupId.valueOf(UUID.nameUUIDFromBytes(name.getBytes(UTF_8)));
    }

    /** A generation's group with these voters; with none for a voter that is to learn from the others who they are. */
    RaftGroup group(Generation generation, List<Voter> members) {
        return RaftGroup.valueOf(
                groupId(generation), members.stream().map(Voter::peer).toList());
    }

    /** Ratis serves every group below the directory that it is given: each generation has one of its own. */
    Path storageDir(Generation generation) {
        return storageDir.resolveSibling(storageDir.getFileName() + generation.suffix('-'));
    }
}
