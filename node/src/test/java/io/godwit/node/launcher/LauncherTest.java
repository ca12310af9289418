package io.godwit.node.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher with JDKs, Maven and a source tree that only pretend. */
@Timeout(60)
class LauncherTest {
    private static final Path LAUNCHER =
            Path.of("..", "godwit").toAbsolutePath().normalize();

    @TempDir
    Path directory;

    private record Run(int code, String out, String err) {
        List<String> arguments() {
            return out.lines().toList();
        }
    }

    private Path root;
    private Path bin;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void makeABuiltTree() throws IOException {
        root = Files.createDirectories(directory.resolve("root"));
        Files.copy(LAUNCHER, root.resolve("godwit"));
        executable(root.resolve("godwit"));
        Files.createDirectories(root.resolve("node/src/main"));
        Files.createDirectories(root.resolve("node/target/lib"));
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        Files.writeString(root.resolve("node/src/main/A.java"), "class A {}");
        touch("pom.xml", -100);
        touch("node/src/main/A.java", -100);
        Files.writeString(root.resolve("node/target/godwit.jar"), "");
        Files.writeString(root.resolve("node/target/.godwit-built"), "");
        bin = Files.createDirectories(directory.resolve("bin"));
        script(
                bin.resolve("mvn"),
                "echo \"built with $JAVA_HOME: $*\" >> " + directory + "/mvn.log; touch " + root
                        + "/node/target/godwit.jar");
        Files.createDirectories(directory.resolve("jvms"));
        environment.put("GODWIT_JVM_DIRS", directory.resolve("jvms").toString());
        environment.put("PATH", bin + ":/usr/bin:/bin");
    }

    @Test
    void shouldRunTheNewestJdk() throws Exception {
        jdk("jdk-17", "17.0.15", true);
        jdk("jdk-25", "25.0.1", true);
        jdk("jdk-8", "1.8.0_392", true);
        jdk("jdk-9", "9.0.4", true);
        hidePathJava();

        assertThat(launch("version").out()).startsWith("jdk-25\n");
    }

    @Test
    void shouldCompareWholeVersions() throws Exception {
        jdk("a", "21.0.9", true);
        jdk("b", "21.0.10", true);
        jdk("c", "21", true);
        hidePathJava();

        assertThat(launch("version").out()).startsWith("b\n");
    }

    @Test
    void shouldTakeJavaHomeFirst() throws Exception {
        jdk("jdk-25", "25.0.1", true);
        environment.put("JAVA_HOME", jdk("jdk-17", "17.0.15", true).toString());

        Run run = launch("version");

        assertThat(run.out()).startsWith("jdk-17\n");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void shouldPassOverAJavaHomeThatIsTooOldAndSaySo() throws Exception {
        jdk("jdk-25", "25.0.1", true);
        environment.put("JAVA_HOME", jdk("jdk-11", "11.0.20", true).toString());

        Run run = launch("version");

        assertThat(run.out()).startsWith("jdk-25\n");
        assertThat(run.err()).contains("jdk-11 is not a JDK 17 or newer (11.0.20)");
    }

    @Test
    void shouldAskAJdkWithoutAReleaseFile() throws Exception {
        jdk("silent", "22.0.2", false);
        hidePathJava();

        assertThat(launch("version").out()).startsWith("silent\n");
    }

    @Test
    void shouldSayThatThereIsNoJdk() throws Exception {
        jdk("jdk-11", "11.0.20", true);
        hidePathJava();

        Run run = launch("version");

        assertThat(run.code()).isEqualTo(70);
        assertThat(run.err()).isEqualTo("godwit: found no JDK 17 or newer with java; set JAVA_HOME to one\n");
    }

    @Test
    void shouldGiveANodeAFixedHeapAndG1() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk-17", "17.0.15", true).toString());
        environment.put("GODWIT_HEAP", "200m");
        environment.put("GODWIT_JAVA_OPTS", "-Da=1  -Db=2");

        List<String> arguments = launch("node", "--config", "a b.conf").arguments();

        assertThat(arguments)
                .contains("-XX:+UseG1GC", "-Xms200m", "-Xmx200m", "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED")
                .doesNotContain("-XX:+UseSerialGC")
                .noneMatch(argument -> argument.startsWith("--enable-native") || argument.startsWith("--sun-misc"))
                .containsSubsequence(
                        "-Da=1", "-Db=2", "-jar", root + "/node/target/godwit.jar", "node", "--config", "a b.conf");
    }

