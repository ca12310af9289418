package io.godwit.node.http;

import io.godwit.actors.storage.ResizeRequest;
import io.godwit.actors.storage.Storage;
import io.godwit.actors.storage.Storage.HostPool;
import io.godwit.actors.storage.Storage.VolumeView;
import io.godwit.actors.storage.VolumeRequest;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.ValueType;
import io.godwit.config.device.VolumeRef;
import io.godwit.node.api.PoolInfo;
import io.godwit.node.api.VolumeInfo;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Pools and volumes of all hosts. */
final class StorageApi {
    private static final String VOLUMES = "/v1/volumes";
    private static final String VOLUME = VOLUMES + "/{pool}/{name}";
    private static final Set<String> HOST = Set.of("host");

    private final Storage storage;

    StorageApi(Storage storage) {
        this.storage = storage;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("GET", "/v1/pools", this::pools),
                Endpoint.of("GET", VOLUMES, this::volumes),
                Endpoint.of("POST", VOLUMES, this::make),
                new Endpoint("GET", VOLUME, HOST, this::volume),
                new Endpoint("DELETE", VOLUME, HOST, this::delete),
                new Endpoint("POST", VOLUME + "/resize", HOST, this::resize));
    }

    private CompletionStage<HttpResponse> pools(Call call) {
        return storage.pools()
                .thenApply(
                        all -> Responses.ok(all.stream().map(StorageApi::info).toList()));
    }

    private CompletionStage<HttpResponse> volumes(Call call) {
        return storage.volumes()
                .thenApply(
                        all -> Responses.ok(all.stream().map(StorageApi::info).toList()));
    }

    private CompletionStage<HttpResponse> make(Call call) {
        return call.json()
                .thenCompose(body -> storage.make(VolumeRequest.parse(body)))
                .thenApply(made -> Responses.made(201, VOLUMES + "/" + made.ref(), info(made)));
    }

    private CompletionStage<HttpResponse> volume(Call call) {
        return storage.volume(ref(call), host(call)).thenApply(found -> Responses.ok(info(found)));
    }

    private CompletionStage<HttpResponse> delete(Call call) {
        return storage.delete(ref(call), host(call)).thenApply(gone -> Responses.nothing());
    }

    private CompletionStage<HttpResponse> resize(Call call) {
        return call.json().thenCompose(body -> {
            ResizeRequest request = ResizeRequest.parse(body);
            return storage.resize(ref(call), host(call), request.sizeBytes(), request.shrink())
                    .thenApply(resized -> Responses.ok(info(resized)));
        });
    }

    private static VolumeRef ref(Call call) {
        return new VolumeRef(call.variable("pool"), call.variable("name"));
    }

    private static Optional<String> host(Call call) {
        return call.query("host", ValueType.name());
    }

    private static PoolInfo info(HostPool pool) {
        return new PoolInfo(
                pool.host(),
                pool.name(),
                ValueType.nameOf(pool.kind()),
                pool.kind() == PoolKind.SHARED ? ValueType.nameOf(pool.fencing()) : null,
                pool.path(),
                pool.totalBytes(),
                pool.freeBytes(),
                pool.problem());
    }

    private static VolumeInfo info(VolumeView volume) {
        return new VolumeInfo(
                volume.ref().pool(),
                volume.ref().volume(),
                ValueType.nameOf(volume.kind()),
                volume.sizeBytes(),
                volume.hosts());
    }
}
