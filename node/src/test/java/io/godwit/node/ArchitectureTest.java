package io.godwit.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The design's arrows that the modules' poms cannot hold. */
class ArchitectureTest {
    private static JavaClasses godwit;

    @BeforeAll
    static void read() {
        godwit = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .withImportOption(location -> !location.contains("/io/godwit/integration/")) // what tests share
                .importPackages("io.godwit");
    }

    @Test
    void shouldCallNativeCodeOnlyInTheKvmBinding() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.godwit.kvm..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jnr..", "com.kenai..")
                .check(godwit);
    }

    @Test
    void shouldTouchRawMemoryOnlyInTheKvmBinding() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.godwit.kvm..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("sun.misc.Unsafe")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("org.agrona.UnsafeApi")
                .check(godwit);
    }

    @Test
    void shouldKeepActorsOutOfMachinesEnginesAndStreams() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.godwit.kvm..", "io.godwit.vmm..", "io.godwit.transport..", "io.godwit.migration..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.pekko.actor.typed..", "org.apache.pekko.cluster..")
                .check(godwit);
    }

    @Test
    void shouldDecideWithoutThreadsSocketsOrActors() {
        noClasses()
                .that()
                .resideInAPackage("io.godwit.control..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.apache.pekko..", "org.apache.ratis..", "io.aeron..", "java.net..", "java.nio.channels..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.util.concurrent.Executor.class)
                .check(godwit);
    }

    @Test
    void shouldKnowNothingOfVmsInTheTransport() {
        noClasses()
                .that()
                .resideInAPackage("io.godwit.transport..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.godwit.vmm..", "io.godwit.kvm..", "io.godwit.config..")
                .check(godwit);
    }

    @Test
    void shouldKeepHttpOutOfTheActors() {
        noClasses()
                .that()
                .resideInAPackage("io.godwit.actors..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.pekko.http..", "picocli..", "io.godwit.node..")
                .check(godwit);
    }

    @Test
    void shouldKeepRatisInOnePackage() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.godwit.actors.ledger..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.ratis..")
                .check(godwit);
    }

    @Test
    void shouldMakeCertificatesInOnePackageAndJudgeThemByTheJdkAlone() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.godwit.node.certs..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bouncycastle..")
                .check(godwit);
    }

    @Test
    void shouldKeepAeronInTheTransport() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.godwit.transport..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.aeron..")
                .check(godwit);
    }

    @Test
    void shouldHoldNoBehaviourInTheConfiguration() {
        classes()
                .that()
                .resideInAPackage("io.godwit.config..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.godwit.config..", "java..", "com.typesafe.config..", "org.jspecify..")
                .check(godwit);
    }

    @Test
    void shouldHaveNoCyclesBetweenModules() {
        SlicesRuleDefinition.slices()
                .matching("io.godwit.(*)..")
                .should()
                .beFreeOfCycles()
                .check(godwit);
    }

    @Test
    void shouldKeepTheCliFreeOfActorsSoThatItStartsQuickly() {
        noClasses()
                .that()
                .resideInAnyPackage("io.godwit.node.cli", "io.godwit.node.api")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.pekko..", "io.godwit.actors..", "io.godwit.vmm..", "org.slf4j..")
                .check(godwit);
    }

    @Test
    void shouldKeepTheGatewayFreeOfMachinesAndTransport() {
        noClasses()
                .that()
                .resideInAPackage("io.godwit.node.http")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.godwit.vmm..", "io.godwit.kvm..", "io.godwit.transport..", "io.godwit.migration..")
                .check(godwit);
    }

    @Test
    void shouldDriveTheDemoByNothingButProcessesHttpAndTheGuestsMemory() {
        noClasses()
                .that()
                .resideInAPackage("io.godwit.node.demo")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.pekko..", "io.godwit.actors..", "io.godwit.node.http..")
                .check(godwit);
    }
}
