package io.ordinaut.tests.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ordinaut.scheduler.check.Invariants;
import io.ordinaut.tests.utils.Backends;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.tests.utils.ServiceProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Standalone as a newcomer meets it: one process, killed and started again. */
@Order(1)
class StandaloneTest {
  private static final int TASKS = 200;

  @TempDir static Path data;

  /** Makes the data directory, which takes longer than any start on it. */
  @BeforeAll
  static void startForTheFirstTime() {
    try (ServiceProcess ordinaut = start().awaitReady()) {
      ordinaut.signal("TERM");
      assertThat(ordinaut.awaitExit()).isZero();
    }
  }

  private static ServiceProcess start() {
    return ServiceProcess.start("standalone", Map.of("ORDINAUT_DATA", data.toString()));
  }

  private Map<String, String> connections() throws IOException {
    Map<String, String> all = new HashMap<>();
    for (String line : Files.readAllLines(data.resolve("connection.env"))) {
      all.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
    }
    return all;
  }

  private Harness harness() throws IOException {
    Map<String, String> urls = connections();
    return new Harness(urls.get("DATABASE_URL"), urls.get("REDIS_URL"));
  }

  private static void createDue(ServiceProcess ordinaut, Instant due) {
    String tasks =
        IntStream.range(0, TASKS)
            .mapToObj(
                i ->
                    """
                    {"title": "survivor", "schedule_kind": "once", "schedule_expr": "%s",
                     "payload": {"pipeline":
                       [{"id": "echo", "uses": "echo-tool", "with": {"n": 1}}]}}"""
                        .formatted(due.plusMillis(5L * i)))
            .collect(Collectors.joining(",", "{\"tasks\": [", "]}"));
    assertThat(ordinaut.post("/v1/tasks/batch", tasks).statusCode()).isEqualTo(200);
  }

  @Test
  void what_was_due_while_it_was_killed_runs_once() throws Exception {
    try (ServiceProcess first = start().awaitReady()) {
      Instant due = Instant.now().plusSeconds(2);
      createDue(first, due);
      await()
          .pollInterval(Duration.ofMillis(5))
          .atMost(Duration.ofSeconds(20))
          .until(() -> Instant.now().isAfter(due.plusMillis(400)));
      first.signal("KILL");
      first.awaitExit();
    }

    try (ServiceProcess second = start().awaitReady();
        Harness db = harness()) {
      await()
          .atMost(Duration.ofSeconds(25))
          .until(() -> db.count("SELECT count(*) FROM task WHERE status = 'completed'") == TASKS);
      assertThat(db.count("SELECT count(*) FROM task_run WHERE status = 'success'"))
          .isEqualTo(TASKS);
      assertThat(db.count("SELECT count(DISTINCT task_id) FROM task_run")).isEqualTo(TASKS);
      assertThat(db.count("SELECT count(*) FROM due_work WHERE status = 'completed'"))
          .isEqualTo(TASKS);
      assertThat(new Invariants(db.db()).check()).isEmpty();
    }
  }

  @Test
  void it_keeps_its_data_to_itself_and_leaves_nothing_behind() throws Exception {
    try (ServiceProcess ordinaut = start().awaitReady()) {
      try (Harness db = harness()) {
        assertThat(db.query("SHOW fsync").get(0).getString(0)).isEqualTo("on");
        assertThat(db.query("SHOW synchronous_commit").get(0).getString(0)).isEqualTo("on");
        assertThat(db.query("SHOW full_page_writes").get(0).getString(0)).isEqualTo("on");
      }
      await().until(() -> ordinaut.output().contains("Ordinaut is ready."));
      assertThat(ordinaut.output()).contains(data.toString());
      assertThat(Files.getPosixFilePermissions(data.resolve("connection.env")))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      assertThat(Files.getPosixFilePermissions(data.resolve("secret-key")))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      assertThat(ordinaut.output())
          .doesNotContain(Files.readString(data.resolve("secret-key")).substring(11, 30));

      ServiceProcess check =
          ServiceProcess.run("standalone", Map.of("ORDINAUT_DATA", data.toString()), "check");
      assertThat(check.output()).contains("Every occurrence is accounted for");
      assertThat(check.awaitExit()).isZero();

      ServiceProcess doctor =
          ServiceProcess.run("standalone", Map.of("ORDINAUT_DATA", data.toString()), "doctor");
      assertThat(doctor.output()).contains("The stream in Redis ends at", "All is well.");
      assertThat(doctor.awaitExit()).isZero();

      ServiceProcess another = start();
      assertThat(another.awaitExit()).isEqualTo(1);
      assertThat(another.output().strip().lines()).hasSize(1);
      assertThat(another.output()).contains("is in use by another Ordinaut");

      ordinaut.signal("TERM");
      assertThat(ordinaut.awaitExit()).isZero();
      assertThat(ours()).as("no server is left behind").isZero();
    }
  }

