package io.godwit.benchmarks.io;

import java.nio.file.Path;
import java.util.List;

/**
 * What both systems are given.
 *
 * @param scratch where serial ports and logs are written to
 * @param direct whether the image is opened past the page cache
 */
record Setting(Path scratch, Path kernel, Path image, boolean direct, String commandLine, List<IoJob> jobs) {
    static final int MEMORY_MIB = 128;
}
