package io.godwit.node.qmp;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.cluster.ClusterEvent;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class QmpEventsTest {
    private final QmpEvents events = new QmpEvents();

    private List<String> names(String kind, String... details) {
        TreeMap<String, String> named = new TreeMap<>();
        for (int i = 0; i < details.length; i += 2) {
            named.put(details[i], details[i + 1]);
        }
        return events.of(new ClusterEvent(0, kind, "alpha", "vm", "m", named)).stream()
                .map(event -> event.get("event")
                        + (event.get("data") instanceof Map<?, ?> data && data.containsKey("status")
                                ? " " + data.get("status")
                                : ""))
                .toList();
    }

    @Test
    void shouldTellAPanicFromAResetAndAnOperatorsFromAGuests() {
        assertThat(names("vm.guest-event", "act", "panic")).containsExactly("STOP", "GUEST_PANICKED");
        assertThat(names("vm.guest-event", "act", "triple-fault")).containsExactly("RESET");
        assertThat(names("vm.reset", "by", "reset")).containsExactly("RESET");
        assertThat(names("vm.powerdown")).containsExactly("POWERDOWN");
        assertThat(names("vm.generation-renewed")).isEmpty();
        ClusterEvent reset = new ClusterEvent(0, "vm.reset", "alpha", "vm", null, new TreeMap<>());
        assertThat(events.of(reset).get(0).get("data")).hasToString("{guest=false, reason=host-qmp-system-reset}");
    }

    @Test
    void shouldStopAGuestBeforeItsDevicesMoveAndNeverResumeItAtTheSource() {
        assertThat(names("migration.setup", "role", "source")).containsExactly("MIGRATION setup");
        assertThat(names("migration.active", "role", "source")).containsExactly("MIGRATION active");
        assertThat(names("migration.pass", "pass", "2")).containsExactly("MIGRATION_PASS");
        assertThat(names("migration.guest-stopped")).containsExactly("STOP");
        assertThat(names("migration.device", "role", "source")).containsExactly("MIGRATION device");
        assertThat(names("migration.completed", "role", "source")).containsExactly("MIGRATION completed");
    }

    @Test
    void shouldStopAGuestThatIsHeldInPreSwitchoverAndResumeItWhenItGoesOn() {
        assertThat(names("migration.pre-switchover", "role", "source")).containsExactly("MIGRATION pre-switchover");
        assertThat(names("migration.guest-stopped")).containsExactly("STOP");
        assertThat(names("migration.cancelled", "role", "source")).containsExactly("MIGRATION cancelled");
        assertThat(names("migration.guest-resumed")).containsExactly("RESUME");
        assertThat(names("migration.guest-resumed")).as("told already").isEmpty();
    }

    @Test
    void shouldResumeAGuestThatResetItselfAtTheSwitchoverOnceItIsBooted() {
        names("migration.guest-stopped");

        assertThat(names("vm.running", "by", "reboot")).containsExactly("RESUME");
    }

    @Test
    void shouldNotStopAGuestThatStandsStillAlready() {
        events.startsPaused();

        assertThat(names("migration.guest-stopped")).isEmpty();
        assertThat(names("migration.guest-resumed")).isEmpty();
    }

    @Test
    void shouldTellWhoShutAGuestDown() {
        assertThat(names("vm.stopped", "by", "stop")).containsExactly("SHUTDOWN");
        assertThat(names("vm.guest-event", "act", "power-off")).containsExactly("SHUTDOWN");
        assertThat(names("vm.stopped", "by", "power off")).as("told already").isEmpty();
        assertThat(names("vm.guest-event", "act", "reset")).containsExactly("RESET");
        assertThat(names("vm.running", "by", "reboot")).isEmpty();
    }
}