    @Test
    void shouldGiveTheCliASmallHeap() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk-17", "17.0.15", true).toString());

        assertThat(launch("vm", "list").arguments())
                .contains("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
                .doesNotContain("-XX:+UseG1GC");
    }

    @Test
    void shouldGiveNewFlagsOnlyToJdksThatKnowThem() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk-22", "22.0.1", true).toString());
        assertThat(launch("node").arguments())
                .contains("--enable-native-access=ALL-UNNAMED")
                .doesNotContain("--sun-misc-unsafe-memory-access=allow", "-XX:TrimNativeHeapInterval=60000");

        environment.put("JAVA_HOME", jdk("jdk-25", "25", true).toString());
        assertThat(launch("node").arguments())
                .contains(
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:TrimNativeHeapInterval=60000");
    }

    @Test
    void shouldNotBuildWhatIsBuilt() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk-17", "17.0.15", true).toString());
        Files.createDirectories(root.resolve("node/src/test"));
        Files.writeString(root.resolve("node/src/test/ATest.java"), "newer, but a test");
        touch("node/src/test/ATest.java", 100);

        assertThat(launch("version").err()).isEmpty();
        assertThat(directory.resolve("mvn.log")).doesNotExist();
    }

    @Test
    void shouldBuildOnFirstUse() throws Exception {
        Path home = jdk("jdk-17", "17.0.15", true);
        environment.put("JAVA_HOME", home.toString());
        Files.delete(root.resolve("node/target/godwit.jar"));
        Files.delete(root.resolve("node/target/.godwit-built"));

        Run first = launch("version");
        Run second = launch("version");

        assertThat(first.err()).isEqualTo("godwit: building; the first time takes a few minutes\n");
        assertThat(first.out()).startsWith("jdk-17\n");
        assertThat(second.err()).isEmpty();
        assertThat(directory.resolve("mvn.log"))
                .hasContent("built with " + home
                        + ": -B -q -Dstyle.color=never -Dmaven.test.skip=true package -pl node -am\n");
    }

    @Test
    void shouldBuildAgainWhenASourceIsNewer() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk-17", "17.0.15", true).toString());
        touch("node/target/.godwit-built", -50);
        touch("node/src/main/A.java", 0);

        assertThat(launch("version").err()).contains("building");
        assertThat(launch("version").err()).isEmpty();
    }

    @Test
    void shouldTrainANodeAfterABuildWhereTheJdkCanLearn() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk-25", "25.0.1", true).toString());
        Files.delete(root.resolve("node/target/.godwit-built"));

        Run first = launch("version");

        assertThat(first.err()).contains("training a node").endsWith("train\n");
        assertThat(first.out()).endsWith("version\n").doesNotContain("train");
        assertThat(launch("version").err()).isEmpty();
    }

    @Test
    void shouldNotTrainWhenToldNotTo() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk-25", "25.0.1", true).toString());
        environment.put("GODWIT_UNTRAINED", "1");
        Files.delete(root.resolve("node/target/.godwit-built"));

        assertThat(launch("version").err()).isEqualTo("godwit: building; the first time takes a few minutes\n");
    }

    @Test
    void shouldStartNodesFromWhatOneOfThisBuildAndJdkLearnt() throws Exception {
        Files.writeString(root.resolve("node/target/lib/actors.jar"), "");
        Files.writeString(root.resolve("node/target/godwit-25.0.1.aot"), "");
        String flag = "-XX:AOTCache=" + root + "/node/target/godwit-25.0.1.aot";
        environment.put("JAVA_HOME", jdk("jdk-25", "25.0.1", true).toString());
        for (String built : List.of("godwit.jar", "lib", "lib/actors.jar")) {
            touch("node/target/" + built, -50);
        }

        assertThat(launch("node").arguments()).contains(flag);
        assertThat(launch("vm", "list").arguments()).doesNotContain(flag);
        assertThat(launch("train").out()).isEqualTo("godwit: trained already\n");

        environment.put("JAVA_HOME", jdk("jdk-26", "26", true).toString());
        assertThat(launch("node").arguments()).noneMatch(argument -> argument.startsWith("-XX:AOT"));
        environment.put("JAVA_HOME", jdk("jdk-25", "25.0.1", true).toString());
        touch("node/target/lib/actors.jar", 50);
        assertThat(launch("node").arguments()).as("an older build's").doesNotContain(flag);
    }

    @Test
    void shouldSayThatABuildFailed() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk-17", "17.0.15", true).toString());
        Files.delete(root.resolve("node/target/godwit.jar"));
        script(bin.resolve("mvn"), "echo oops; exit 1");

        Run run = launch("version");

        assertThat(run.code()).isEqualTo(70);
        assertThat(run.err()).endsWith("oops\ngodwit: the build failed\n");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void shouldWorkThroughALinkAndFromAnotherDirectory() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk-17", "17.0.15", true).toString());
        Path link = Files.createSymbolicLink(bin.resolve("godwit"), root.resolve("godwit"));

        assertThat(run(link, "version").arguments()).contains(root + "/node/target/godwit.jar");
    }

    @Test
    void shouldPleaseShellcheck() throws Exception {
        Path shellcheck = Path.of("/usr/bin/shellcheck");
        Assumptions.assumeTrue(Files.isExecutable(shellcheck), "shellcheck is not installed here");

        assertThat(run(shellcheck, LAUNCHER.toString()).out()).isEmpty();
    }

    /** A JDK whose java tells its directory's name and then its arguments, one to a line. */
    private Path jdk(String name, String version, boolean withRelease) throws IOException {
        Path home = Files.createDirectories(directory.resolve("jvms").resolve(name));
        Files.createDirectories(home.resolve("bin"));
        if (withRelease) {
            Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        }
        script(
                home.resolve("bin/java"),
                "if [ \"$1\" = -version ]; then echo 'openjdk version \"" + version + "\" 2025-01-01' >&2; exit; fi\n"
                        + "echo " + name + "; printf '%s\\n' \"$@\"");
        script(home.resolve("bin/javac"), "exit 0");
        return home;
    }

    /** The tools the launcher needs, and no java among them. */
    private void hidePathJava() throws IOException {
        for (String tool : List.of(
                "bash",
                "env",
                "sed",
                "sort",
                "head",
                "tail",
                "find",
                "readlink",
                "dirname",
                "mkdir",
                "touch",
                "flock",
                "rm")) {
            Path found = List.of(Path.of("/usr/bin", tool), Path.of("/bin", tool)).stream()
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow();
            Files.createSymbolicLink(bin.resolve(tool), found);
        }
        environment.put("PATH", bin.toString());
    }

    private Run launch(String... arguments) throws Exception {
        return run(root.resolve("godwit"), arguments);
    }

    private Run run(Path program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().put("HOME", directory.toString());
        builder.environment().putAll(environment);
        Path err = directory.resolve("err");
        Process process = builder.redirectError(err.toFile()).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), out, Files.readString(err));
    }

    private void touch(String file, int secondsFromNow) throws IOException {
        Files.setLastModifiedTime(
                root.resolve(file), FileTime.from(Instant.now().plusSeconds(secondsFromNow)));
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        executable(file);
    }

    private static void executable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
