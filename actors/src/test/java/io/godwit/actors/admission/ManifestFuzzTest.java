package io.godwit.actors.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.host.HostFacts;
import io.godwit.actors.migration.Manifest;
import io.godwit.config.MigrationSettings;
import io.godwit.config.SkippedChecks;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestRegion;
import io.godwit.transport.StreamEndpoint;
import io.godwit.vmm.MachineProfile;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every field of the manifest and of the answer to it, made odd one at a time: refused by its type when it is read, or
 * by the check with the field's name; never believed, never an exception.
 */
@Timeout(180)
class ManifestFuzzTest {
    private static final int CASES = 100_000;
    private static final long[] NUMBERS = {
        0,
        1,
        -1,
        2,
        4095,
        4096,
        255,
        256,
        65_535,
        65_536,
        1L << 20,
        1L << 31,
        (1L << 31) - 1,
        1L << 40,
        1L << 52,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE
    };
    private static final String[] TEXTS = {
        "",
        " ",
        "null",
        "../../etc/passwd",
        "a/b",
        "vm/../..",
        "\0",
        "a\nb",
        "\u001b[2J",
        "x".repeat(300),
        "ä",
        "%n%s",
        "$a",
        "*",
        "#1",
        "-",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "3f1c9b0e-52a1-4e0d-9a55",
        "1-1-1-1-1",
        "127.0.0.1",
        "\uD83D"
    };

    private final long seed = System.nanoTime();
    private final SplittableRandom random = new SplittableRandom(seed);

    @Test
    void shouldRefuseEveryFieldThatCannotBeByItsName() {
        System.out.println("seed " + seed);
        int refusedByType = 0;
        int refusedByCheck = 0;
        for (int i = 0; i < CASES; i++) {
            Mutation mutation = new Mutation();
            Manifest mutated;
            try {
                mutated = (Manifest) mutation.of(Manifests.valid());
            } catch (IllegalArgumentException refused) {
                assertThat(refused.getMessage()).as(mutation.toString()).isNotBlank();
                refusedByType++;
                continue;
            }
            List<String> faults = Admission.faults(mutated);
            List<String> reasons = faults.isEmpty() ? Admission.refusals(mutated, Manifests.roomy()) : faults;
            refusedByCheck += faults.isEmpty() ? 0 : 1;
            faults.forEach(fault -> assertThat(fault)
                    .as(mutation.toString())
                    .startsWith("manifest: ")
                    .contains(mutation.top())
                    .hasSizeLessThan(1_000)
                    .matches(text -> text.chars().noneMatch(Character::isISOControl)));
            if (reasons.isEmpty()) {
                assertThat(harmless(mutated)).as("believed: %s", mutation).isTrue();
            }
        }
        assertThat(refusedByType).isGreaterThan(CASES / 100);
        assertThat(refusedByCheck).isGreaterThan(CASES / 10);
    }

    /** What names, sizes or limits anything is as an honest source would have it; the rest is for people to read. */
    private static boolean harmless(Manifest manifest) {
        MachineProfile profile = manifest.profile();
        return manifest.vm().id().matches("[a-z0-9]{26}")
                && manifest.vm().epoch() > 0
                && manifest.protocol().contains(1)
                && profile.spec().equals(manifest.vm().spec())
                && profile.layout().sizeBytes() == profile.spec().memoryBytes()
                && profile.spec().memoryBytes() <= 1L << 30
                && profile.componentVersions().size() <= 4096
                && profile.cpuFeatures().size() <= 1024
                && profile.unmovable().size() <= 4096;
    }

