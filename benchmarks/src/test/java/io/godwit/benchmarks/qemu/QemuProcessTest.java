package io.godwit.benchmarks.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QemuProcessTest {
    private static final QemuProcess.Shape PLAIN =
            new QemuProcess.Shape(Path.of("probe.elf"), "fill=960", 1024, Optional.empty());

    @Test
    void shouldShareTheGuestsMemoryAndHideWhatNestedKvmRefuses() {
        assertThat(PLAIN.command(Path.of("m"), false))
                .contains("host,-arch-capabilities", "memory-backend-memfd,id=ram,share=on,size=1024M")
                .doesNotContain("-incoming");
    }

    @Test
    void shouldHaveTheTargetWaitForItsParameters() {
        assertThat(PLAIN.command(Path.of("m"), true)).endsWith("-incoming", "defer");
    }

    @Test
    void shouldHaveCredentialsForEitherEndOnlyWhereEncrypted() {
        QemuProcess.Shape encrypted =
                new QemuProcess.Shape(Path.of("probe.elf"), "", 64, Optional.of(Path.of("/certificates")));

        assertThat(String.join(" ", PLAIN.command(Path.of("m"), false))).doesNotContain("tls");
        assertThat(String.join(" ", encrypted.command(Path.of("m"), false)))
                .contains("endpoint=server", "endpoint=client", "dir=/certificates");
    }

    @Test
    void shouldKnowVariantsByTheirLabelsOnly() {
        for (QemuVariant variant : QemuVariant.values()) {
            assertThat(QemuVariant.parse(" " + variant.label())).isEqualTo(variant);
        }
        assertThatThrownBy(() -> QemuVariant.parse("multifd"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"multifd\"")
                .hasMessageContaining("qemu-multifd2-tls");
    }
}
