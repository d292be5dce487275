package io.ordinaut.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class KnownNoiseTest {
  private static boolean isLogged(Throwable thrown) {
    LogRecord entry = new LogRecord(Level.SEVERE, "Uncaught exception received by Vert.x");
    entry.setThrown(thrown);
    return new KnownNoise().isLoggable(entry);
  }

  /** When this waits in vain, the pool is mended and the filter has to go. */
  @Test
  void the_timer_of_a_pool_that_can_not_connect_is_not_logged() throws Exception {
    CompletableFuture<Throwable> uncaught = new CompletableFuture<>();
    Vertx vertx = Vertx.vertx().exceptionHandler(uncaught::complete);
    try {
      Pool pool =
          PgBuilder.pool()
              .connectingTo("postgresql://nobody:x@127.0.0.1:1/nowhere")
              .with(
                  new PoolOptions()
                      .setConnectionTimeout(200)
                      .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS))
              .using(vertx)
              .build();
      assertThat(pool.preparedQuery("SELECT 1").execute().toCompletionStage())
          .failsWithin(Duration.ofSeconds(10));
      Throwable late = uncaught.get(10, TimeUnit.SECONDS);
      assertThat(late).hasMessage("Result is already complete");
      assertThat(isLogged(late)).isFalse();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  @Test
  void all_else_is_logged() {
    assertThat(isLogged(new IllegalStateException("Result is already complete"))).isTrue();
    assertThat(isLogged(new IllegalArgumentException("wrong"))).isTrue();
    assertThat(new KnownNoise().isLoggable(new LogRecord(Level.INFO, "all is well"))).isTrue();
  }
}
