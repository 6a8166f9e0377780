package io.ashlar.tests.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** Dependencies point one way: command line, engine, plugins API, drivers below it. */
final class DependencyRulesTest {
  @Test
  void pluginsApiStandsOnTheJdkAlone() {
    ArchRule rule =
        classes()
            .that()
            .resideInAPackage("io.ashlar.spi..")
            .and()
            .resideOutsideOfPackage("io.ashlar.spi.contract..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.slf4j..", "io.ashlar.spi..");
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void pluginsApiDoesNotKnowItsContractSuite() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.ashlar.spi..")
            .and()
            .resideOutsideOfPackage("io.ashlar.spi.contract..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.ashlar.spi.contract..");
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void contractSuiteStandsOnTheApiAndJunit() {
    ArchRule rule =
        classes()
            .that()
            .resideInAPackage("io.ashlar.spi.contract..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                "java..", "org.slf4j..", "io.ashlar.spi..", "org.junit..", "org.assertj..");
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void driversSeeThePluginsApiAlone() {
    ArchRule rule =
        classes()
            .that()
            .resideInAPackage("io.ashlar.driver..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                "java..",
                "org.slf4j..",
                "io.ashlar.spi..",
                "io.ashlar.driver..",
                "com.github.luben.zstd..");
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void driversDoNotKnowEachOther() {
    ArchRule rule = slices().matching("io.ashlar.driver.(*)..").should().notDependOnEachOther();
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void engineComesByItsDriversLikeEverybodyElse() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage("io.ashlar.engine..", "io.ashlar.fileio..", "io.ashlar.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.ashlar.driver..");
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void fileAccessStandsOnTheApiAndJna() {
    ArchRule rule =
        classes()
            .that()
            .resideInAPackage("io.ashlar.fileio..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                "java..",
                "org.slf4j..",
                "io.ashlar.spi..",
                "io.ashlar.fileio..",
                "com.sun.jna..",
                "com.sun.nio.file..");
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void engineDoesNotKnowTheCommandLine() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.ashlar.engine..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.ashlar.cli..", "picocli..", "ch.qos.logback..");
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void roomsOfTheEngineDoNotGoRoundInCircles() {
    ArchRule rule = slices().matching("io.ashlar.engine.(*)..").should().beFreeOfCycles();
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void commandLineSeesNoActors() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.ashlar.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("akka..", "scala..");
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void embeddersSeeNoActors() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.ashlar.engine.api..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("akka..", "scala..");
    rule.allowEmptyShould(true).check(Classes.OURS);
  }
}
