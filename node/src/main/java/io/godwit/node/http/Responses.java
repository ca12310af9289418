package io.godwit.node.http;

import io.godwit.node.api.Json;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Answers that are no problem. */
final class Responses {
    private Responses() {}

    static HttpResponse json(int status, Object body) {
        return HttpResponse.create()
                .withStatus(status)
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, Json.write(body)));
    }

    static HttpResponse ok(Object body) {
        return json(200, body);
    }

    /** An object that was made, and where it is. */
    static HttpResponse made(int status, String location, Object body) {
        return json(status, body).addHeader(RawHeader.create("Location", location));
    }

    static HttpResponse nothing() {
        return HttpResponse.create().withStatus(204);
    }
}
