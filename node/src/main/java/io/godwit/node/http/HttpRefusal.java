package io.godwit.node.http;

import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpHeader;

/** A request that HTTP itself has a word for: no such path, wrong method, too large, not JSON. */
final class HttpRefusal extends RuntimeException {
    private final int status;
    private final String title;
    private final transient List<HttpHeader> headers;

    HttpRefusal(int status, String title, String detail, HttpHeader... headers) {
        super(detail);
        this.status = status;
        this.title = title;
        this.headers = List.of(headers);
    }

    int status() {
        return status;
    }

    String title() {
        return title;
    }

    String detail() {
        return String.valueOf(getMessage());
    }

    List<HttpHeader> headers() {
        return headers;
    }
}
