package io.godwit.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.config.CpuChoice;
import io.godwit.config.Destination;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.config.SkippedChecks;
import io.godwit.config.VerifyMode;
import io.godwit.node.qmp.QmpCommands;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the gateway answers, but for storage and devices. */
class GatewayTest extends GatewayHarness {
    @Test
    void shouldServeClusterHostsAndVms() throws Exception {
        assertThat(get("/v1/cluster").at("/ledger/voters/0/host").asText()).isEqualTo("alpha");
        assertThat(get("/v1/hosts").at("/0/guestMemoryBytes").asLong()).isEqualTo(8L << 30);
        assertThat(get("/v1/cluster").at("/fencing/pools/0/conflict").asText())
                .isEqualTo("pool san is none on beta, but command on alpha");
        assertThat(get("/v1/alarms").at("/0/valueMs").asLong()).isEqualTo(-5_000);
        JsonNode vm = get("/v1/vms").get(0);
        assertThat(vm.get("name").asText()).isEqualTo("db");
        assertThat(vm.get("status").asText()).isEqualTo("running");
        assertThat(vm.get("memoryBytes").asLong()).isEqualTo(512L << 20);
        assertThat(vm.get("hideCpuFeatures").get(0).asText()).isEqualTo("avx2");
        assertThat(get("/v1/vms/db")).isEqualTo(get("/v1/vms/" + FakeCluster.VM_ID));
    }

    @Test
    void shouldListOnlyWhatIsLookedFor() throws Exception {
        assertThat(get("/v1/vms?search=D&host=alpha&status=running")).hasSize(1);
        assertThat(get("/v1/vms?search=" + FakeCluster.VM_ID.substring(3, 9).toUpperCase(java.util.Locale.ROOT)))
                .hasSize(1);
        assertThat(get("/v1/vms?search=web")).isEmpty();
        assertThat(get("/v1/vms?status=waiting-for-host")).isEmpty();
        assertThat(get("/v1/hosts?search=ALP&state=up&zone=rack-7")).hasSize(1);
        assertThat(get("/v1/hosts?search=bet")).isEmpty();
        assertThat(get("/v1/hosts?state=draining")).isEmpty();
        assertThat(get("/v1/hosts?zone=rack-8")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/vms?status=runing, status, one of stopped",
        "/v1/vms?host=gamma, host, one of alpha",
        "/v1/vms?host=a/b, host, 1 to 63 letters",
        "/v1/vms?search=, search, part of a name or id",
        "/v1/vms?state=up, state, 'host, search, status'",
        "/v1/vms?status=running&status=paused, status, one value",
        "/v1/hosts?state=upp, state, one of up",
        "/v1/hosts?zone=%20, zone, 1 to 63 letters",
        "/v1/hosts?status=up, status, 'search, state, zone'"
    })
    void shouldSayWhatAListAcceptsInsteadOfWhatItWasAsked(String path, String field, String accepted) throws Exception {
        HttpResponse<String> response = send("GET", path, null);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(tree(response).get("field").asText()).isEqualTo(field);
        assertThat(tree(response).get("accepted").asText()).contains(accepted);
    }

    @Test
    void shouldShowOneHostOrNameThoseThatThereAre() throws Exception {
        assertThat(get("/v1/hosts/alpha")).isEqualTo(get("/v1/hosts").get(0));
        HttpResponse<String> unknown = send("GET", "/v1/hosts/gamma", null);

        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(tree(unknown).get("detail").asText()).contains("there is no host \"gamma\"; the hosts are alpha");
    }

