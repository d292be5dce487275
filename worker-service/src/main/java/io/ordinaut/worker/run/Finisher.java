package io.ordinaut.worker.run;

import io.ordinaut.failure.ErrorCode;
import io.ordinaut.json.Json;
import io.ordinaut.service.Bell;
import io.ordinaut.service.Loop;
import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.store.Partitions;
import io.ordinaut.work.RunStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/**
 * Writes ended runs, as many in one transaction as have come together while the last one was
 * written: alone, a run waits for nobody; under load, commits are shared.
 */
final class Finisher implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Finisher.class);
  private static final int LARGEST_BATCH = 500;

  private final Db db;
  private final String workerId;
  private final LinkedBlockingQueue<Ending> waiting = new LinkedBlockingQueue<>();
  private final AtomicInteger unwritten = new AtomicInteger();
  private final Loop loop;

  Finisher(Db db, String workerId) {
    this.db = db;
    this.workerId = workerId;
    this.loop = new Loop("ordinaut-finisher", new Bell(), this::turn).start();
  }

  /** Takes an ending; its future tells when it is written. */
  void submit(Ending ending) {
    unwritten.incrementAndGet();
    ending.written().whenComplete((held, failure) -> unwritten.decrementAndGet());
    waiting.add(ending);
  }

  /** Endings taken and not yet written. */
  int unwritten() {
    return unwritten.get();
  }

  private Duration turn() {
    List<Ending> batch = new ArrayList<>();
    try {
      Ending first = waiting.poll(100, TimeUnit.MILLISECONDS);
      if (first == null) {
        return Duration.ZERO;
      }
      batch.add(first);
      waiting.drainTo(batch, LARGEST_BATCH - 1);
      write(batch);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      // Kept, so that a database that comes back finds them; a lease that ran out refuses them.
      waiting.addAll(batch.stream().filter(ending -> !ending.written().isDone()).toList());
      throw e;
    }
    return Duration.ZERO;
  }

  /** Writes a batch; when what one of them brings is refused, halves until that one is alone. */
  private void write(List<Ending> batch) {
    try {
      complete(batch, finish(batch));
    } catch (RuntimeException e) {
      if (e instanceof DbException refused && refused.isUnavailable()) {
        throw e;
      }
      if (batch.size() == 1) {
        writeWithoutData(batch.get(0), e);
        return;
      }
      int half = batch.size() / 2;
      write(batch.subList(0, half));
      write(batch.subList(half, batch.size()));
    }
  }

  private void writeWithoutData(Ending ending, RuntimeException because) {
    Ending bare = withoutData(ending, because);
    try {
      complete(List.of(bare), finish(List.of(bare)));
    } catch (DbException e) {
      if (e.isUnavailable()) {
        throw e;
      }
      LOG.errorf(e, "Run %s can't be ended; it is left to its lease.", ending.lease().id());
      ending.written().complete(false);
    }
  }

  private Set<UUID> finish(List<Ending> batch) {
    try {
      return Partitions.madeIfMissing(db, () -> RunTable.finish(db, workerId, batch));
    } catch (DbException e) {
      if (e.isTransient()) {
        return RunTable.finish(db, workerId, batch);
      }
      throw e;
    }
  }

  private static void complete(List<Ending> batch, Set<UUID> held) {
    for (Ending ending : batch) {
      boolean was = held.contains(ending.lease().id());
      if (!was) {
        LOG.warnf("Run %s had lost its lease; its result is dropped.", ending.lease().id());
      }
      ending.written().complete(was);
    }
  }

  private static Ending withoutData(Ending ending, RuntimeException e) {
    return new Ending(
        ending.lease(),
        ending.startedAt(),
        new RunOutcome.Ended(
            RunStatus.FAILED,
            Json.object(),
            ErrorCode.OUTPUT_INVALID,
            "The output of a step can't be stored: " + e.getMessage()),
        List.of(),
        ending.written());
  }

  /** Writes what is left, as long as the database takes it. */
  @Override
  public void close() {
    loop.close();
    try {
      while (!waiting.isEmpty()) {
        turn();
      }
    } catch (DbException e) {
      LOG.warnf("%d ended runs could not be written and will be run again.", waiting.size());
    }
  }
}
