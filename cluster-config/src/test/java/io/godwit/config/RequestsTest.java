package io.godwit.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.GuestDevice;
import io.godwit.config.device.NicSpec;
import io.godwit.config.device.VolumeRef;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RequestsTest {
    private static final Map<String, Object> MINIMAL = Map.of("name", "db", "memory", "1GiB", "kernel", "/vmlinux");

    @Test
    void shouldFillInWhatAVmRequestLeavesOut() {
        VmRequest request = VmRequest.parse(MINIMAL);

        assertThat(request.host()).isEmpty();
        assertThat(request.start()).isFalse();
        assertThat(request.spec())
                .isEqualTo(new VmSpec("db", 1L << 30, 1, "/vmlinux", "", null, DirtyLogKind.BITMAP, new TreeSet<>()));
    }

    @Test
    void shouldReadAWholeVmRequest() {
        VmRequest request = VmRequest.parse(Map.of(
                "name", "db",
                "memory", 2L << 30,
                "vcpus", 4,
                "kernel", "/vmlinux",
                "cmdline", "console=ttyS0",
                "initrd", "/initrd",
                "host", "alpha",
                "dirtyLog", "ring",
                "hideCpuFeatures", List.of("avx2", "popcnt"),
                "start", true));

        assertThat(request)
                .isEqualTo(new VmRequest(
                        new VmSpec(
                                "db",
                                2L << 30,
                                4,
                                "/vmlinux",
                                "console=ttyS0",
                                "/initrd",
                                DirtyLogKind.RING,
                                new TreeSet<>(List.of("avx2", "popcnt"))),
                        Optional.of("alpha"),
                        true,
                        CpuChoice.HOST));
    }

    @Test
    void shouldReadWhichCpuAGuestIsGiven() {
        Map<String, Object> fields = new HashMap<>(MINIMAL);
        assertThat(VmRequest.parse(fields).cpu()).isEqualTo(CpuChoice.HOST);
        fields.put("cpu", "baseline");
        fields.put("hideCpuFeatures", List.of("avx2", "0x7.0.ecx.15"));

        assertThat(VmRequest.parse(fields).cpu()).isEqualTo(CpuChoice.BASELINE);
        assertThat(VmRequest.parse(fields)
                        .spec()
                        .hiding(new TreeSet<>(List.of("sse4a")))
                        .hiddenCpuFeatures())
                .containsExactly("0x7.0.ecx.15", "avx2", "sse4a");
    }

    @Test
    void shouldReadWhatBecomesOfAVmWhenItsGuestOrItsHostFails() {
        Map<String, Object> fields = new HashMap<>(MINIMAL);
        fields.putAll(Map.of("stateless", true, "autoRestart", "on-crash", "priority", 0));

        assertThat(VmRequest.parse(fields).spec().availability())
                .isEqualTo(new Availability(true, AutoRestart.ON_CRASH, 0, true));
    }

    @Test
    void shouldRefuseAVmThatIsToBeStartedElsewhereAndIsNot() {
        Map<String, Object> fields = new HashMap<>(MINIMAL);
        fields.putAll(Map.of("stateless", true, "ha", false));

        assertThat(refused(() -> VmRequest.parse(fields)))
                .extracting(InvalidValueException::getMessage)
                .containsExactly(
                        "stateless: \"true\" is not accepted; expected false where ha is false: a VM that stays"
                                + " with its host is started nowhere else");
    }

    static List<Arguments> badFields() {
        return List.of(
                Arguments.of("name", "-db", "1 to 63 letters"),
                Arguments.of("name", 7, "text: 1 to 63 letters"),
                Arguments.of("memory", "1GB", "a multiple of 2MiB from 16MiB to 4TiB"),
                Arguments.of("memory", 1_000_000_000, "a multiple of 2MiB"),
                Arguments.of("memory", 1e18, "a multiple of 2MiB"),
                Arguments.of("memory", true, "a multiple of 2MiB"),
                Arguments.of("memory", -1, "a multiple of 2MiB"),
                Arguments.of("vcpus", 0, "1 to 255"),
                Arguments.of("vcpus", 1.5, "1 to 255"),
                Arguments.of("vcpus", "2", "a number, 1 to 255"),
                Arguments.of("vcpus", Map.of(), "1 to 255"),
                Arguments.of("kernel", " ", "a path on the host"),
                Arguments.of("cmdline", "x".repeat(2048), "at most 2047 bytes"),
                Arguments.of("cmdline", "a\0b", "without NUL"),
                Arguments.of("initrd", List.of(), "a path on the host"),
                Arguments.of("dirtyLog", "rings", "one of bitmap, ring"),
                Arguments.of("hideCpuFeatures", "avx2", "a list, each a CPU feature"),
                Arguments.of("hideCpuFeatures", List.of("AVX2"), "named as in /proc/cpuinfo"),
                Arguments.of("stateless", "yes", "true or false"),
                Arguments.of("autoRestart", "sometimes", "one of never, on-crash, always"),
                Arguments.of("priority", 101, "0 to 100"),
                Arguments.of("priority", "50", "a number, 0 to 100"),
                Arguments.of("ha", 1, "true or false"),
                Arguments.of("memry", "1GiB", "did you mean \"memory\"?"));
    }

    @ParameterizedTest
    @MethodSource("badFields")
    void shouldNameTheFieldTheValueAndWhatIsAccepted(String field, Object value, String accepted) {
        Map<String, Object> fields = new HashMap<>(MINIMAL);
        fields.put(field, value);

        List<InvalidValueException> problems = refused(() -> VmRequest.parse(fields));

        assertThat(problems).hasSize(1);
        assertThat(problems.get(0).field()).isEqualTo(field);
        assertThat(problems.get(0).accepted()).contains(accepted);
    }

    @Test
    void shouldNameAllFieldsThatAreWrong() {
        List<InvalidValueException> problems =
                refused(() -> VmRequest.parse(Map.of("vcpus", 0, "colour", "red", "memory", "x")));

        assertThat(problems)
                .extracting(InvalidValueException::getMessage)
                .containsExactly(
                        "name: missing; expected 1 to 63 letters, digits, '.', '_' or '-', beginning with a letter or digit",
                        "memory: \"x\" is not accepted; expected a multiple of 2MiB from 16MiB to 4TiB",
                        "vcpus: \"0\" is not accepted; expected 1 to 255",
                        "kernel: missing; expected a path on the host",
                        "colour: \"red\" is not accepted; expected only the fields name, memory, vcpus, kernel, cmdline,"
                                + " initrd, host, dirtyLog, cpu, hideCpuFeatures, disks, nics, devices, stateless, autoRestart,"
                                + " priority, ha, rules, preferHost, zones, pinned, start");
    }

    @Test
    void shouldReadEveryParameterOfAMigrationByItsName() {
        MigrationRequest request = MigrationRequest.parse(Map.of(
                "target", "beta", "downtime-limit", "100ms", "multifd-channels", 4, "xbzrle", true, "verify", "none"));

        MigrationSettings settings = MigrationSettings.of(request.parameters());
        assertThat(request.destination()).isEqualTo(Destination.of("beta"));
        assertThat(request.parameters().values()).hasSize(4);
        assertThat(settings.downtimeLimitMs()).isEqualTo(100);
        assertThat(settings.lanes().channels()).isEqualTo(4);
        assertThat(settings.lanes().xbzrleCacheBytes()).isEqualTo(64L << 20);
        assertThat(settings.verify()).isEqualTo(VerifyMode.NONE);
        assertThat(settings.throttle()).isEqualTo(MigrationSettings.DEFAULT.throttle());
    }

    @Test
    void shouldReadLimitsGivenAsNumbersWhoseNamesSayTheirUnit() {
        MigrationRequest request = MigrationRequest.parse(
                Map.of("target", "beta", "downtimeLimitMs", 100, "maxBandwidthBytesPerSecond", 1L << 33));

        assertThat(MigrationSettings.of(request.parameters()))
                .isEqualTo(new MigrationSettings(100, 1L << 33, VerifyMode.AFTER_RESUME));
    }

    @Test
    void shouldLayOneSetOfParametersOverAnother() {
        MigrationParameters cluster = MigrationParameters.of(MigrationParameter.DOWNTIME_LIMIT, "40ms")
                .with(MigrationParameter.CHANNELS, 8);
        MigrationParameters both = cluster.with(MigrationParameters.of(MigrationParameter.CHANNELS, 3));

        assertThat(both.get(MigrationParameter.DOWNTIME_LIMIT)).isEqualTo(40);
        assertThat(both.get(MigrationParameter.CHANNELS)).isEqualTo(3);
    }

    @Test
    void shouldCountThreadsAsLanesWhereTheyCompress() {
        MigrationParameters threads = MigrationParameters.of(MigrationParameter.DECOMPRESS_THREADS, 5);

        assertThat(MigrationSettings.of(threads).lanes().channels()).isEqualTo(2);
        assertThat(MigrationSettings.of(threads.with(MigrationParameter.COMPRESSION, "zstd"))
                        .lanes()
                        .channels())
                .isEqualTo(5);
    }

    @Test
    void shouldReadWhatIsWishedOfATargetThatIsNotNamed() {
        assertThat(MigrationRequest.parse(Map.of()).destination())
                .isEqualTo(new Destination(Optional.empty(), Optional.empty(), SkippedChecks.NONE));
        assertThat(MigrationRequest.parse(Map.of("preferHost", "beta", "skipCpuCheck", true, "skipKernelCheck", true))
                        .destination())
                .isEqualTo(new Destination(Optional.empty(), Optional.of("beta"), new SkippedChecks(true, true)));
    }

    @Test
    void shouldReadHowAVmIsToMove() {
        assertThat(MigrationRequest.parse(Map.of()).mode()).isEqualTo(MigrationMode.LIVE);
        MigrationRequest rescue = MigrationRequest.parse(Map.of("mode", "rescue", "autoStart", true));
        assertThat(rescue.mode()).isEqualTo(MigrationMode.RESCUE);
        assertThat(rescue.autoStart()).isTrue();
    }

    @Test
    void shouldRefuseWhatOnlyLiveMigrationsGoByWhereNoGuestMoves() {
        assertThat(refused(() -> MigrationRequest.parse(Map.of("autoStart", true))))
                .extracting(InvalidValueException::field)
                .containsExactly("autoStart");
        for (String field : List.of("dryRun", "skipCpuCheck", "skipKernelCheck", "xbzrle")) {
            assertThat(refused(() -> MigrationRequest.parse(Map.of("mode", "cold", "target", "beta", field, true))))
                    .extracting(InvalidValueException::field)
                    .containsExactly(field);
        }
        assertThat(refused(() -> MigrationRequest.parse(Map.of("mode", "rescue", "preferHost", "beta"))))
                .extracting(InvalidValueException::field)
                .containsExactly("preferHost");
    }

    @Test
    void shouldRefuseAMigrationWithBadLimits() {
        assertThat(refused(() -> MigrationRequest.parse(
                        Map.of("downtimeLimitMs", 0, "verify", "maybe", "multifd-channels", 17, "max-bandwith", 1))))
                .extracting(InvalidValueException::field)
                .containsExactlyInAnyOrder("downtimeLimitMs", "verify", "multifd-channels", "max-bandwith");
    }

    @Test
    void shouldRefuseParametersThatNobodyKnowsOrThatAreOutOfRange() {
        assertThat(refused(() -> new MigrationParameters(
                        new TreeMap<>(Map.of("colour", "red", "cpu-throttle-initial", "100", "timeout", "1s")))))
                .extracting(InvalidValueException::field)
                .containsExactly("colour", "cpu-throttle-initial");
    }

    @Test
    @SuppressWarnings({"unchecked", "rawtypes"})
    void shouldRefuseEntriesThatAreNoText() {
        assertThat(refused(() -> new MigrationParameters(new TreeMap(Map.of(7, "x")))))
                .extracting(InvalidValueException::field)
                .containsExactly("parameters");
    }

    private static List<InvalidValueException> refused(Runnable request) {
        InvalidFieldsException refused = catchThrowableOfType(InvalidFieldsException.class, request::run);
        assertThat(refused).as("the request is refused").isNotNull();
        return refused.problems();
    }

    private static final Map<String, Object> BARE = Map.of("name", "web", "memory", "64MiB", "kernel", "/k");

    private static Map<String, Object> with(String field, Object value) {
        Map<String, Object> fields = new HashMap<>(BARE);
        fields.put(field, value);
        return fields;
    }

    @Test
    void shouldReadDisksAndNetworksAndOtherDevices() {
        Map<String, Object> fields = with(
                "disks",
                List.of(
                        Map.of("volume", "images/web.raw"),
                        Map.of("volume", "iso/tools", "readOnly", true, "cache", "none", "queues", 4)));
        fields.put("nics", List.of(Map.of("network", "lan", "mac", "52:54:00:AB:00:01"), Map.of("network", "lan")));
        fields.put("devices", List.of("rng", "balloon"));
        VmSpec spec = VmRequest.parse(fields).spec();

        assertThat(spec.disks())
                .containsExactly(
                        new DiskSpec(new VolumeRef("images", "web.raw"), false, CacheMode.WRITEBACK, 1),
                        new DiskSpec(new VolumeRef("iso", "tools"), true, CacheMode.NONE, 4));
        assertThat(spec.nics().get(0)).isEqualTo(new NicSpec("lan", "52:54:00:ab:00:01", 1));
        assertThat(spec.nics().get(1).mac()).startsWith("02:").hasSize(17);
        assertThat(spec.devices()).containsExactly(GuestDevice.RNG, GuestDevice.BALLOON);
        assertThat(VmRequest.parse(fields).spec())
                .as("a derived MAC is the same again")
                .isEqualTo(spec);
    }

    @Test
    void shouldNameWhatIsWrongInsideADevice() {
        assertRefused(with("disks", "images/web"), "disks: \"images/web\" is not accepted; expected a list of objects");
        assertRefused(
                with("disks", List.of("images/web")), "disks[0]: \"images/web\" is not accepted; expected an object");
        assertRefused(with("disks", List.of(Map.of())), "disks[0].volume: missing");
        assertRefused(with("disks", List.of(Map.of("volume", "../etc/passwd"))), "disks[0].volume: \"../etc/passwd\"");
        assertRefused(with("disks", List.of(Map.of("volume", "a/b", "size", 1))), "disks[0].size: \"1\"");
        assertRefused(with("nics", List.of(Map.of("network", "lan", "mac", "01:00:5e:00:00:01"))), "nics[0].mac");
        assertRefused(with("nics", List.of(Map.of("network", "lan", "queues", 9))), "nics[0].queues: \"9\"");
        assertRefused(with("devices", List.of("floppy")), "one of rng, console, balloon");
        Map<String, Object> disk = Map.of("volume", "a/b");
        assertRefused(with("disks", List.of(disk, disk)), "disks: \"a/b twice\"");
        assertRefused(with("disks", Collections.nCopies(17, Map.of("volume", "a/b", "readOnly", true))), "at most 16");
    }

    private static void assertRefused(Map<String, Object> fields, String message) {
        assertThat(refused(() -> VmRequest.parse(fields)))
                .extracting(InvalidValueException::getMessage)
                .anySatisfy(told -> assertThat(told).contains(message));
    }
}
