package io.godwit.actors.migration;

import io.godwit.actors.tls.NodeTls;
import io.godwit.actors.tls.PeerProbe;
import io.godwit.actors.vm.Problem;
import io.godwit.config.Encryption;
import io.godwit.config.NodeConfig;
import io.godwit.config.tls.CertificateNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Whether pages can be sealed here, and who may migrate VMs to this host.
 *
 * <p>Artery does not tell which TLS session a message came by, and a member may write any sender into its messages. So
 * the target asks the other way round: it dials the address of the actor that asks for admission and looks at the
 * certificate shown there. The target's part of the session secret then goes to that address, over TLS that only a
 * certificate naming it can end. A member that asks in another's name therefore never learns the secret, and cannot send
 * a page that opens: which is why a host with {@code tls.authz} receives sealed pages only.
 */
public final class MigrationSecurity {
    /** Without certificates. */
    public static final MigrationSecurity NONE = new MigrationSecurity(null);

    private final @Nullable NodeTls tls;

    private MigrationSecurity(@Nullable NodeTls tls) {
        this.tls = tls;
    }

    /** @param tls that of the control channel, null where it is in the clear */
    public static MigrationSecurity of(@Nullable NodeTls tls) {
        return tls == null ? NONE : new MigrationSecurity(tls);
    }

    /** Why a migration cannot be encrypted as asked for; null when it can. */
    public @Nullable Problem refusal(Encryption asked) {
        if (asked != Encryption.ON || tls != null) {
            return null;
        }
        return Problem.of(
                Problem.Kind.INVALID,
                "encryption",
                "on",
                "auto or off, or nodes with certificates",
                "encryption: pages cannot be sealed, for the nodes talk to each other without TLS and would tell the"
                        + " secret to whoever listens; give each node tls.certificate, tls.key and tls.ca"
                        + " (godwit cert init), or ask for auto or off");
    }

    /** The source's part of a new session's secret; null where its pages are not sealed. */
    @Nullable
    SecretPart newPart(Encryption asked) {
        return tls == null || asked == Encryption.OFF ? null : SecretPart.fresh();
    }

    /** Why this host takes nothing from that source; empty when it does. Completes on no dispatcher. */
    public CompletionStage<List<String>> refusals(
            String host, Manifest manifest, ActorRef<MigrationSource.Command> source) {
        return refusals(host, manifest.secret(), source);
    }

    /** The same of any side that wants to send pages here: its part of the secret, null where they are not sealed. */
    CompletionStage<List<String>> refusals(String host, @Nullable SecretPart secret, ActorRef<?> source) {
        List<String> refusals = new ArrayList<>();
        if (tls == null) {
            if (secret != null) {
                refusals.add("encryption: host " + host + " has no certificates, and its control channel is not TLS");
            }
            return CompletableFuture.completedStage(refusals);
        }
        if (tls.authz().contains(NodeConfig.Tls.EVERYBODY)) {
            return CompletableFuture.completedStage(refusals);
        }
        if (secret == null) {
            refusals.add("encryption: host " + host + " says who may migrate to it (tls.authz),"
                    + " which holds for sealed pages only; ask for encryption auto or on");
        }
        CompletableFuture<List<String>> answer = new CompletableFuture<>();
        Thread dialling = new Thread(
                () -> {
                    try {
                        stranger(host, tls, source.path().address()).ifPresent(refusals::add);
                        answer.complete(refusals);
                    } catch (RuntimeException failed) {
                        answer.completeExceptionally(failed);
                    }
                },
                "godwit-authz");
        dialling.setDaemon(true);
        dialling.start();
        return answer;
    }

    private static Optional<String> stranger(String host, NodeTls tls, Address source) {
        String address = source.getHost()
                .map(name -> name + ':' + source.getPort().orElse(0))
                .orElse("");
        if (address.isEmpty()) {
            return Optional.of("tls.authz: the source's address is not known");
        }
        PeerProbe.Finding finding =
                PeerProbe.identify(source.getHost().get(), source.getPort().orElse(0), tls);
        CertificateNames names = finding instanceof PeerProbe.Agreed agreed ? agreed.names() : null;
        if (names != null) {
            return tls.authz().stream().anyMatch(names::include)
                    ? Optional.empty()
                    : Optional.of("tls.authz: the certificate of " + address + " names " + names + "; host " + host
                            + " takes migrations from " + String.join(", ", tls.authz()) + " only");
        }
        String why = finding instanceof PeerProbe.Refused refused
                ? refused.reason()
                : finding instanceof PeerProbe.Silent silent ? silent.reason() : "it shows no certificate";
        return Optional.of("tls.authz: the source's certificate could not be seen: " + why);
    }
}