  private long ours() {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().command().orElse("").startsWith(data.toString()))
        .count();
  }

  @Test
  void a_busy_port_is_said_in_one_sentence() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ServiceProcess refused =
          ServiceProcess.start(
              "standalone", taken.getLocalPort(), Map.of("ORDINAUT_DATA", data.toString()));
      assertThat(refused.awaitExit()).isEqualTo(1);
      assertThat(refused.output().strip())
          .isEqualTo(
              "Port "
                  + taken.getLocalPort()
                  + " is in use; stop what listens there, or set QUARKUS_HTTP_PORT to another"
                  + " port.");
    }
  }

  @Test
  void a_directory_that_can_not_be_written_is_said_in_one_sentence() throws Exception {
    Path file = Files.createFile(data.resolve("a-file"));
    ServiceProcess refused =
        ServiceProcess.start(
            "standalone",
            Backends.freePort(),
            Map.of("ORDINAUT_DATA", file.resolve("below").toString()));
    assertThat(refused.awaitExit()).isEqualTo(1);
    assertThat(refused.output().strip().lines()).hasSize(1);
    assertThat(refused.output()).contains("can't be written").contains("ORDINAUT_DATA");
  }

  @Test
  void it_ends_when_its_database_does_and_goes_on_when_it_is_started_again() throws Exception {
    try (ServiceProcess ordinaut = start().awaitReady()) {
      String pid = Files.readAllLines(data.resolve("postgres/postmaster.pid")).get(0).strip();
      new ProcessBuilder("kill", "-KILL", pid).start().waitFor();
      assertThat(ordinaut.awaitExit()).isEqualTo(1);
      assertThat(ordinaut.output()).contains("The embedded PostgreSQL has ended although nobody");
    }
    try (ServiceProcess again = start().awaitReady()) {
      again.signal("TERM");
      assertThat(again.awaitExit()).isZero();
    }
  }

  @Test
  void a_database_that_can_not_be_checked_is_said_in_one_sentence() {
    String empty = Backends.newEmptyDatabase();
    try {
      for (String command : List.of("check", "doctor")) {
        ServiceProcess malformed =
            ServiceProcess.run("standalone", Map.of("DATABASE_URL", "nonsense"), command);
        assertThat(malformed.awaitExit()).isEqualTo(2);
        assertThat(malformed.output().strip()).startsWith("DATABASE_URL must be of the form");
      }
      ServiceProcess check =
          ServiceProcess.run("standalone", Map.of("DATABASE_URL", empty), "check");
      assertThat(check.awaitExit()).isEqualTo(2);
      assertThat(check.output().strip())
          .startsWith("The database has the schema of version 0")
          .hasLineCount(1);
    } finally {
      Backends.drop(empty);
    }
  }

  @Test
  void a_setting_that_can_not_be_is_said_in_a_sentence_without_a_stack_trace() {
    ServiceProcess refused =
        ServiceProcess.start(
            "worker-service",
            Map.of(
                "ORDINAUT_WORKER_CAPACITY",
                "0",
                "DATABASE_URL",
                "postgresql://nobody:x@127.0.0.1:1/nowhere"));
    assertThat(refused.awaitExit()).isEqualTo(1);
    assertThat(refused.output())
        .contains("ORDINAUT_WORKER_CAPACITY must be a number from 1 to 10000, not 0.")
        .doesNotContain("\tat ");
  }

  @Test
  void a_setting_that_can_not_be_is_refused_before_the_servers_start() {
    Map<String, String> refusals =
        Map.of(
            "ORDINAUT_WORKER_LEASE", "ORDINAUT_WORKER_LEASE must be a duration from PT1S to PT1H",
            "ORDINAUT_SCHEDULER_BATCH_SIZE", "ordinaut.scheduler.batch-size");
    refusals.forEach(
        (name, sentence) -> {
          Path fresh = data.resolve("never-made");
          ServiceProcess refused =
              ServiceProcess.start(
                  "standalone",
                  Map.of(
                      "ORDINAUT_DATA",
                      fresh.toString(),
                      name,
                      name.endsWith("LEASE") ? "PT0S" : "many"));
          assertThat(refused.awaitExit()).isEqualTo(1);
          assertThat(refused.output().strip().lines()).hasSize(1);
          assertThat(refused.output()).contains(sentence);
          assertThat(fresh).doesNotExist();
        });
  }

  @Test
  void a_secret_key_that_is_none_is_said_in_one_sentence_that_does_not_repeat_it() {
    ServiceProcess refused =
        ServiceProcess.start(
            "standalone",
            Map.of("ORDINAUT_DATA", data.toString(), "ORDINAUT_SECRET_KEY", "one:sesame-sesame"));
    assertThat(refused.awaitExit()).isEqualTo(1);
    assertThat(refused.output().strip().lines()).hasSize(1);
    assertThat(refused.output())
        .startsWith("ORDINAUT_SECRET_KEY must be id:key")
        .doesNotContain("sesame", "Exception");
  }
}
