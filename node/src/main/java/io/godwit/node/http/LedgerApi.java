package io.godwit.node.http;

import io.godwit.actors.ledger.LedgerBackup;
import io.godwit.actors.ledger.LedgerServer.RoleInfo;
import io.godwit.actors.ledger.LedgerStatus;
import io.godwit.actors.voters.LedgerOperations;
import io.godwit.config.FieldReader;
import io.godwit.config.HostPort;
import io.godwit.config.ValueType;
import io.godwit.node.api.LedgerStatusInfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/** The ledger itself: how its voters stand, another voter in the place of one, a backup. */
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
                Endpoint.of("POST", LEDGER + "/voters", this::replace),
                Endpoint.of("GET", LEDGER + "/backup", call -> ledger.backup().thenApply(LedgerApi::file)));
    }

    private CompletionStage<HttpResponse> replace(Call call) {
        return call.json().thenCompose(body -> {
            FieldReader reader = new FieldReader(body);
            Optional<String> out = reader.required("replace", ValueType.name());
            Optional<String> in = reader.required("with", ValueType.name());
            Optional<HostPort> address = reader.optional("address", HostPort.type());
            return answer(reader.finish(() -> ledger.replace(out.orElseThrow(), in.orElseThrow(), address)));
        });
    }

    private static HttpResponse file(LedgerBackup backup) {
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
                status.voters().index(),
                status.states().stream().map(LedgerApi::voter).toList());
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