    @Test
    void shouldReadWhichCpuAGuestIsGivenAndWhatIsNotAskedOfATarget() throws Exception {
        String vm = "{\"name\":\"web\",\"memory\":\"1GiB\",\"kernel\":\"/k\",\"cpu\":";
        assertThat(send("POST", "/v1/vms", vm + "\"baseline\"}").statusCode()).isEqualTo(201);
        HttpResponse<String> other = send("POST", "/v1/vms", vm + "\"max\"}");
        assertThat(send("POST", "/v1/vms/db/migrations", "{\"skipCpuCheck\":true,\"skipKernelCheck\":true}")
                        .statusCode())
                .isEqualTo(202);

        assertThat(cluster.created.get(0).cpu()).isEqualTo(CpuChoice.BASELINE);
        assertThat(tree(other).get("detail").asText())
                .contains("cpu: \"max\" is not accepted; expected one of host, baseline");
        assertThat(cluster.destinations)
                .extracting(Destination::skipped)
                .containsExactly(new SkippedChecks(true, true));
    }

    @Test
    void shouldCreateAVmAndSayWhereItIs() throws Exception {
        HttpResponse<String> response = send(
                "POST",
                "/v1/vms",
                "{\"name\":\"web\",\"memory\":\"1GiB\",\"vcpus\":4,\"kernel\":\"/k\",\"dirtyLog\":\"ring\",\"host\":\"beta\"}");

        assertThat(response.statusCode()).isEqualTo(201);
        assertThat(response.headers().firstValue("Location")).contains("/v1/vms/" + FakeCluster.VM_ID);
        assertThat(tree(response).get("id").asText()).isEqualTo(FakeCluster.VM_ID);
        assertThat(cluster.created).hasSize(1);
        assertThat(cluster.created.get(0).host()).contains("beta");
        assertThat(cluster.created.get(0).spec().memoryBytes()).isEqualTo(1L << 30);
        assertThat(cluster.created.get(0).spec().dirtyLog()).isEqualTo(DirtyLogKind.RING);
    }

    @ParameterizedTest
    @CsvSource({"start,Start", "stop,Stop", "pause,Pause", "resume,Resume"})
    void shouldSendOneMessageForEachVerb(String verb, String message) throws Exception {
        cluster.answers.add(new VmActor.Done(FakeCluster.view(VmStatus.PAUSED)));

        HttpResponse<String> response = send("POST", "/v1/vms/db/" + verb, "");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(tree(response).get("status").asText()).isEqualTo("paused");
        assertThat(cluster.requests)
                .extracting(request -> request.getClass().getSimpleName())
                .containsExactly(message);
    }

    @Test
    void shouldDeleteAVm() throws Exception {
        cluster.answers.add(new VmActor.Deleted(FakeCluster.VM_ID));

        assertThat(send("DELETE", "/v1/vms/db", null).statusCode()).isEqualTo(204);
        assertThat(cluster.requests).hasSize(1).first().isInstanceOf(VmActor.Delete.class);
    }

    @Test
    void shouldStartAMigrationWithTheNodesDefaults() throws Exception {
        HttpResponse<String> response = send("POST", "/v1/vms/db/migrations", "{\"target\":\"beta\"}");

        assertThat(response.statusCode()).isEqualTo(202);
        JsonNode migration = tree(response);
        assertThat(migration.get("id").asText()).isEqualTo("m-1");
        assertThat(migration.get("vm").asText()).isEqualTo(FakeCluster.VM_ID);
        for (String field : List.of(
                "from",
                "to",
                "status",
                "totalMs",
                "downtimeMs",
                "rounds",
                "transferredBytes",
                "remainingBytes",
                "verified",
                "reason")) {
            assertThat(migration.has(field)).as(field).isTrue();
        }
        assertThat(cluster.asked.isEmpty())
                .as("what is not asked for is not sent")
                .isTrue();
    }

    @Test
    void shouldStartAMigrationAsAskedFor() throws Exception {
        send(
                "POST",
                "/v1/vms/db/migrations",
                "{\"target\":\"beta\",\"downtimeLimitMs\":50,\"maxBandwidthBytesPerSecond\":1000,\"verify\":\"at-pause\"}");

        assertThat(MigrationSettings.of(cluster.asked)).isEqualTo(new MigrationSettings(50, 1000, VerifyMode.AT_PAUSE));
    }

