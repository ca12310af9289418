package io.godwit.vmm;

import io.godwit.config.VmSpec;
import io.godwit.config.device.ConsoleName;
import io.godwit.kvm.memory.GuestMemory;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A virtual machine of this process: memory, vCPUs and devices. Life cycle:
 *
 * <pre>
 * created ── boot() or restore() ──► paused ── every vCPU resume() ──► running
 *                                      ▲ ◄── every vCPU pause() ─────────┘
 *                                      └── save(): any number of times while paused and quiesced
 * </pre>
 *
 * A machine never decides whether it may run: whoever calls {@link Vcpu#resume()} holds that right. Until when it holds
 * it is told by {@link #runUntil}.
 */
public interface Machine extends AutoCloseable {
    VmSpec spec();

    Backend backend();

    GuestMemory memory();

    DirtyPages dirtyPages();

    List<Vcpu> vcpus();

    List<Device> devices();

    /** The output of the first serial port. */
    SerialLog serial();

    /** A console of this machine; empty where it has none of that name. */
    default Optional<GuestConsole> console(ConsoleName name) {
        return Optional.empty();
    }

    /** What must be the same, or known, at a host that receives this machine. */
    MachineProfile profile();

    /** {@link MachineProfile#cpuFeatures()}, without waiting for whatever goes on with the machine. */
    default SortedSet<String> cpuFeatures() {
        return profile().cpuFeatures();
    }

    /**
     * Loads the kernel and puts the vCPUs into their boot state; also what a guest-requested reset does.
     *
     * @throws MachineException when the kernel or initrd is missing or not bootable; names the file and the reason
     */
    void boot();

    /** The whole state beside RAM. Every vCPU is paused and every device quiesced; never fails otherwise. */
    MachineState save();

    /**
     * Has {@link #restore} take a guest whose CPU features this host does not all have, as far as the hypervisor sets what
     * it comes with; its vendor has to be this host's all the same.
     */
    default void skipCpuCheck() {}

    /**
     * Restores into a machine that never ran.
     *
     * @throws MachineException naming the component that was refused
     */
    void restore(MachineState state);

    /**
     * Says to the networks of its interfaces where the machine is, once; from any thread, and nothing where it has none or
     * is closed.
     */
    default void announce() {}

    /**
     * Asks the guest to shut down, as if someone pressed the power button. What the guest makes of it is its own matter.
     *
     * @return false where the machine has no such button
     */
    boolean pressPowerButton();

    /**
     * Tells the guest that it is a copy of one that ran, or was set back to what it was: it gets another generation id.
     * While every vCPU is paused.
     *
     * @return false where the machine has no such id
     */
    boolean renewGeneration();

    /** The generation id as text (RFC 9562); empty where the machine has none. */
    default Optional<String> generation() {
        return Optional.empty();
    }
    /**
     * Takes one device more, whether its guest runs or stands: opens what is behind it, puts it into its slot, tells the
     * guest. Blocks on files and networks. Nothing is left behind when it throws.
     *
     * @param id of the device
     * @param with this machine's definition with it, from now on the machine's
     * @throws MachineException naming the device and what is missing, or who is in the way
     */
    void plug(String id, VmSpec with);

    /**
     * Asks the guest to let a device go.
     *
     * @param without this machine's definition without it, the machine's once it is out
     * @return ends when it is out and all behind it was given back; fails with a {@link MachineException} when it stays
     * @throws MachineException when there is no such device
     */
    CompletionStage<Void> unplug(String id, VmSpec without);

    /** Takes a device out that {@link #unplug} asks for, without waiting for the guest. */
    void pull(String id);

    /** Asks no longer for what {@link #unplug} does; false when the device is on its way out already. */
    boolean keep(String id);

    /**
     * Sets until when guest code may run; {@link io.godwit.kvm.RunDeadline#FOREVER} at first. The kernel stops each vCPU at
     * that instant; devices are quiesced as soon after it as the JVM gets to it. Cheap enough to be called each second,
     * does not block, from any thread. Not part of the machine's state.
     *
     * <p>What has stopped so is paused: setting a new deadline resumes neither vCPUs nor devices, and lets nothing go on
     * that was let run before the old one passed. {@link Vcpu#resume()} fails after a deadline until a new one is set.
     *
     * @param boottimeNs on this host's {@link io.godwit.kvm.linux.BoottimeClock}, 0 or more
     * @return false when the deadline before has passed: what ran then stands, and listeners were told
     * @throws IllegalArgumentException for a negative instant
     * @throws IllegalStateException when closed
     */
    boolean runUntil(long boottimeNs);

    /**
     * Told of each deadline that passed, ran guest code or not: given that instant, before what is set later takes effect.
     * vCPUs and devices were asked to stop then; {@link Vcpu#pause()} and {@link Device#quiesce()} end when they have.
     * Must not block.
     */
    void onDeadline(LongConsumer listener);

    /** Told once per event on a vCPU thread; must not block. */
    void onEvent(Consumer<MachineEvent> listener);

    /**
     * Told when a device stops for a fault of its driver: its id and why. On a thread of the device or of a vCPU; must not
     * block.
     */
    default void onDeviceFault(BiConsumer<String, String> listener) {}

    /** Pauses what still runs, then releases threads, descriptors and mappings in that order. Idempotent. */
    @Override
    void close();
}
