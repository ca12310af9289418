package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** One migration, as a node's API shows it. */
public final class Migration {
    public static final Set<String> ENDED = Set.of("completed", "failed", "cancelled");
    private static final long FAST_POLL_NS = 500_000;

    private final TestNode asked;
    private final String id;

    Migration(TestNode asked, String id) {
        this.asked = asked;
        this.id = id;
    }

    public String id() {
        return id;
    }

    public JsonNode view() {
        return asked.rest().get("/v1/migrations/" + id).ok();
    }

    public String status() {
        return view().path("status").asText();
    }

    public Rest.Answer cancel() {
        return asked.rest().delete("/v1/migrations/" + id);
    }

    /** Waits until pages move: at least so many bytes were sent. */
    public void awaitTransferred(long bytes, Duration limit) {
        within(
                limit,
                "migration " + id + " has sent " + bytes + " bytes",
                () -> view().path("transferredBytes").asLong() >= bytes);
    }

    /** Waits closely for a status that may be short; false when the migration ended, or the time was up, without it. */
    public boolean sees(String status, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() < deadline) {
            String now = status();
            if (now.equals(status)) {
                return true;
            }
            if (ENDED.contains(now)) {
                return false;
            }
            LockSupport.parkNanos(FAST_POLL_NS);
        }
        return false;
    }

    /** Waits until it has ended, and returns its last view. */
    public JsonNode awaitEnd(Duration limit) {
        return awaitEnd(asked, limit);
    }

    /** As another node sees it, the one first asked being dead. */
    public JsonNode awaitEnd(TestNode other, Duration limit) {
        JsonNode[] last = new JsonNode[1];
        within(limit, "migration " + id + " has ended", () -> {
            last[0] = other.rest().get("/v1/migrations/" + id).ok();
            return ENDED.contains(last[0].path("status").asText());
        });
        return last[0];
    }

    /** Waits until it has completed, with memory verified. */
    public JsonNode awaitCompleted(Duration limit) {
        JsonNode ended = awaitEnd(limit);
        assertThat(ended.path("status").asText())
                .as("migration %s: %s", id, ended.path("reason").asText())
                .isEqualTo("completed");
        return ended;
    }

    /** Waits for the comparison that follows a completed migration, and returns the view that has it. */
    public JsonNode awaitVerified(Duration limit) {
        within(
                limit,
                "migration " + id + " is verified",
                () -> !view().path("verified").isNull());
        JsonNode view = view();
        assertThat(view.path("verified").asBoolean())
                .as("memory at the target equals the source's at pause: %s", view)
                .isTrue();
        return view;
    }
}