    @Test
    void shouldRefuseAnAnswerThatCannotBe() {
        System.out.println("seed " + seed);
        Manifest manifest = Manifests.valid();
        HostIdentity host = new HostIdentity("b", "incarnation-b");
        List<StreamEndpoint> lanes = List.of(new StreamEndpoint("127.0.0.1", 40_123, 1001, 77));
        assertThat(AdmittedCheck.faults("b", manifest, host, lanes, 1)).isEmpty();
        for (int i = 0; i < CASES / 10; i++) {
            String odd = TEXTS[random.nextInt(TEXTS.length)];
            boolean address = odd.equals("127.0.0.1");
            if (!odd.isBlank() && !address) {
                assertThat(AdmittedCheck.faults(
                                "b", manifest, host, List.of(new StreamEndpoint(odd, 40_123, 1001, 77)), 1))
                        .as(odd)
                        .anyMatch(fault -> fault.contains("lanes.host"));
            }
            assertThat(AdmittedCheck.faults("b", manifest, new HostIdentity(odd, "x"), lanes, 1))
                    .as(odd)
                    .anyMatch(fault -> fault.contains("host.hostId"));
            int version = (int) NUMBERS[random.nextInt(NUMBERS.length)];
            assertThat(AdmittedCheck.faults("b", manifest, host, lanes, version).isEmpty())
                    .isEqualTo(version == 1);
        }
        assertThat(AdmittedCheck.faults("b", manifest, host, List.of(), 1)).anyMatch(fault -> fault.contains("lanes"));
        assertThat(AdmittedCheck.faults("b", manifest, host, Collections.nCopies(17, lanes.get(0)), 1))
                .anyMatch(fault -> fault.contains("lanes"));
        assertThat(AdmittedCheck.faults("b", manifest, host, Collections.nCopies(2, lanes.get(0)), 1))
                .anyMatch(fault -> fault.contains("a different one for each lane"));
    }

    /** One field somewhere in a tree of records, made odd. */
    private final class Mutation {
        private final StringBuilder path = new StringBuilder();
        private String leaf = "";

        /** The manifest's own field in which it is. */
        String top() {
            return path.substring(1).split("[. ]", 2)[0];
        }

        Object of(Record original) {
            RecordComponent[] components = original.getClass().getRecordComponents();
            int chosen = random.nextInt(components.length);
            Object[] values = new Object[components.length];
            Class<?>[] types = new Class<?>[components.length];
            for (int i = 0; i < components.length; i++) {
                values[i] = get(original, components[i]);
                types[i] = components[i].getType();
            }
            leaf = components[chosen].getName();
            path.append('.').append(leaf);
            values[chosen] = odd(values[chosen], types[chosen]);
            try {
                Constructor<?> constructor = original.getClass().getDeclaredConstructor(types);
                constructor.setAccessible(true);
                return constructor.newInstance(values);
            } catch (InvocationTargetException refused) {
                if (refused.getCause() instanceof IllegalArgumentException named) {
                    throw named;
                }
                throw new AssertionError(toString(), refused.getCause());
            } catch (ReflectiveOperationException impossible) {
                throw new AssertionError(impossible);
            }
        }

        private Object get(Record original, RecordComponent component) {
            try {
                component.getAccessor().setAccessible(true);
                return component.getAccessor().invoke(original);
            } catch (ReflectiveOperationException impossible) {
                throw new AssertionError(impossible);
            }
        }

        private Object odd(Object value, Class<?> type) {
            if (type == long.class) {
                return shown(NUMBERS[random.nextInt(NUMBERS.length)] + random.nextInt(-1, 2));
            } else if (type == int.class) {
                return shown((int) (NUMBERS[random.nextInt(NUMBERS.length)] + random.nextInt(-1, 2)));
            } else if (type == boolean.class) {
                return shown(random.nextBoolean());
            } else if (type == String.class) {
                return shown(TEXTS[random.nextInt(TEXTS.length)]);
            } else if (type.isEnum()) {
                Object[] constants = type.getEnumConstants();
                return shown(constants[random.nextInt(constants.length)]);
            } else if (value instanceof GuestLayout) {
                return layout();
            } else if (value instanceof Record nested) {
                return of(nested);
            } else if (SortedSet.class.isAssignableFrom(type)) {
                return strings(random.nextInt(4) == 0 ? 2_000 : 1 + random.nextInt(3));
            } else if (SortedMap.class.isAssignableFrom(type)) {
                return leaf.equals("unmovable") ? reasons() : versions();
            }
            return value;
        }

