package io.godwit.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What a pom cannot hold about this module. */
class ArrowsTest {
    private static final JavaClasses NODE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.godwit.node");

    @Test
    void shouldKeepTheCliFreeOfActorsSoThatItStartsQuickly() {
        noClasses()
                .that()
                .resideInAnyPackage("io.godwit.node.cli", "io.godwit.node.api")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.pekko..", "io.godwit.actors..", "io.godwit.vmm..", "org.slf4j..")
                .check(NODE);
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
                .check(NODE);
    }

    @Test
    void shouldDriveTheDemoByNothingButProcessesHttpAndTheGuestsMemory() {
        noClasses()
                .that()
                .resideInAPackage("io.godwit.node.demo")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.pekko..", "io.godwit.actors..", "io.godwit.node.http..")
                .check(NODE);
    }
}
