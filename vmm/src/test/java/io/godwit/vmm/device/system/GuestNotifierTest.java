package io.godwit.vmm.device.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.device.system.GuestNotifier.Event;
import io.godwit.vmm.dirty.DirtySource;
import io.godwit.vmm.dirty.HarvestedDirtyPages;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class GuestNotifierTest {
    private final List<Boolean> levels = new ArrayList<>();
    private final GuestNotifier notifier = new GuestNotifier(levels::add);

    @Test
    void shouldHoldTheLineUntilTheGuestReadWhatHappened() {
        notifier.raise(Event.GENERATION_CHANGED);
        notifier.raise(Event.BUS_CHANGED);
        notifier.raise(Event.BUS_CHANGED);
        assertThat(levels).containsExactly(true);
        assertThat(notifier.read(0, 1)).as("not in parts").isZero();
        assertThat(levels).containsExactly(true);
        assertThat(notifier.read(0, 4)).isEqualTo(3);
        assertThat(levels).containsExactly(true, false);
        assertThat(notifier.read(0, 4)).isZero();
    }

    @Test
    void shouldTellElsewhereWhatTheGuestDidNotReadHere() {
        notifier.raise(Event.BUS_CHANGED);
        List<Boolean> there = new ArrayList<>();
        GuestNotifier restored = new GuestNotifier(there::add);
        restored.restore(notifier.save());
        assertThat(there).containsExactly(true);
        assertThat(restored.read(0, 4)).isEqualTo(2);
        notifier.reset();
        assertThat(levels).containsExactly(true, false);
        assertThatThrownBy(() -> restored.restore(new ComponentState(GuestNotifier.ID, 1, new byte[] {4})))
                .hasMessage("guest-notifier: pending events is 4, accepted are 0 to 3");
    }

    private static byte[] idIn(GuestMemory memory) {
        byte[] id = new byte[16];
        try (GuestMemory.Lease lease = memory.lease()) {
            lease.read(0xff000, new UnsafeBuffer(id), 0, id.length);
        }
        return id;
    }

    @Test
    void shouldKeepTheGenerationIdUntilItIsRenewed() {
        try (GuestMemory memory = GuestMemory.create("godwit:generation", GuestLayout.ofSize(16L << 20))) {
            DirtyPages dirty = new HarvestedDirtyPages(memory.layout(), DirtySource.NONE);
            GenerationId generation = new GenerationId(memory, dirty, notifier, new Random(1));
            generation.place();
            byte[] first = idIn(memory);
            assertThat(first).isNotEqualTo(new byte[16]);
            generation.reset();
            generation.place();
            assertThat(idIn(memory)).isEqualTo(first);
            assertThat(levels).isEmpty();

            GenerationId elsewhere = new GenerationId(memory, dirty, notifier, new Random(2));
            elsewhere.restore(generation.save());
            elsewhere.place();
            assertThat(idIn(memory)).isEqualTo(first);
            assertThatThrownBy(() -> elsewhere.restore(new ComponentState(GenerationId.ID, 1, new byte[15])))
                    .hasMessage("generation-id: id needs 16 bytes, 15 are left");

            PageBitmap pages = new PageBitmap(memory.layout().pageCount());
            try (DirtyPages.View view = dirty.open()) {
                view.drainTo(pages);
                pages.clearAll();
                elsewhere.renew();
                view.drainTo(pages);
            }
            assertThat(idIn(memory)).isNotEqualTo(first);
            assertThat(pages.nextSet(0)).isEqualTo(0xff);
            assertThat(pages.cardinality()).isEqualTo(1);
            assertThat(notifier.read(0, 4)).isEqualTo(1);
        }
    }
}
