package io.godwit.node.http;

import io.godwit.actors.ledger.LedgerLevels;
import io.godwit.actors.ledger.LedgerServer.RoleInfo;
import io.godwit.actors.ledger.LedgerStatus;
import io.godwit.actors.ledger.RecoveryCase;
import io.godwit.actors.voters.LedgerFile;
import io.godwit.actors.voters.LedgerOperations;
import io.godwit.config.FieldReader;
import io.godwit.config.HostPort;
import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import io.godwit.control.ledger.BackupCodec;
import io.godwit.node.api.LedgerRecoveryInfo;
import io.godwit.node.api.LedgerStatusInfo;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/** The ledger itself: how its voters stand, its level, other voters, the ledger anew of one voter's copy, backups. */
final class LedgerApi {
    /** Of a backup: the last entry that is in it. */
    static final String INDEX_HEADER = "Godwit-Ledger-Index";

    private static final ContentType GZIP =
            MediaTypes.applicationBinary("gzip", MediaTypes.NOT_COMPRESSIBLE).toContentType();
    private static final String LEDGER = "/v1/ledger";

    private final LedgerOperations ledger;

    LedgerApi(LedgerOperations ledger) {
        this.ledger = ledger;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", LEDGER, call -> answer(ledger.status())),
                Endpoint.of("POST", LEDGER + "/voters", this::changeVoters),
                new Endpoint("GET", LEDGER + "/recovery", Set.of("from"), this::recovery),
                Endpoint.of("POST", LEDGER + "/recovery", this::recover),
                Endpoint.of("POST", LEDGER + "/upgrade", call -> answer(ledger.upgrade())),
                Endpoint.of(
                        "POST",
                        LEDGER + "/restore",
                        call -> call.bytes(BackupCodec.MAX_BYTES).thenCompose(file -> answer(ledger.restore(file)))),
                Endpoint.of("GET", LEDGER + "/backup", call -> ledger.backup().thenApply(LedgerApi::file)));
    }

    private CompletionStage<HttpResponse> changeVoters(Call call) {
        return call.json().thenCompose(body -> body.containsKey("add") ? add(body) : replace(body));
    }

    private CompletionStage<HttpResponse> add(Map<String, ?> body) {
        FieldReader reader = new FieldReader(body);
        Optional<String> in = reader.required("add", ValueType.name());
        Optional<HostPort> address = reader.optional("address", HostPort.type());
        return answer(reader.finish(() -> ledger.add(in.orElseThrow(), address)));
    }

    private CompletionStage<HttpResponse> recovery(Call call) {
        String from = call.query("from", ValueType.name())
                .orElseThrow(() -> new InvalidValueException("from", "", "the voter whose copy is meant"));
        return ledger.recovery(from).thenApply(seen -> Responses.ok(info(seen)));
    }

    private CompletionStage<HttpResponse> recover(Call call) {
        return call.json().thenCompose(body -> {
            FieldReader reader = new FieldReader(body);
            Optional<String> from = reader.required("from", ValueType.name());
            List<String> lost = reader.texts("lost", ValueType.name());
            Optional<Integer> generation = reader.required("generation", ValueType.integer(0, Integer.MAX_VALUE));
            return answer(reader.finish(
                    () -> ledger.recover(from.orElseThrow(), new TreeSet<>(lost), generation.orElseThrow())));
        });
    }

    private static LedgerRecoveryInfo info(RecoveryCase seen) {
        return new LedgerRecoveryInfo(
                seen.from(),
                seen.voters().generation().number(),
                seen.copy().term(),
                seen.copy().index(),
                seen.committedIndex(),
                seen.writtenAt().map(Instant::toString).orElse(null),
                seen.vms(),
                seen.touched(),
                List.copyOf(seen.silent()),
                seen.objections(seen.silent()),
                seen.warnings());
    }

    private CompletionStage<HttpResponse> replace(Map<String, ?> body) {
        FieldReader reader = new FieldReader(body);
        Optional<String> out = reader.required("replace", ValueType.name());
        Optional<String> in = reader.required("with", ValueType.name());
        Optional<HostPort> address = reader.optional("address", HostPort.type());
        return answer(reader.finish(() -> ledger.replace(out.orElseThrow(), in.orElseThrow(), address)));
    }

    private static HttpResponse file(LedgerFile backup) {
        return HttpResponse.create()
                .withEntity(GZIP, backup.bytes())
                .addHeader(RawHeader.create(INDEX_HEADER, Long.toString(backup.index())))
                .addHeader(RawHeader.create(
                        "Content-Disposition",
                        "attachment; filename=\"ledger-" + backup.term() + "-" + backup.index() + ".json.gz\""));
    }

    private static CompletionStage<HttpResponse> answer(CompletionStage<LedgerStatus> status) {
        return status.thenApply(seen -> Responses.ok(info(seen)));
    }

    private static LedgerStatusInfo info(LedgerStatus status) {
        return new LedgerStatusInfo(
                status.quorum(),
                status.detail(),
                status.leader().orElse(null),
                status.missing(),
                status.voters().generation().number(),
                status.voters().index(),
                status.states().stream().map(LedgerApi::voter).toList(),
                orNull(status.levels().level()),
                new TreeMap<>(status.levels().hosts())
                        .entrySet().stream()
                                .map(host -> host(host.getKey(), host.getValue()))
                                .toList(),
                status.notes());
    }

    private static LedgerStatusInfo.Host host(String name, LedgerLevels.Speaker speaker) {
        return new LedgerStatusInfo.Host(name, orNull(speaker.speaks()), speaker.detail());
    }

    private static @Nullable Integer orNull(OptionalInt level) {
        return level.isPresent() ? level.getAsInt() : null;
    }

    private static LedgerStatusInfo.Voter voter(LedgerStatus.VoterState state) {
        @Nullable RoleInfo role = state.role().orElse(null);
        return new LedgerStatusInfo.Voter(
                state.voter().id(),
                state.voter().address(),
                state.isReachable(),
                state.detail(),
                role == null ? null : role.role(),
                role == null ? null : role.leaderId().orElse(null),
                role == null ? null : role.term(),
                role == null ? null : role.appliedIndex(),
                role == null ? null : role.committedIndex());
    }
}
