package io.godwit.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.integration.harness.AtTerminal;
import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.EchoVm;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.TestCluster;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code godwit vm console} at a real terminal, whose guest gives back what is typed. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@Tag("slow")
class TerminalIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String CTRL_C = "\u0003";
    private static final String CTRL_RIGHT_BRACKET = "\u001d";
    private static final Pattern MODES = Pattern.compile("modes (\\S+)");

    private TestCluster cluster;

    @BeforeEach
    void startNode() {
        Host.assumeKvm();
        AtTerminal.assumePossible();
        cluster = TestCluster.one();
        EchoVm.start(cluster, cluster.alpha(), "echo");
    }

    @AfterEach
    void endNode() {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** The terminal's modes before, the console, its exit code, and the modes behind it. */
    private AtTerminal console(String options) {
        String console = Checkout.launcher() + " vm console echo --tail 0 " + options;
        return AtTerminal.run(
                cluster.alpha(),
                "echo modes $(stty -g); " + console + "; echo code $?; echo modes $(stty -g); echo end");
    }

    @Test
    void shouldSendEachKeyAsItIsPressedAndGiveTheTerminalBackOnItsEscapeKey() throws Exception {
        try (AtTerminal terminal = console("")) {
            terminal.awaitShown("connected to echo; leave with Ctrl-]", LIMIT);
            terminal.type("no line");
            terminal.awaitShown("no line", LIMIT);
            terminal.type(CTRL_C + "still here");
            terminal.awaitShown(CTRL_C + "still here", LIMIT);

            terminal.type(CTRL_RIGHT_BRACKET);
            terminal.awaitShown("end\r\n", LIMIT);

            assertThat(terminal.awaitEnd(LIMIT)).isZero();
            assertThat(terminal.shown()).contains("code 0\r\n").containsOnlyOnce("no line");
            Matcher modes = MODES.matcher(terminal.shown());
            assertThat(modes.find()).isTrue();
            String before = modes.group(1);
            assertThat(modes.find()).isTrue();
            assertThat(modes.group(1)).as("the terminal's modes").isEqualTo(before);
        }
    }

    @Test
    void shouldLeaveByAnotherKeyAndPassTheUsualOneOn() throws Exception {
        try (AtTerminal terminal = console("--escape ^A")) {
            terminal.awaitShown("leave with Ctrl-A", LIMIT);
            terminal.type(CTRL_RIGHT_BRACKET + "passed on");
            terminal.awaitShown(CTRL_RIGHT_BRACKET + "passed on", LIMIT);

            terminal.type("\u0001");

            terminal.awaitShown("code 0\r\n", LIMIT);
            assertThat(terminal.awaitEnd(LIMIT)).isZero();
        }
    }

    @Test
    void shouldGiveTheTerminalBackWhenTheGuestIsSwitchedOff() throws Exception {
        try (AtTerminal terminal = console("")) {
            terminal.awaitShown("connected to echo", LIMIT);
            cluster.alpha().rest().post("/v1/vms/echo/stop", Map.of()).ok();

            terminal.awaitShown("the console ended: VM echo is stop", LIMIT);
            terminal.awaitShown("end\r\n", LIMIT);
            assertThat(terminal.awaitEnd(LIMIT)).isZero();
        }
    }
}
