package io.godwit.node.cli;

import static io.godwit.node.cli.ApiClient.segment;

import io.godwit.node.api.VmInfo;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit vm disk ...} and {@code godwit vm nic ...}: devices that come to a VM and leave it. */
final class PlugCommands {
    private static final String VM = "/v1/vms/";

    private PlugCommands() {}

    @Command(
            name = "disk",
            description = "disks of a VM that there is",
            subcommands = {AttachDisk.class, DetachDisk.class})
    static final class Disk extends WithHelp {}

    @Command(
            name = "nic",
            description = "network interfaces of a VM that there is",
            subcommands = {AttachNic.class, DetachNic.class})
    static final class Nic extends WithHelp {}

    @Command(name = "attach", description = "give a VM another disk, whether it runs or not")
    static final class AttachDisk implements Callable<Integer> {
        @Mixin
        private Session session = new Session();

        @Parameters(index = "0", paramLabel = "VM", description = "name or id")
        private String vm = "";

        @Parameters(index = "1", paramLabel = "POOL/VOLUME[,ro][,cache=none][,queues=N]", description = "the disk")
        private String disk = "";

        @Override
        public Integer call() {
            return attach(session, vm, "disks", DeviceFlags.disk("DISK", disk, session));
        }
    }

    @Command(name = "attach", description = "give a VM another network interface, whether it runs or not")
    static final class AttachNic implements Callable<Integer> {
        @Mixin
        private Session session = new Session();

        @Parameters(index = "0", paramLabel = "VM", description = "name or id")
        private String vm = "";

        @Parameters(
                index = "1",
                paramLabel = "NETWORK[,mac=MAC][,queues=N]",
                description = "the interface; without MAC one is derived from the VM's name")
        private String nic = "";

        @Override
        public Integer call() {
            return attach(session, vm, "nics", DeviceFlags.nic("NIC", nic, session));
        }
    }

    private static int attach(Session session, String vm, String kind, Map<String, Object> device) {
        byte[] answer = session.api().post(VM + segment(vm) + '/' + kind, device);
        return session.print(answer, () -> {
            VmInfo changed = session.api().read(answer, VmInfo.class);
            return "VM %s has%n".formatted(changed.name()) + VmCommands.devices(changed);
        });
    }

    /** What both kinds of detaching have. */
    static final class Removal {
        @Mixin
        private Session session = new Session();

        @Parameters(index = "0", paramLabel = "VM", description = "name or id")
        private String vm = "";

        @Option(names = "--force", description = "pull it, whatever the guest does with it")
        private boolean force;

        int detach(String kind, String given) {
            String number = given.startsWith(kind + "/") ? given.substring(kind.length() + 1) : given;
            String path = VM + segment(vm) + '/' + kind + "s/" + segment(number) + (force ? "?force=true" : "");
            byte[] answer = session.api().delete(path);
            return session.print(answer, () -> "VM %s has no %s/%s any more%n".formatted(vm, kind, number));
        }
    }

    @Command(name = "detach", description = "take a disk from a VM; a guest that runs is asked to let it go")
    static final class DetachDisk implements Callable<Integer> {
        @Mixin
        private Removal removal = new Removal();

        @Parameters(index = "1", paramLabel = "DISK", description = "such as disk/1, as vm show has it")
        private String disk = "";

        @Override
        public Integer call() {
            return removal.detach("disk", disk);
        }
    }

    @Command(name = "detach", description = "take an interface from a VM; a guest that runs is asked to let it go")
    static final class DetachNic implements Callable<Integer> {
        @Mixin
        private Removal removal = new Removal();

        @Parameters(index = "1", paramLabel = "NIC", description = "such as nic/1, as vm show has it")
        private String nic = "";

        @Override
        public Integer call() {
            return removal.detach("nic", nic);
        }
    }
}