        private <T> T shown(T value) {
            path.append(" = ").append(value);
            return value;
        }

        private GuestLayout layout() {
            List<GuestRegion> regions = new ArrayList<>();
            long offset = 0;
            for (int i = random.nextInt(4); i >= 0; i--) {
                long address = random.nextInt(64) * 4096L * (random.nextInt(8) == 0 ? -1 : 1);
                long size = NUMBERS[random.nextInt(NUMBERS.length)];
                regions.add(new GuestRegion(address, size, random.nextInt(6) == 0 ? size : offset));
                offset += size;
            }
            return new GuestLayout(shown(regions));
        }

        private SortedSet<String> strings(int count) {
            SortedSet<String> strings = new TreeSet<>();
            for (int i = 0; i < count; i++) {
                strings.add(TEXTS[random.nextInt(TEXTS.length)] + (count > TEXTS.length ? i : ""));
            }
            return shown(strings);
        }

        private SortedMap<String, String> reasons() {
            SortedMap<String, String> reasons = new TreeMap<>();
            strings(random.nextInt(8) == 0 ? 5_000 : 2).forEach(id -> reasons.put(id, id));
            return reasons;
        }

        private SortedMap<String, Integer> versions() {
            SortedMap<String, Integer> versions = new TreeMap<>(Map.of("vcpu/0", (int) shown(random.nextInt())));
            strings(random.nextInt(8) == 0 ? 5_000 : 2).forEach(id -> versions.put(id, random.nextInt()));
            return versions;
        }

        @Override
        public String toString() {
            return path.length() > 400 ? path.substring(0, 400) : path.toString();
        }
    }

    /** So that the generator is known to reach what it is there for. */
    @Test
    void shouldRefuseTheWorstOfThem() {
        assertFault("vm.id", vm("../../../etc/cron.d/x", Manifests.SOURCE, 7));
        assertFault("vm.epoch", vm("abcdefghijklmnopqrstuvwxyz", Manifests.SOURCE, -1));
        assertFault("vm.owner.hostId", vm("abcdefghijklmnopqrstuvwxyz", new HostIdentity("a/b", "x"), 7));
        Manifest valid = Manifests.valid();
        assertFault("migrationId", with(valid, "not-a-uuid", valid.facts(), 1, 1));
        assertFault("minProtocol, maxProtocol", with(valid, valid.migrationId(), valid.facts(), 3, 2));
        assertFault("minProtocol, maxProtocol", with(valid, valid.migrationId(), valid.facts(), 0, 1 << 20));
        HostFacts loud = new HostFacts(2, "\u001b[2J".repeat(100), "", "", "", "");
        assertFault("facts.cpuModel", with(valid, valid.migrationId(), loud, 1, 1));
        VmSpec large = new VmSpec("x", 4L << 40, 255, "/k", "", null, Manifests.SPEC.dirtyLog(), new TreeSet<>());
        Manifest huge = Manifests.of(
                Manifests.vm("abcdefghijklmnopqrstuvwxyz", large, Manifests.SOURCE, 1),
                Manifests.profile(large),
                ProtocolRange.SPOKEN);
        assertThat(Admission.refusals(huge, Manifests.roomy())).anyMatch(reason -> reason.startsWith("memory: "));
    }

    private static Manifest vm(String id, HostIdentity owner, long epoch) {
        VmRecord vm = Manifests.vm(id, Manifests.SPEC, owner, epoch);
        return Manifests.of(vm, Manifests.profile(Manifests.SPEC), ProtocolRange.SPOKEN);
    }

    private static Manifest with(Manifest valid, String migrationId, HostFacts facts, int min, int max) {
        return new Manifest(
                migrationId,
                valid.vm(),
                true,
                valid.profile(),
                facts,
                MigrationSettings.DEFAULT,
                SkippedChecks.NONE,
                min,
                max,
                null);
    }

    private static void assertFault(String field, Manifest manifest) {
        assertThat(Admission.faults(manifest)).anyMatch(fault -> fault.startsWith("manifest: " + field + " "));
    }
}
