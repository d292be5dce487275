package io.ordinaut.tests.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ordinaut.tests.utils.Harness;
import io.ordinaut.worker.lease.Lease;
import io.ordinaut.worker.loop.Worker;
import io.ordinaut.worker.observe.RunObserver;
import io.ordinaut.worker.run.Runner;
import io.ordinaut.worker.run.Stop;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * Measures what the engine itself costs per step: rendering and running ten steps that do nothing,
 * until their run is handed over to be written. It decides nothing, so it is no part of the suite:
 * {@code mvn verify -pl integration-tests -Dtest=EngineCost}.
 */
class EngineCost {
  private static final int STEPS = 10;
  private static final int ROUNDS = Integer.getInteger("ordinaut.engine.rounds", 2_000);
  private static final int WARM_UP = 2_000;
  private static final int BATCH = 500;

  @Test
  void report() throws Exception {
    try (Harness db = new Harness()) {
      double empty = medianMicros(db, pipeline(0));
      double full = medianMicros(db, pipeline(STEPS));
      System.out.printf(
          Locale.ROOT,
          "A run of no steps %.0f µs, of %d steps %.0f µs: %.1f µs per step (medians of %d)%n",
          empty,
          STEPS,
          full,
          (full - empty) / STEPS,
          ROUNDS);
    }
  }

  private static JsonArray pipeline(int steps) {
    JsonArray pipeline = new JsonArray();
    for (int i = 0; i < steps; i++) {
      JsonObject with =
          new JsonObject()
              .put("text", "Step " + i + " of ${params.who} at ${now}")
              .put("before", i == 0 ? null : "${steps.s" + (i - 1) + ".text}");
      pipeline.add(
          new JsonObject()
              .put("id", "s" + i)
              .put("uses", "echo-tool")
              .put("if", "params.who != null")
              .put("with", with)
              .put("save_as", "o" + i));
    }
    return pipeline;
  }

  private static double medianMicros(Harness db, JsonArray pipeline) {
    JsonObject payload =
        new JsonObject()
            .put("params", new JsonObject().put("who", "all"))
            .put("pipeline", pipeline);
    Worker worker = db.worker("leasing");
    List<Long> nanos = new ArrayList<>();
    Runner runner =
        new Runner(
            db.db(),
            "measured",
            db.tools(),
            db.vault(),
            new RunObserver(new SimpleMeterRegistry()));
    for (int done = 0; done < WARM_UP + ROUNDS; done += BATCH) {
      db.execute(
          "INSERT INTO due_work (payload) SELECT $1 FROM generate_series(1, $2::integer)",
          payload,
          BATCH);
      for (Lease lease : worker.lease(BATCH).leases()) {
        long begun = System.nanoTime();
        var written = runner.run(lease, new Stop());
        nanos.add(System.nanoTime() - begun);
        written.join();
      }
    }
    runner.close();
    List<Long> measured = nanos.subList(WARM_UP, nanos.size()).stream().sorted().toList();
    return measured.get(measured.size() / 2) / 1e3;
  }
}
