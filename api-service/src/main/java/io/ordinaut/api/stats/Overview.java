package io.ordinaut.api.stats;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.ordinaut.service.Bell;
import io.ordinaut.service.Loop;
import io.ordinaut.service.SchemaGate;
import io.ordinaut.store.Db;
import io.ordinaut.store.Stuck;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Has the figures counted, every few seconds and by one thread at a time: who asks meanwhile gets
 * the last ones, or waits for those that are being counted.
 */
@ApplicationScoped
class Overview {
  private static final Duration FRESH = Duration.ofSeconds(5);

  /** Then a gauge that still had its value would say that all is as it was. */
  private static final Duration STALE = Duration.ofSeconds(30);

  private final Supplier<Stats> source;
  private final LongSupplier nanoTime;
  private final Loop counting;
  private final AtomicReference<@Nullable CompletableFuture<Counted>> underWay =
      new AtomicReference<>();
  private volatile @Nullable Counted last;

  @Inject
  Overview(Db db, MeterRegistry meters) {
    this(
        () -> db.snapshot(StatsTable::count), new SchemaGate(db)::before, System::nanoTime, meters);
  }

  /**
   * @param source counts
   * @param gate holds the counting back until there is something to count
   * @param nanoTime a clock that only goes forward
   * @param meters get the gauges
   */
  Overview(
      Supplier<Stats> source,
      UnaryOperator<Supplier<Duration>> gate,
      LongSupplier nanoTime,
      MeterRegistry meters) {
    this.source = source;
    this.nanoTime = nanoTime;
    this.counting = new Loop("ordinaut-stats", new Bell(), gate.apply(this::countAgain));
    depth(meters, "due", stats -> stats.queue().due());
    depth(meters, "waiting", stats -> stats.queue().waiting());
    depth(meters, "running", stats -> stats.queue().running());
    gauge("ordinaut_oldest_due_seconds", s -> s.queue().oldestDueSeconds()).register(meters);
    gauge("ordinaut_scheduler_lag_seconds", Stats::lagSeconds).register(meters);
    gauge("ordinaut_oldest_snapshot_seconds", Stats::oldestSnapshotSeconds).register(meters);
    gauge("ordinaut_paused", s -> s.brake().since() == null ? 0 : 1).register(meters);
    for (Stuck.Kind kind : Stuck.Kind.values()) {
      gauge("ordinaut_stuck", stats -> stats.stuck(kind))
          .tag("kind", kind.shown())
          .register(meters);
    }
  }

  private void depth(MeterRegistry meters, String status, ToDoubleFunction<Stats> value) {
    gauge("ordinaut_queue_depth", value).tag("status", status).register(meters);
  }

  /** Of the last figures; nothing until there are any, and when they have become old. */
  private Gauge.Builder<Overview> gauge(String name, ToDoubleFunction<Stats> value) {
    return Gauge.builder(name, this, overview -> overview.shown(value));
  }

  private double shown(ToDoubleFunction<Stats> value) {
    Counted known = last;
    return known == null || age(known).compareTo(STALE) > 0
        ? Double.NaN
        : value.applyAsDouble(known.stats());
  }

  private Duration age(Counted counted) {
    return Duration.ofNanos(nanoTime.getAsLong() - counted.nanos());
  }

  void onStart(@Observes StartupEvent event) {
    counting.start();
  }

  void onStop(@Observes ShutdownEvent event) {
    counting.close();
  }

  private Duration countAgain() {
    current();
    return FRESH;
  }

  /** The last figures, however old; asks nobody. */
  Optional<Stats> last() {
    return Optional.ofNullable(last).map(Counted::stats);
  }

  /**
   * Figures that are at most a few seconds old.
   *
   * @throws io.ordinaut.store.DbException when they can't be counted
   */
  Stats current() {
    Counted known = last;
    if (known != null && age(known).compareTo(FRESH) < 0) {
      return known.stats();
    }
    CompletableFuture<Counted> mine = new CompletableFuture<>();
    CompletableFuture<Counted> before = underWay.compareAndExchange(null, mine);
    if (before == null) {
      count(mine);
      return result(mine);
    }
    return result(before);
  }

  private void count(CompletableFuture<Counted> waited) {
    try {
      Counted counted = new Counted(source.get(), nanoTime.getAsLong());
      last = counted;
      waited.complete(counted);
    } catch (RuntimeException | Error e) {
      waited.completeExceptionally(e);
    } finally {
      underWay.set(null);
    }
  }

  private static Stats result(CompletableFuture<Counted> counted) {
    try {
      return counted.join().stats();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private record Counted(Stats stats, long nanos) {}
}
