package io.ashlar.tests.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Engine and drivers wait, tell the time and start threads through {@code Waits} and {@code Clock}
 * alone, so that a test can decide who goes first. The JDK's forms of those live in {@code
 * io.ashlar.spi.system}.
 */
final class DeterminismRulesTest {
  private static final String[] RULED = {"io.ashlar.engine..", "io.ashlar.driver.."};

  /** The one maker of thread pools; a simulation hands in executors of its own. */
  private static final String POOLS = "io.ashlar.engine.facade.EngineThreads";

  /** Where threads of embedders wait; no thread of the engine ever does. */
  private static final String EMBEDDERS_WAIT = "io.ashlar.engine.api.Reply";

  private static final Pattern SYNCHRONIZED = Pattern.compile("\\bsynchronized\\b");
  private static final Pattern COMMENT_OR_TEXT =
      Pattern.compile("//[^\\n]*|/\\*.*?\\*/|\"(?:\\\\.|[^\"\\\\\\n])*\"", Pattern.DOTALL);

  @Test
  void noLocksOfTheJdk() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(RULED)
            .and()
            .doNotHaveFullyQualifiedName(POOLS)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.util.concurrent.locks..")
            .orShould()
            .dependOnClassesThat(
                nameMatching(
                    "java\\.util\\.concurrent\\.(CountDownLatch|Semaphore|CyclicBarrier|Phaser|Exchanger|.*BlockingQueue|"
                        + "SynchronousQueue|.*TransferQueue|.*BlockingDeque)"));
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void noThreadsOfTheJdk() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(RULED)
            .and()
            .doNotHaveFullyQualifiedName(POOLS)
            .should()
            .callConstructorWhere(
                owned(
                    "a thread, timer or pool of threads",
                    assignableTo(Thread.class)
                        .or(
                            nameMatching(
                                "java\\.util\\.Timer|java\\.util\\.concurrent\\.(ThreadPool|ScheduledThread|ForkJoin).*"))))
            .orShould()
            .callMethodWhere(
                owned("Thread's ways to wait", assignableTo(Thread.class))
                    .and(
                        named(
                            "sleep|join|start|yield|onSpinWait|startVirtualThread|ofVirtual|ofPlatform")))
            .orShould()
            .callMethodWhere(
                owned("Executors", nameMatching("java\\.util\\.concurrent\\.Executors")));
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void noWaitingOnFuturesOrMonitors() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(RULED)
            .and()
            .doNotHaveFullyQualifiedName(EMBEDDERS_WAIT)
            .should()
            .callMethodWhere(owned("a future", assignableTo(Future.class)).and(named("get|join")))
            .orShould()
            .callMethodWhere(
                named("wait|notify|notifyAll")
                    .and(owned("Object", nameMatching("java\\.lang\\.Object"))));
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  /** Its stages run what depends on them on the common pool, which is the application's. */
  @Test
  void noAskOfTheActorLibrary() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(RULED)
            .and()
            .doNotHaveFullyQualifiedName("io.ashlar.engine.graph.Asks")
            .should()
            .dependOnClassesThat(nameMatching("akka\\.actor\\.typed\\.javadsl\\.AskPattern"));
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void noClockOfTheJdk() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(RULED)
            .should()
            .callMethodWhere(
                owned("System", nameMatching("java\\.lang\\.System"))
                    .and(named("nanoTime|currentTimeMillis")))
            .orShould()
            .callMethodWhere(owned("java.time", resideInAPackage("java.time..")).and(named("now")));
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void noSynchronizedMethods() {
    ArchRule rule =
        noMethods()
            .that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage(RULED)
            .should()
            .haveModifier(JavaModifier.SYNCHRONIZED);
    rule.allowEmptyShould(true).check(Classes.OURS);
  }

  @Test
  void noSynchronizedBlocks() throws IOException {
    Path root = Path.of(System.getProperty("ashlar.root"));
    List<String> found = new ArrayList<>();
    int read = 0;
    for (String tree : List.of("drivers", "engine/core")) {
      try (Stream<Path> files = Files.walk(root.resolve(tree))) {
        for (Path file : files.filter(DeterminismRulesTest::isMainSource).toList()) {
          read++;
          String code = COMMENT_OR_TEXT.matcher(Files.readString(file)).replaceAll(" ");
          Matcher matcher = SYNCHRONIZED.matcher(code);
          if (matcher.find()) {
            found.add(root.relativize(file).toString());
          }
        }
      }
    }
    assertThat(read).as("sources read under %s", root).isPositive();
    assertThat(found).as("sources that use synchronized instead of Waits").isEmpty();
  }

  private static boolean isMainSource(Path file) {
    return file.toString().contains("/src/main/java/") && file.toString().endsWith(".java");
  }

  private static DescribedPredicate<JavaAccess<?>> owned(
      String what, DescribedPredicate<? super JavaClass> owner) {
    return DescribedPredicate.describe(
        "target is of " + what, access -> owner.test(access.getTargetOwner()));
  }

  private static DescribedPredicate<JavaAccess<?>> named(String names) {
    Pattern pattern = Pattern.compile(names);
    return DescribedPredicate.describe(
        "is named " + names, access -> pattern.matcher(access.getTarget().getName()).matches());
  }
}
