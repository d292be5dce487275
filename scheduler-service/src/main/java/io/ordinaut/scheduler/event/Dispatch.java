package io.ordinaut.scheduler.event;

import io.ordinaut.store.Db;
import io.ordinaut.store.DbException;
import io.ordinaut.store.Statements;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Starts the tasks that listen for events. One scheduler at a time does so: in one transaction a
 * batch of events gets its positions, and the tasks their signals. Any committed event without a
 * position is taken, however late it was committed.
 */
public final class Dispatch {
  private static final Logger LOG = Logger.getLogger(Dispatch.class);
  private static final int MOST_EVENTS = 200;

  /** Of one transaction, unless a single event has more; some seconds' worth of inserts. */
  private static final int MOST_FIRINGS = 10_000;

  /** Of one statement, since each takes a copy of a payload of up to 1 MiB. */
  private static final int FIRINGS_AT_ONCE = 1_000;

  /** Of one transaction, well below what a statement may take. */
  private static final long LONGEST_DECISION_NANOS = 3_000_000_000L;

  /** How many payloads are read at once. */
  private static final int PAYLOADS_AT_ONCE = 16;

  private final Db db;
  private final Runnable wake;
  private final Consumer<Backlog> told;
  private final Wishes wishes = new Wishes();

  /**
   * @param db the database
   * @param wake called when there are new signals
   */
  public Dispatch(Db db, Runnable wake) {
    this(db, wake, backlog -> {});
  }

  /**
   * @param db the database
   * @param wake called when there are new signals
   * @param told what was found at each look, events that are still to be relayed among it
   */
  public Dispatch(Db db, Runnable wake, Consumer<Backlog> told) {
    this.db = db;
    this.wake = wake;
    this.told = told;
  }

  /**
   * One turn.
   *
   * @return how many events were dispatched; 0 also while another scheduler dispatches
   */
  public int once() {
    Backlog backlog = DispatchTable.backlog(db);
    if (!backlog.isWhole()) {
      LOG.warn("Rows of event_horizon or event_relay are gone: they are made anew.");
      DispatchTable.restore(db);
      backlog = DispatchTable.backlog(db);
    }
    told.accept(backlog);
    return backlog.isUndispatched() ? dispatch(MOST_EVENTS) : 0;
  }

  /** A batch that the database refuses is halved until the culprit is alone. */
  private int dispatch(int limit) {
    List<Event> taken = new ArrayList<>();
    try {
      Batch done = db.transaction(tx -> dispatch(tx, limit, taken));
      if (!done.fires().isEmpty()) {
        wake.run();
      }
      return done.events().size();
    } catch (DbException e) {
      if (e.isUnavailable() || taken.isEmpty()) {
        throw e;
      }
      if (taken.size() > 1) {
        return dispatch(taken.size() / 2);
      }
      return giveUp(taken.get(0), String.valueOf(e.getMessage()));
    }
  }

  /** Exactly that event: another one may have become the oldest meanwhile. */
  private int giveUp(Event event, String reason) {
    LOG.errorf("Event %s starts nothing: its signals can't be stored: %s", event.id(), reason);
    return db.transaction(
        tx -> DispatchTable.lock(tx) ? DispatchTable.givePositions(tx, List.of(event)) : 0);
  }

  /**
   * What was decided.
   *
   * @param events that get a position
   * @param fires what starts tasks
   * @param paused what only is recorded
   */
  private record Batch(List<Event> events, List<Firing> fires, List<Firing> paused) {
    static final Batch NONE = new Batch(List.of(), List.of(), List.of());
  }

  private Batch dispatch(Statements tx, int limit, List<Event> taken) {
    taken.clear();
    if (!DispatchTable.lock(tx)) {
      return Batch.NONE;
    }
    taken.addAll(DispatchTable.waiting(tx, limit));
    if (taken.isEmpty()) {
      return Batch.NONE;
    }
    Batch batch = decide(tx, taken);
    write(tx, batch);
    return batch;
  }

  private Batch decide(Statements tx, List<Event> waiting) {
    Audience audience =
        new Audience(waiting.stream().map(Event::topic).toList(), DispatchTable.wildcards(tx));
    DispatchTable.listeners(tx, audience.patterns()).forEach(audience::add);
    List<Event> events = new ArrayList<>();
    List<Firing> candidates = new ArrayList<>();
    for (Event event : waiting) {
      List<Listener> listeners = audience.of(event.topic());
      if (!events.isEmpty() && candidates.size() + listeners.size() > MOST_FIRINGS) {
        break;
      }
      events.add(event);
      if (!event.isTooDeep()) {
        listeners.forEach(listener -> candidates.add(new Firing(event, listener)));
      } else if (!listeners.isEmpty()) {
        LOG.warnf(
            "Event %s of topic %s starts nothing: it is %s runs deep.",
            event.id(), event.topic(), event.depth());
      }
    }
    List<Firing> wanted = wanted(tx, events, candidates);
    return new Batch(
        events,
        wanted.stream().filter(f -> !f.listener().isPaused()).toList(),
        wanted.stream().filter(f -> f.listener().isPaused()).toList());
  }

  /**
   * Leaves out what a task's condition does not want; only for conditions are payloads read. Events
   * for which there is no time any more are left out too, for the next turn.
   */
  private List<Firing> wanted(Statements tx, List<Event> events, List<Firing> candidates) {
    long begun = System.nanoTime();
    Map<Event, List<Firing>> conditional = new LinkedHashMap<>();
    for (Firing firing : candidates) {
      if (firing.listener().when() != null) {
        conditional.computeIfAbsent(firing.event(), e -> new ArrayList<>()).add(firing);
      }
    }
    Set<Firing> unwanted = new HashSet<>();
    for (List<Event> some : parts(List.copyOf(conditional.keySet()), PAYLOADS_AT_ONCE)) {
      Map<UUID, String> texts = DispatchTable.texts(tx, some);
      for (Event event : some) {
        if (System.nanoTime() - begun > LONGEST_DECISION_NANOS && !event.equals(events.get(0))) {
          events.subList(events.indexOf(event), events.size()).clear();
          Set<Event> decided = new HashSet<>(events);
          return candidates.stream()
              .filter(firing -> decided.contains(firing.event()) && !unwanted.contains(firing))
              .toList();
        }
        List<Firing> firings = conditional.getOrDefault(event, List.of());
        unwanted.addAll(wishes.unwanted(firings, texts.getOrDefault(event.id(), "")));
      }
    }
    return candidates.stream().filter(firing -> !unwanted.contains(firing)).toList();
  }

  private static void write(Statements tx, Batch batch) {
    int given = DispatchTable.givePositions(tx, batch.events());
    if (given != batch.events().size()) {
      throw new IllegalStateException(
          "Only %s of %s events could be given a position; they wait."
              .formatted(given, batch.events().size()));
    }
    parts(batch.fires(), FIRINGS_AT_ONCE).forEach(some -> DispatchTable.signal(tx, some));
    parts(batch.paused(), FIRINGS_AT_ONCE).forEach(some -> DispatchTable.recordPaused(tx, some));
  }

  private static <T> List<List<T>> parts(List<T> all, int size) {
    List<List<T>> parts = new ArrayList<>();
    for (int from = 0; from < all.size(); from += size) {
      parts.add(all.subList(from, Math.min(all.size(), from + size)));
    }
    return parts;
  }
}
