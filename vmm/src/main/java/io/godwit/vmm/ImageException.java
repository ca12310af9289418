package io.godwit.vmm;

/** A kernel or an initrd that a machine cannot be booted from. */
public final class ImageException extends MachineException {
    private final String role;
    private final String path;

    /** @param role what the file is to the machine, as in a VM's definition: {@code kernel} or {@code initrd} */
    public ImageException(String role, String path, String why) {
        super(role + " " + path + ": " + why);
        this.role = role;
        this.path = path;
    }

    public ImageException(String role, String path, String why, Throwable cause) {
        super(role + " " + path + ": " + why, cause);
        this.role = role;
        this.path = path;
    }

    public String role() {
        return role;
    }

    public String path() {
        return path;
    }
}
