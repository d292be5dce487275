package io.ordinaut.scheduler.relay;

import io.ordinaut.scheduler.relay.RelayTable.Progress;
import io.ordinaut.store.Db;
import io.ordinaut.store.Statements;
import io.ordinaut.stream.EventStream;
import io.ordinaut.stream.StreamEnd;
import io.ordinaut.stream.StreamEntry;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Relays events to Redis. One scheduler at a time does so. Each batch goes on where the stream
 * ends, so what was written and not remembered is not written again; the id in the stream is the
 * position, so that even a relay that was thought dead can double nothing.
 */
public final class Relay {
  private static final Logger LOG = Logger.getLogger(Relay.class);
  private static final int MOST_EVENTS = 200;
  private static final long MOST_BYTES = 4L << 20;

  private final Db db;
  private final EventStream stream;
  private final int longest;
  private final InstantSource clock;

  /**
   * @param db the database
   * @param stream where events go
   * @param longest how many entries the stream keeps, about
   * @param clock names streams that are set aside
   */
  public Relay(Db db, EventStream stream, int longest, InstantSource clock) {
    this.db = db;
    this.stream = stream;
    this.longest = longest;
    this.clock = clock;
  }

  /**
   * Relays a batch.
   *
   * @return how many events; 0 when there are none left, and while another scheduler relays
   * @throws io.ordinaut.stream.StreamException when Redis can't be reached; the events wait
   */
  public int once() {
    return db.transaction(tx -> RelayTable.take(tx).map(progress -> relay(tx, progress)).orElse(0));
  }

  private int relay(Statements tx, Progress progress) {
    if (progress.position() >= progress.horizon()) {
      return 0;
    }
    List<StreamEntry> batch =
        RelayTable.after(tx, beginning(tx, progress), MOST_EVENTS, MOST_BYTES);
    if (batch.isEmpty()) {
      // All was there already, or its time is over.
      RelayTable.remember(tx, progress.horizon());
      return 0;
    }
    stream.append(batch, longest);
    RelayTable.remember(tx, batch.get(batch.size() - 1).position());
    return batch.size();
  }

  /**
   * Behind which position to go on. A stream that ends before what is remembered has lost its last
   * entries, such as when Redis came back with an older state; they are in the database.
   */
  private long beginning(Statements tx, Progress progress) {
    Optional<StreamEnd> end = stream.end();
    if (end.isEmpty()) {
      return progress.position();
    }
    if (isOfAnotherHistory(tx, end.get(), progress)) {
      String aside = stream.setAside(Long.toString(clock.millis()));
      LOG.warnf(
          "The stream %s was written by others than this database: it is now %s, and a new one"
              + " begins. Consumer groups have to be made anew.",
          EventStream.KEY, aside);
      return progress.position();
    }
    return Math.max(end.get().position(), progress.position() - longest);
  }

  /** What the stream ends with is not, or not yet, in this database: as after a restore. */
  private static boolean isOfAnotherHistory(Statements tx, StreamEnd end, Progress progress) {
    String eventId = end.eventId();
    return end.isForeign(progress.horizon())
        || (eventId != null && RelayTable.isAnother(tx, end.position(), eventId));
  }
}
