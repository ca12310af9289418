package io.godwit.actors.admission;

import io.godwit.actors.host.HostFacts;
import io.godwit.actors.migration.Manifest;
import io.godwit.config.MigrationSettings;
import io.godwit.config.ValueType;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmIds;
import io.godwit.control.ledger.VmRecord;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.state.MachineStateCodec;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Whether a manifest can be believed at all: every field against what an honest source can say, before anything is
 * named after it, reserved or allocated for it. What a field's own type refuses (a VM's size, a layout whose regions
 * overlap, a number of lanes) never gets this far: such a message is refused when it is read.
 */
final class ManifestCheck {
    private static final int MAX_FEATURES = 1_024;
    private static final int MAX_FACT_CHARACTERS = 256;
    private static final long MAX_TSC_KHZ = 100_000_000;
    private static final long MAX_ANNOUNCE_MS = 100_000;
    private static final int MAX_ANNOUNCE_ROUNDS = 1_000;
    private static final long MAX_TIMEOUT_MS = 7L * 24 * 3_600_000;
    private static final int SECTOR_BYTES = 512;
    private static final Pattern COMPONENT = Pattern.compile("[a-z0-9][a-z0-9/._-]{0,63}");
    private static final Pattern FEATURE = Pattern.compile("[A-Za-z0-9_.:! -]{1,64}");
    private static final Pattern INCARNATION = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private final Faults faults = new Faults("manifest");

    private ManifestCheck() {}

    /** Every fault, each naming its field; empty for a manifest that makes sense. */
    static List<String> faults(Manifest manifest) {
        ManifestCheck check = new ManifestCheck();
        check.faults.text("migrationId", manifest.migrationId(), ManifestCheck::isUuid, "a UUID");
        check.faults.check(
                ProtocolRange.isRange(manifest.minProtocol(), manifest.maxProtocol()),
                "minProtocol, maxProtocol",
                manifest.minProtocol() + ", " + manifest.maxProtocol(),
                "1 to " + ProtocolRange.MAX + ", in order");
        check.vm(manifest.vm());
        check.profile(manifest.profile());
        check.facts(manifest.facts());
        check.settings(manifest.settings());
        return check.faults.found();
    }

    private static boolean isUuid(String text) {
        try {
            return UUID.fromString(text).toString().equals(text);
        } catch (IllegalArgumentException odd) {
            return false;
        }
    }

    private void vm(VmRecord vm) {
        faults.text("vm.id", vm.id(), VmIds::isValid, VmIds.LENGTH + " lower-case letters and digits");
        faults.between("vm.epoch", vm.epoch(), 1, Long.MAX_VALUE - 1);
        identity("vm.owner", vm.owner());
    }

    private void identity(String field, HostIdentity host) {
        faults.text(field + ".hostId", host.hostId(), ManifestCheck::isName, "a host's name");
        faults.text(
                field + ".incarnation",
                host.incarnation(),
                text -> INCARNATION.matcher(text).matches(),
                "1 to 64 letters, digits, '.', '_' or '-'");
    }

    static boolean isName(String text) {
        try {
            ValueType.name().parse("name", text);
            return true;
        } catch (IllegalArgumentException refused) {
            return false;
        }
    }

    private void profile(MachineProfile profile) {
        VmSpec spec = profile.spec();
        GuestLayout accepted = GuestLayout.ofSize(spec.memoryBytes());
        faults.check(
                profile.layout().equals(accepted),
                "profile.layout",
                profile.layout().regions(),
                accepted.regions() + " for " + spec.memoryBytes() + " bytes");
        components(profile.componentVersions());
        faults.size("profile.unmovable", profile.unmovable().size(), MachineStateCodec.MAX_COMPONENTS);
        if (profile.unmovable().size() <= MachineStateCodec.MAX_COMPONENTS) {
            profile.unmovable().forEach((id, reason) -> {
                component("profile.unmovable", id);
                faults.line("profile.unmovable reason", reason, MAX_FACT_CHARACTERS);
            });
        }
        if (faults.size("profile.cpuFeatures", profile.cpuFeatures().size(), MAX_FEATURES)) {
            profile.cpuFeatures()
                    .forEach(name -> faults.text(
                            "profile.cpuFeatures",
                            name,
                            text -> FEATURE.matcher(text).matches(),
                            "a CPU feature's name"));
        }
        disks(profile);
        faults.between("profile.tscKhz", profile.tscKhz(), 0, MAX_TSC_KHZ);
    }

    /** A machine that is simulated has no images. */
    private void disks(MachineProfile profile) {
        List<String> disks = profile.spec().diskIds();
        if (faults.size("profile.diskBytes", profile.diskBytes().size(), disks.size())) {
            profile.diskBytes().forEach((id, bytes) -> {
                faults.text("profile.diskBytes", id, disks::contains, "one of " + disks);
                faults.between("profile.diskBytes size", bytes, SECTOR_BYTES, Long.MAX_VALUE);
            });
        }
    }

    private void components(Map<String, Integer> versions) {
        if (faults.size("profile.componentVersions", versions.size(), MachineStateCodec.MAX_COMPONENTS)) {
            versions.forEach((id, version) -> {
                component("profile.componentVersions", id);
                faults.between("profile.componentVersions version", version, 1, Integer.MAX_VALUE);
            });
        }
    }

    private void component(String field, String id) {
        faults.text(field, id, text -> COMPONENT.matcher(text).matches(), "a component's id");
    }

    private void facts(HostFacts facts) {
        faults.between("facts.cpus", facts.cpus(), 1, 65_536);
        faults.line("facts.cpuModel", facts.cpuModel(), MAX_FACT_CHARACTERS);
        faults.line("facts.microcode", facts.microcode(), MAX_FACT_CHARACTERS);
        faults.line("facts.kernel", facts.kernel(), MAX_FACT_CHARACTERS);
        faults.line("facts.apiUrl", facts.apiUrl(), MAX_FACT_CHARACTERS);
        faults.line("facts.version", facts.version(), MAX_FACT_CHARACTERS);
    }

    private void settings(MigrationSettings settings) {
        faults.between("settings.ending.timeoutMs", settings.ending().timeoutMs(), 0, MAX_TIMEOUT_MS);
        MigrationSettings.Announcement announcement = settings.announcement();
        faults.between("settings.announcement.initialMs", announcement.initialMs(), 0, MAX_ANNOUNCE_MS);
        faults.between("settings.announcement.maxMs", announcement.maxMs(), 0, MAX_ANNOUNCE_MS);
        faults.between("settings.announcement.rounds", announcement.rounds(), 1, MAX_ANNOUNCE_ROUNDS);
        faults.between("settings.announcement.stepMs", announcement.stepMs(), 0, MAX_ANNOUNCE_MS);
    }
}
