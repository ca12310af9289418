package io.godwit.control.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VmIdsTest {
    @Test
    void shouldMakeValidIdsThatDiffer() {
        SplittableRandom random = new SplittableRandom(1);
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            String id = VmIds.newId(random);
            assertThat(VmIds.isValid(id)).as(id).isTrue();
            ids.add(id);
        }
        assertThat(ids).hasSize(10_000);
    }

    @Test
    void shouldAcceptNothingElse() {
        assertThat(VmIds.isValid("")).isFalse();
        assertThat(VmIds.isValid("0123456789ABCDEFGHJKMNPQRS")).isFalse();
        assertThat(VmIds.isValid("0123456789abcdefghjkmnpqr")).isFalse();
        assertThat(VmIds.isValid("0123456789abcdefghjkmnpqrst")).isFalse();
        assertThat(VmIds.isValid("0123456789abcdefghjkmnpq/s")).isFalse();
    }
}
