package io.ordinaut.tests.house;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The rules that keep the house in order. */
class HouseRulesTest {
  private static final List<String> MODULES =
      List.of("common-model", "api-service", "scheduler-service", "worker-service", "standalone");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.ordinaut");

  private static final String[] PURE = {
    "io.ordinaut.failure..",
    "io.ordinaut.json..",
    "io.ordinaut.task..",
    "io.ordinaut.schedule..",
    "io.ordinaut.pipeline..",
    "io.ordinaut.retry..",
    "io.ordinaut.secret..",
    "io.ordinaut.scheduler.plan.."
  };

  @Test
  void services_never_import_each_other() {
    Map<String, String[]> others =
        Map.of(
            "io.ordinaut.api..", new String[] {"io.ordinaut.scheduler..", "io.ordinaut.worker.."},
            "io.ordinaut.scheduler..", new String[] {"io.ordinaut.api..", "io.ordinaut.worker.."},
            "io.ordinaut.worker..", new String[] {"io.ordinaut.api..", "io.ordinaut.scheduler.."});
    others.forEach(
        (service, forbidden) ->
            noClasses()
                .that()
                .resideInAPackage(service)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .check(CLASSES));
  }

  @Test
  void the_pure_rooms_know_no_database_no_network_and_no_clock() {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                    "io.vertx..",
                    "io.quarkus..",
                    "jakarta..",
                    "java.sql..",
                    "java.net..",
                    "java.util.concurrent..")
                // Words about the network, which they never speak to.
                .and(not(belongToAnyOf(URI.class, URISyntaxException.class, URLDecoder.class))))
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Math.class, "random")
        .check(CLASSES);
  }

  /**
   * Quarkus runs one application for all tests and is not made for two of their classes at once.
   */
  @Test
  void tests_of_the_application_run_one_after_the_other() {
    classes()
        .that()
        .areAnnotatedWith(QuarkusTest.class)
        .should()
        .beAnnotatedWith(
            new DescribedPredicate<>("@Execution(SAME_THREAD)") {
              @Override
              public boolean test(JavaAnnotation<?> annotation) {
                return annotation.getRawType().isEquivalentTo(Execution.class)
                    && annotation.as(Execution.class).value() == ExecutionMode.SAME_THREAD;
              }
            })
        .check(
            new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
                .importPackages("io.ordinaut.tests"));
  }

  @Test
  void libraries_have_one_door_each() {
    for (Map.Entry<String, String> door :
        Map.of(
                "com.cronutils..", "io.ordinaut.schedule.Cron",
                "org.dmfs..", "io.ordinaut.schedule.Rule",
                "com.networknt..", "io.ordinaut.pipeline.Schema")
            .entrySet()) {
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(door.getValue())
          .and()
          .haveNameNotMatching(Pattern.quote(door.getValue()) + "\\$.*")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(door.getKey())
          .check(CLASSES);
    }
    noClasses()
        .that()
        .resideOutsideOfPackages("io.ordinaut.stream..", "io.ordinaut.service..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.vertx.redis..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackages("io.ordinaut.api.schema..", "io.ordinaut.standalone..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "org.flywaydb..")
        .check(CLASSES);
  }

  @Test
  void no_package_is_named_after_nothing() {
    noClasses()
        .should()
        .resideInAnyPackage(
            "..util..", "..utils..", "..common..", "..dto..", "..impl..", "..helper..")
        .check(CLASSES);
    noClasses().should().haveNameMatching(".*(Manager|Helper|Impl|Util|Utils)").check(CLASSES);
  }

  /** Who writes which table; common-model's statements belong to those who call them. */
  private static final Map<String, Set<String>> WRITERS =
      Map.of(
          "api-service",
          Set.of(
              "task",
              "task_label",
              "signal",
              "skipped_firing",
              "run_log",
              "task_run",
              "due_work_done",
              "event",
              "condition_state",
              "mcp_server",
              "tool",
              "secret",
              "secret_past",
              "brake"),
          "scheduler-service",
          Set.of(
              "task",
              "due_work_open",
              "skipped_firing",
              "signal",
              "event",
              "event_horizon",
              "event_dedupe",
              "event_relay",
              "history_horizon",
              "task_run",
              "run_log",
              "zone_data"),
          "worker-service",
          Set.of(
              "task",
              "due_work_open",
              "due_work_done",
              "task_run",
              "run_log",
              "condition_state",
              "mcp_server",
              "tool",
              "worker_heartbeat"),
          "common-model",
          Set.of("due_work_open", "due_work_done", "task_run", "signal", "event", "event_dedupe"),
          "standalone",
          Set.of());

  private static final Pattern WRITE =
      Pattern.compile("\\b(?:INSERT INTO|UPDATE|DELETE FROM)\\s+([a-z_]+)");

  @Test
  void each_table_is_written_by_those_who_own_it() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : sources()) {
      Set<String> allowed = WRITERS.get(module(file));
      Matcher write = WRITE.matcher(Files.readString(file));
      while (write.find()) {
        if (!allowed.contains(write.group(1)) && !write.group(1).equals("of")) {
          wrong.add(file + " writes " + write.group(1));
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static final Pattern PUBLIC_TYPE =
      Pattern.compile(
          "(?m)^(.*)\\n"
              + "(?:@[^\\n"
              + "]*\\n"
              + ")*public (?:abstract |final |sealed )*(?:class|interface|record|enum) (\\w+)");

  @Test
  void public_types_say_what_they_are() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : sources()) {
      Matcher type = PUBLIC_TYPE.matcher(Files.readString(file));
      while (type.find()) {
        if (!type.group(1).strip().endsWith("*/") && !type.group(1).startsWith("@")) {
          wrong.add(file.getFileName() + ": " + type.group(2));
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void rooms_are_described_and_stay_small() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : sources()) {
      if (!Files.exists(file.resolveSibling("package-info.java"))) {
        wrong.add(file.getParent() + " has no package-info.java");
      }
      if (Files.readAllLines(file).size() > 400) {
        wrong.add(file + " is two rooms");
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static final Pattern NUMBER =
      Pattern.compile("%(?:\\d+\\$)?[-+0,(#]*\\d*(?:\\.\\d+)?[dfeg](?![a-z])");

  /** Whole numbers are %s, which asks no locale; for others the statement names Locale.ROOT. */
  @Test
  void numbers_in_sentences_look_the_same_on_every_host() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : sources()) {
      String text = Files.readString(file);
      Matcher number = NUMBER.matcher(text);
      while (number.find()) {
        int statement = text.lastIndexOf(';', number.start()) + 1;
        if (!text.substring(statement, number.start()).contains("Locale.ROOT")) {
          wrong.add(file + " has " + number.group() + " in the locale of its host");
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static List<Path> sources() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String module : MODULES) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(all::add);
      }
    }
    assertThat(all).hasSizeGreaterThan(50);
    return all;
  }

  private static String module(Path file) {
    return file.getName(1).toString();
  }
}
