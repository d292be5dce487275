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
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes ended runs, as many in one transaction as have come together while the last one was
 * written: alone, a run waits for nobody; under load, commits are shared.
 */
final class Finisher implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Finisher.class);
  private static final int LARGEST_BATCH = 500;

  /** About how many bytes one statement writes, or those of one ending. */
  private static final int MOST_BYTES = 16 * 1_048_576;

  /** Whatever brings less waits for somebody's lock when it takes long: it is not to blame. */
  private static final int MUCH = 256 * 1024;

  /** How often an ending that brings much may take too long while the database answers others. */
  private static final int MOST_TIMEOUTS = 3;

  private final Function<List<Ending>, Set<UUID>> table;
  private final Runnable ask;

  /** How often an ending has taken too long; read and written by one thread at a time. */
  private final Map<UUID, Integer> timeouts = new ConcurrentHashMap<>();

  private final LinkedBlockingQueue<Ending> waiting = new LinkedBlockingQueue<>();
  private final AtomicInteger unwritten = new AtomicInteger();
  private final Loop loop;

  Finisher(Db db, String workerId) {
    this(
        batch -> Partitions.madeIfMissing(db, () -> RunTable.finish(db, workerId, batch)),
        () -> RunTable.ask(db));
  }

  /**
   * @param table writes endings and answers with the ids of those that were still held
   * @param ask throws when the database does not answer
   */
  Finisher(Function<List<Ending>, Set<UUID>> table, Runnable ask) {
    this.table = table;
    this.ask = ask;
    this.loop = new Loop("ordinaut-finisher", new Bell(), this::turn).start();
  }

  /** Takes an ending; its future tells when it is written. */
  void submit(Ending ending) {
    unwritten.incrementAndGet();
    ending
        .written()
        .whenComplete(
            (held, failure) -> {
              unwritten.decrementAndGet();
              timeouts.remove(ending.lease().id());
            });
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
      gather(batch, first);
      List<Ending> late = batch.stream().filter(this::isLate).toList();
      List<Ending> others = batch.stream().filter(ending -> !isLate(ending)).toList();
      if (!others.isEmpty()) {
        write(others);
      }
      writeAlone(late);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      // Kept, so that a database that comes back finds them; a lease that ran out refuses them.
      batch.stream().filter(ending -> !ending.written().isDone()).forEach(waiting::add);
    }
    return Duration.ZERO;
  }

  private void gather(List<Ending> batch, Ending first) {
    int bytes = 0;
    for (Ending next = first; next != null; next = next(batch, bytes)) {
      batch.add(next);
      bytes += next.bytes();
    }
  }

  private @Nullable Ending next(List<Ending> batch, int bytes) {
    return batch.size() < LARGEST_BATCH && bytes < MOST_BYTES ? waiting.poll() : null;
  }

  /** Writes a batch; when what one of them brings is refused, halves until that one is alone. */
  private void write(List<Ending> batch) {
    try {
      complete(batch, finish(batch));
    } catch (RuntimeException e) {
      if (e instanceof DbException refused && refused.isUnavailable()) {
        afterTimeout(batch, refused);
        return;
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

  private boolean isLate(Ending ending) {
    return timeouts.containsKey(ending.lease().id());
  }

  private void writeAlone(List<Ending> batch) {
    batch.forEach(ending -> write(List.of(ending)));
  }

  /** One ending that is too much to be written in time must not keep all others from it. */
  private void afterTimeout(List<Ending> batch, DbException e) {
    if (!e.isTimeout()) {
      throw e;
    }
    ask.run();
    if (batch.size() > 1) {
      writeAlone(batch);
      return;
    }
    Ending ending = batch.get(0);
    int times = timeouts.merge(ending.lease().id(), 1, Integer::sum);
    if (times >= MOST_TIMEOUTS && ending.bytes() > MUCH) {
      writeWithoutData(ending, e);
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
      return table.apply(batch);
    } catch (DbException e) {
      if (e.isTransient()) {
        return table.apply(batch);
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
      while (!waiting.isEmpty() && !Thread.currentThread().isInterrupted()) {
        turn();
      }
    } catch (DbException e) {
      LOG.warnf("%s ended runs could not be written and will be run again.", waiting.size());
    }
  }
}