    @Test
    void shouldLayWhatIsSetAboutAVmOverTheClustersAndTheHosts() throws Exception {
        cluster.host = MigrationParameters.of(MigrationParameter.VERIFY, "none");
        send("PUT", "/v1/migration-parameters", "{\"downtime-limit\":\"200ms\",\"multifd-channels\":4}");

        JsonNode vm = tree(send("PATCH", "/v1/vms/db/migration-parameters", "{\"downtime-limit\":\"80ms\"}"));

        assertThat(vm.get("set").toString()).isEqualTo("{\"downtime-limit\":\"80ms\"}");
        assertThat(inForce(vm)).contains("downtime-limit=80ms vm", "multifd-channels=4 cluster", "verify=none host");
        send("PATCH", "/v1/vms/db/migration-parameters", "{\"downtime-limit\":null}");
        assertThat(inForce(get("/v1/vms/db/migration-parameters"))).contains("downtime-limit=200ms cluster");
        assertThat(get("/v1/migration-parameters").at("/set/multifd-channels").asText())
                .isEqualTo("4");
    }

    private static List<String> inForce(JsonNode parameters) {
        List<String> lines = new java.util.ArrayList<>();
        parameters
                .get("parameters")
                .forEach(each -> lines.add(each.get("name").asText() + "="
                        + each.get("value").asText() + " " + each.get("from").asText()));
        return lines;
    }

