package io.godwit.kvm.linux;

/** Files that the product itself would never make. */
public final class TestFiles {
    private TestFiles() {}

    public static FileDescriptor unsealedMemfd(String name, long sizeBytes) {
        FileDescriptor file = new FileDescriptor(LibC.INSTANCE.memfd_create(name, 1 | 2), name);
        if (LibC.INSTANCE.ftruncate(file.number(), sizeBytes) < 0) {
            throw new SystemCallException("ftruncate", LibC.errno(), name);
        }
        return file;
    }
}
