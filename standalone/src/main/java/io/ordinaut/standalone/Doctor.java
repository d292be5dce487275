package io.ordinaut.standalone;

import io.ordinaut.scheduler.check.Diagnosis;
import io.ordinaut.scheduler.check.Examination;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.stream.EventStream;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The command {@code doctor}: says what is wrong and what to do about it, and changes nothing. */
final class Doctor {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Duration REDIS_PATIENCE = Duration.ofSeconds(5);

  private Doctor() {}

  /**
   * Examines and prints what it found.
   *
   * @param databaseUrl of the database
   * @param redisUrl of its Redis; null when that is not known
   * @return 0 when all is well, 1 when something is not
   * @throws StartException when the database can't be read
   */
  static int run(String databaseUrl, @Nullable String redisUrl) {
    Vertx vertx = Vertx.vertx();
    try {
      Pool pool =
          PgBuilder.pool()
              .connectingTo(databaseUrl)
              .with(new PoolOptions().setMaxSize(1))
              .using(vertx)
              .build();
      Diagnosis diagnosis = examine(vertx, new Db(pool, PATIENCE), redisUrl);
      diagnosis.facts().forEach(System.out::println);
      diagnosis.symptoms().forEach(System.out::println);
      System.out.println(summary(diagnosis.symptoms().size()));
      return diagnosis.symptoms().isEmpty() ? 0 : 1;
    } catch (DbException | IllegalArgumentException e) {
      throw new StartException("The database can't be examined: " + e.getMessage());
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  private static String summary(int symptoms) {
    return switch (symptoms) {
      case 0 -> "All is well.";
      case 1 -> "One thing needs a look.";
      default -> symptoms + " things need a look.";
    };
  }

  private static Diagnosis examine(Vertx vertx, Db db, @Nullable String redisUrl) {
    if (redisUrl == null) {
      return new Examination(db, null).run();
    }
    try (EventStream stream = EventStream.at(vertx, redisUrl, REDIS_PATIENCE)) {
      return new Examination(db, stream).run();
    }
  }
}