    @Test
    void shouldChangeOnlyWhatMayChangeOfARunningMigration() throws Exception {
        assertProblem(
                send("PATCH", "/v1/migrations/m-1", "{\"multifd-channels\":4}"),
                400,
                "may change while a migration runs");
        assertThat(cluster.asked.isEmpty()).isTrue();

        assertThat(send("PATCH", "/v1/migrations/m-1", "{\"max-bandwidth\":\"1MiB/s\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(cluster.asked.text(MigrationParameter.MAX_BANDWIDTH)).isEqualTo("1MiB/s");
    }

    @Test
    void shouldSteerMigrationsAndMeasureWhatAVmDirties() throws Exception {
        for (String step : List.of("complete", "continue")) {
            assertThat(tree(send("POST", "/v1/migrations/m-1/" + step, ""))
                            .get("status")
                            .asText())
                    .isEqualTo("device");
        }
        HttpResponse<String> begun = send("POST", "/v1/vms/db/dirty-rate", "{\"durationMs\":2000}");
        assertThat(begun.statusCode()).isEqualTo(202);
        assertThat(tree(begun).get("durationMs").asLong()).isEqualTo(2_000);
        assertProblem(send("POST", "/v1/vms/db/dirty-rate", "{\"durationMs\":1}"), 400, "100 to 60000");
        assertSameFields(
                get("/v1/openapi.json").at("/components/schemas/DirtyRate/properties"), get("/v1/vms/db/dirty-rate"));
    }

    @Test
    void shouldAnswerQmpByAReplyWhateverItIs() throws Exception {
        assertThat(send("POST", "/v1/vms/db/qmp", "{\"execute\":\"query-name\",\"id\":[1]}")
                        .body())
                .isEqualTo("{\"return\":{\"name\":\"db\"},\"id\":[1]}");
        assertThat(tree(send("POST", "/v1/vms/db/qmp", "garbage"))
                        .at("/error/class")
                        .asText())
                .isEqualTo("GenericError");
        assertThat(send("POST", "/v1/vms/nobody/qmp", "{}").statusCode()).isEqualTo(404);
    }

    @Test
    void shouldLeaveHostsToTheClusterWhereNoneIsNamed() throws Exception {
        String rules = "{\"name\":\"web\",\"memory\":\"1GiB\",\"kernel\":\"/k\",\"preferHost\":\"beta\","
                + "\"rules\":[{\"kind\":\"apart\",\"vms\":[\"db\"]}]}";

        assertThat(send("POST", "/v1/vms", rules).statusCode()).isEqualTo(201);
        assertThat(send("POST", "/v1/vms/db/migrations", "{\"preferHost\":\"beta\"}")
                        .statusCode())
                .isEqualTo(202);

        assertThat(cluster.created.get(0).host()).isEmpty();
        assertThat(cluster.created.get(0).spec().placement().rules()).hasSize(1);
        assertThat(cluster.destinations)
                .containsExactly(new Destination(Optional.empty(), Optional.of("beta"), SkippedChecks.NONE));
    }

    @Test
    void shouldAnswerADryRunWithItsPlanAndBeginNothing() throws Exception {
        HttpResponse<String> response =
                send("POST", "/v1/vms/db/migrations", "{\"target\":\"beta\",\"dryRun\":true,\"auto-converge\":true}");

        assertThat(response.statusCode()).isEqualTo(200);
        JsonNode plan = tree(response);
        assertThat(plan.get("converges").asBoolean()).isTrue();
        assertThat(plan.get("totalMs").asInt()).isEqualTo(1_200);
        assertThat(plan.at("/refusals/0").asText()).isEqualTo("memory: too little");
        assertThat(MigrationSettings.of(cluster.asked).throttle().autoConverge())
                .isTrue();
        assertSameFields(get("/v1/openapi.json").at("/components/schemas/Plan/properties"), plan);
    }

    @Test
    void shouldListShowAndCancelMigrations() throws Exception {
        assertThat(get("/v1/migrations").at("/0/id").asText()).isEqualTo("m-1");
        assertThat(get("/v1/migrations/m-1").get("status").asText()).isEqualTo("active");
        assertThat(tree(send("DELETE", "/v1/migrations/m-1", null))
                        .get("status")
                        .asText())
                .isEqualTo("cancelling");
        assertThat(send("GET", "/v1/migrations/m-2", null).statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"name\":\"w\"}                        | memory | memory: missing; expected",
                "{\"name\":\"w\",\"memory\":\"1GB\",\"kernel\":\"/k\"} | memory | \"1GB\" is not accepted; expected a multiple of 2MiB from 16MiB to 4TiB",
                "{\"name\":\"w\",\"memory\":1,\"kernel\":\"/k\"} | memory | expected a multiple of 2MiB",
                "{\"name\":\"w\",\"memory\":\"1GiB\",\"kernel\":\"/k\",\"vcpus\":300} | vcpus | \"300\" is not accepted; expected 1 to 255",
                "{\"name\":\"w\",\"memory\":\"1GiB\",\"kernel\":\"/k\",\"vcpu\":3} | vcpu | did you mean \"vcpus\"?",
                "{\"name\":{},\"memory\":\"1GiB\",\"kernel\":\"/k\"} | name | expected 1 to 63 letters"
            })
    void shouldNameTheFieldTheValueAndWhatIsAccepted(String body, String field, String detail) throws Exception {
        HttpResponse<String> response = send("POST", "/v1/vms", body);

        assertProblem(response, 400, detail);
        assertThat(tree(response).get("field").asText()).isEqualTo(field);
        assertThat(tree(response).at("/errors/0/field").asText()).isEqualTo(field);
        assertThat(tree(response).get("accepted").asText()).isNotEmpty();
        assertThat(cluster.created).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"name\": }             | malformed JSON at line 1, column 10",
                "{\"name\": \"a\"         | malformed JSON at line 1, column",
                "{\"a\":1,\"a\":2}        | malformed JSON at line 1, column",
                "{} {}                    | malformed JSON at line 1, column",
                "[1]                      | the body is an array; expected a JSON object",
                "null                     | the body is null; expected a JSON object",
                "nonsense                 | malformed JSON at line 1, column"
            })
    void shouldSayWhereJsonIsMalformed(String body, String detail) throws Exception {
        assertProblem(send("POST", "/v1/vms", body), 400, detail);
    }

    @Test
    void shouldRefuseDeepAndLargeBodies() throws Exception {
        assertProblem(send("POST", "/v1/vms", "{\"a\":" + "[".repeat(5_000)), 400, "malformed JSON");
        assertProblem(
                send("POST", "/v1/vms", "{\"name\":\"" + "x".repeat(70_000) + "\"}"), 413, "larger than 65536 bytes");
        assertThat(get("/v1/vms")).hasSize(1);
    }

    @Test
    void shouldAnswerWhoIsStillSendingABodyThatIsTooLarge() throws Exception {
        String body = "x".repeat(4 << 20);
        for (int i = 0; i < 20; i++) {
            assertProblem(send("POST", "/v1/vms", body), 413, "larger than 65536 bytes");
        }
    }

    @Test
    void shouldRefuseFieldsWhereThereAreNone() throws Exception {
        assertProblem(send("POST", "/v1/vms/db/start", "{\"force\":true}"), 400, "expected no fields");
        assertThat(cluster.requests).isEmpty();
    }

    @Test
    void shouldTellProblemsOfTheClusterApart() throws Exception {
        assertProblem(send("GET", "/v1/vms/nobody", null), 404, "there is no VM \"nobody\"");
        assertProblem(
                send("POST", "/v1/vms", "{\"name\":\"db\",\"memory\":\"1GiB\",\"kernel\":\"/k\"}"), 409, "is taken");
        cluster.answers.add(new VmActor.Rejected(Problem.of(Problem.Kind.UNAVAILABLE, "host beta does not answer")));
        assertProblem(send("POST", "/v1/vms/db/stop", ""), 503, "host beta does not answer");
        cluster.answers.add(new VmActor.Rejected(Problem.of(Problem.Kind.FAILED, "no PVH note")));
        assertProblem(send("POST", "/v1/vms/db/start", ""), 500, "no PVH note");
    }

    @Test
    void shouldAnswerUnknownPathsMethodsAndParameters() throws Exception {
        assertProblem(send("GET", "/v2/vms", null), 404, "nothing at /v2/vms");
        assertProblem(send("GET", "/v1/vms/", null), 404, "nothing at /v1/vms/");
        HttpResponse<String> response = send("PUT", "/v1/vms/db", "{}");
        assertProblem(response, 405, "PUT is not accepted at /v1/vms/db; expected GET, DELETE");
        assertThat(response.headers().firstValue("Allow")).contains("GET, DELETE");
        assertProblem(send("GET", "/v1/vms?limit=3", null), 400, "limit");
        assertProblem(send("GET", "/v1/vms/db/serial?from=-1", null), 400, "from: \"-1\" is not accepted");
        assertProblem(send("GET", "/v1/vms/db/serial?follow=yes", null), 400, "expected true or false");
    }

    @Test
    void shouldRefusePagesOfOtherSites() throws Exception {
        HttpRequest foreign = HttpRequest.newBuilder(uri("/v1/vms/db/stop"))
                .header("Origin", "http://evil.example")
                .POST(BodyPublishers.noBody())
                .build();
        HttpRequest own = HttpRequest.newBuilder(uri("/v1/vms"))
                .header("Origin", "http://" + gateway.address())
                .build();

        assertProblem(http.send(foreign, BodyHandlers.ofString()), 403, "evil.example");
        assertThat(cluster.requests).isEmpty();
        assertThat(http.send(own, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }

    @Test
    void shouldServeSerialOutputInPiecesUpToTheEndAtTheTimeOfAsking() throws Exception {
        cluster.answers.add(new VmActor.Serial(100, bytes("abc"), 106));
        cluster.answers.add(new VmActor.Serial(103, bytes("def"), 999));

        HttpResponse<String> response = send("GET", "/v1/vms/db/serial?from=7", null);

        assertThat(response.body()).isEqualTo("abcdef");
        assertThat(response.headers().firstValueAsLong("Godwit-Serial-Position"))
                .hasValue(100);
        assertThat(cluster.requests)
                .extracting(request -> ((VmActor.ReadSerial) request).from())
                .containsExactly(7L, 103L);
    }

    @Test
    void shouldFollowSerialOutputThroughSilenceMigrationAndDeletion() throws Exception {
        cluster.answers.add(new VmActor.Serial(0, bytes("one "), 4));
        cluster.answers.add(new VmActor.Serial(4, bytes(""), 4));
        cluster.answers.add(new VmActor.Rejected(Problem.of(Problem.Kind.NOT_FOUND, "VM is not on host alpha")));
        cluster.answers.add(new VmActor.Serial(4, bytes("two "), 8));
        cluster.answers.add(new VmActor.Serial(2, bytes(""), 2));
        cluster.answers.add(new VmActor.Serial(0, bytes("booted anew"), 11));
        cluster.answers.add(new VmActor.Rejected(Problem.of(Problem.Kind.NOT_FOUND, "vm", "db", "", "there is no VM")));

        HttpResponse<String> response = send("GET", "/v1/vms/db/serial?follow=true", null);

        assertThat(response.body()).isEqualTo("one two booted anew");
        assertThat(cluster.found)
                .as("at first, to follow, and once it had moved")
                .hasValue(3);
    }

    @Test
    void shouldStreamEventsAsTheyHappen() throws Exception {
        cluster.events.add(FakeCluster.event("vm.started"));
        HttpResponse<InputStream> response =
                http.send(HttpRequest.newBuilder(uri("/v1/events")).build(), BodyHandlers.ofInputStream());

        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                lines.add(reader.readLine());
            }
            assertThat(lines.get(0)).startsWith(":");
            assertThat(lines.get(2)).startsWith("data: {");
            JsonNode event = JSON.readTree(lines.get(2).substring(6));
            assertThat(event.get("kind").asText()).isEqualTo("vm.started");
            assertThat(event.at("/details/name").asText()).isEqualTo("a\nb");
            assertThat(lines.get(3)).isEmpty();
        }
    }

    @Test
    void shouldSendAnyMessageOfAVmAsJson() throws Exception {
        cluster.answers.add(new VmActor.Done(FakeCluster.view(VmStatus.RUNNING)));
        cluster.answers.add(new VmActor.Serial(5, bytes("hi"), 7));
        cluster.answers.add(new VmActor.MigrationAccepted(FakeCluster.migrationView("setup")));

        assertThat(tree(send("POST", "/v1/vms/db/messages", "{\"type\":\"start\"}"))
                        .at("/vm/name")
                        .asText())
                .isEqualTo("db");
        JsonNode serial =
                tree(send("POST", "/v1/vms/db/messages", "{\"type\":\"read-serial\",\"from\":5,\"maxBytes\":9}"));
        assertThat(serial.get("text").asText()).isEqualTo("hi");
        JsonNode accepted = tree(send("POST", "/v1/vms/db/messages", "{\"type\":\"migrate\",\"target\":\"beta\"}"));
        assertThat(accepted.at("/migration/id").asText()).isEqualTo("m-1");

        assertThat(((VmActor.ReadSerial) cluster.requests.get(1)).maxBytes()).isEqualTo(9);
        assertThat(cluster.requests)
                .as("a move is asked of the cluster, which knows what is set")
                .hasSize(2);
        assertProblem(
                send("POST", "/v1/vms/db/messages", "{\"type\":\"dance\"}"), 400, "expected one of describe, start");
        assertProblem(
                send("POST", "/v1/vms/db/messages", "{\"type\":\"stop\",\"from\":1}"), 400, "only the fields type");
        assertProblem(
                send("POST", "/v1/vms/db/messages", "{\"type\":\"migrate\",\"target\":7}"),
                400,
                "target: \"7\" is not accepted");
    }

    @Test
    void shouldKnowEveryMessageOfAVm() {
        Set<String> messages = new HashSet<>();
        java.util.Deque<Class<?>> left =
                new java.util.ArrayDeque<>(List.of(VmActor.Request.class.getPermittedSubclasses()));
        while (!left.isEmpty()) {
            Class<?> message = left.remove();
            if (message.isInterface()) {
                left.addAll(List.of(message.getPermittedSubclasses()));
                continue;
            }
            messages.add(message.getSimpleName()
                    .replaceAll("(?<=[a-z])(?=[A-Z])", "_")
                    .toUpperCase());
        }
        Set<String> known = new HashSet<>();
        for (VmMessages.Type type : VmMessages.Type.values()) {
            known.add(type.name());
        }

        assertThat(known).isEqualTo(messages);
    }

    @Test
    void shouldDocumentExactlyTheRoutesThatAreServed() throws Exception {
        Set<String> documented = new HashSet<>();
        JsonNode paths = get("/v1/openapi.json").get("paths");
        paths.fieldNames()
                .forEachRemaining(path -> paths.get(path)
                        .fieldNames()
                        .forEachRemaining(method -> documented.add(method.toUpperCase() + " " + path)));
        Set<String> served = new HashSet<>();
        Gateway.endpoints(kit.system(), cluster, new QmpCommands(cluster)::answer, metrics)
                .forEach(endpoint -> served.add(endpoint.method() + " " + endpoint.path()));

        assertThat(documented).isEqualTo(served);
    }

    @Test
    void shouldDocumentEveryFieldItServes() throws Exception {
        JsonNode schemas = get("/v1/openapi.json").at("/components/schemas");

        assertSameFields(schemas.at("/Vm/properties"), get("/v1/vms/db"));
        assertSameFields(schemas.at("/Migration/properties"), get("/v1/migrations/m-1"));
        assertSameFields(schemas.at("/Host/properties"), get("/v1/hosts").get(0));
        assertSameFields(schemas.at("/Cluster/properties"), get("/v1/cluster"));
        assertSameFields(schemas.at("/Problem/properties"), tree(send("GET", "/v1/vms/nobody", null)));
    }

    @Test
    void shouldResolveEveryReferenceOfTheDocument() throws Exception {
        JsonNode document = get("/v1/openapi.json");

        assertThat(document.findValuesAsText("$ref"))
                .isNotEmpty()
                .allSatisfy(reference -> assertThat(
                                document.at(reference.substring(1)).isMissingNode())
                        .as(reference)
                        .isFalse());
    }

    @Test
    void shouldServeADashboardWithoutOutsideAssets() throws Exception {
        HttpResponse<String> page = send("GET", "/", null);

        assertThat(page.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'");
        assertThat(page.body())
                .doesNotContainPattern("(src|href)=\"(https?:)?//")
                .doesNotContain("innerHTML");
    }

    @Test
    void shouldCountRequestsByTheirTemplateAndNotByTheirPath() throws Exception {
        send("GET", "/v1/vms/db", null);
        send("GET", "/v1/vms/nobody", null);

        assertThat(send("GET", "/metrics", null).body())
                .contains("godwit_http_requests_total{method=\"GET\",path=\"/v1/vms/{id}\",status=\"200\"}")
                .contains("path=\"/v1/vms/{id}\",status=\"404\"")
                .doesNotContain("nobody");
    }

    @Test
    void shouldGoOnAfterWhatIsNotHttp() throws Exception {
        try (Socket socket = new Socket("127.0.0.1", gateway.address().port())) {
            socket.getOutputStream().write(new byte[] {0, 1, 2, '\r', '\n', '\r', '\n'});
        }

        assertThat(get("/v1/vms")).hasSize(1);
    }
}
