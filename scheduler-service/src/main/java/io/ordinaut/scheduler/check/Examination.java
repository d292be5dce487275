package io.ordinaut.scheduler.check;

import io.ordinaut.scheduler.check.ExaminationTable.Relayed;
import io.ordinaut.store.Db;
import io.ordinaut.store.SchemaCheck;
import io.ordinaut.store.Statements;
import io.ordinaut.store.Stuck;
import io.ordinaut.store.StuckTable;
import io.ordinaut.stream.EventStream;
import io.ordinaut.stream.StreamEnd;
import io.ordinaut.stream.StreamException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Looks at a database and at Redis, while services may be running, and changes nothing. */
public final class Examination {
  private static final Duration LONG_SILENCE = Duration.ofMinutes(1);

  /** Snapshots may be as much older. */
  private static final int SNAPSHOTS = 5;

  private static final long LONG_LAG_SECONDS = 60;

  private final Db db;
  private final @Nullable EventStream stream;
  private final Duration silence;
  private final List<String> facts = new ArrayList<>();
  private final List<Symptom> symptoms = new ArrayList<>();

  /**
   * @param db the database
   * @param stream of events in Redis; null when it is not known where that is
   */
  public Examination(Db db, @Nullable EventStream stream) {
    this(db, stream, LONG_SILENCE);
  }

  /**
   * @param db the database
   * @param stream of events in Redis; null when it is not known where that is
   * @param silence for how long a session may hold something and do nothing
   */
  public Examination(Db db, @Nullable EventStream stream, Duration silence) {
    this.db = db;
    this.stream = stream;
    this.silence = silence;
  }

  /** Looks once. */
  public Diagnosis run() {
    int version = new SchemaCheck(db).version();
    facts.add("The schema is of version %s.".formatted(version));
    if (version < SchemaCheck.NEEDED_VERSION) {
      found(
          "schema too old",
          "Version %s is needed.".formatted(SchemaCheck.NEEDED_VERSION),
          "Start an api-service of this version, which migrates it; until then the others wait.");
      return new Diagnosis(facts, symptoms);
    }
    promises();
    // Before the horizon is read: what is relayed in between is then below it.
    StreamEnd end = streamEnd();
    Relayed relayed =
        db.transaction(
            tx -> {
              ExaminationTable.readOnly(tx);
              clock(tx);
              work(tx);
              tables(tx);
              sessions(tx);
              return ExaminationTable.relayed(tx);
            });
    redis(relayed, end);
    return new Diagnosis(facts, symptoms);
  }

  private void found(String name, String what, String advice) {
    symptoms.add(new Symptom(name, what, advice));
  }

  private void found(String name, List<String> whats, String advice) {
    whats.forEach(what -> found(name, what, advice));
  }

  private void promises() {
    for (Finding finding : new Invariants(db).check()) {
      found(
          "broken promise",
          finding + ".",
          "This must never happen: keep a copy of the database, and report it with the logs of that"
              + " time.");
    }
  }

  private void clock(Statements tx) {
    found(
        "clock went back",
        ExaminationTable.clockWentBack(tx),
        "The database's clock was ahead: see that it stays right. Until then check leaves out what"
            + " is older, a worker that is gone may look alive, and tasks that were planned"
            + " meanwhile wait for their next_run.");
  }

  private void work(Statements tx) {
    found(
        "brake",
        ExaminationTable.brake(tx),
        "Nothing is emitted and nothing leased until it is released.");
    for (Stuck stuck : StuckTable.find(tx)) {
      found(
          "stuck: " + stuck.kind().shown(),
          String.format(
              Locale.ROOT,
              "%s of it, the oldest for %.0f s.",
              stuck.count(),
              stuck.oldestSeconds()),
          stuck.kind().advice());
    }
    found(
        "silent worker",
        ExaminationTable.silentWorkers(tx),
        "It was killed, it hangs, or it can't reach the database; others take its runs over when"
            + " their leases run out. Start it again, or forget it: an hour later so does this.");
  }

  private void tables(Statements tx) {
    List<String> missing = ExaminationTable.missingPartitions(tx);
    if (!missing.isEmpty()) {
      found(
          "missing partitions",
          "There is no " + String.join(", ", missing) + ".",
          "Start a scheduler-service, which makes them at its start, or look in its log for what"
              + " keeps it from doing so.");
    }
    found(
        "too many partitions",
        ExaminationTable.tooManyPartitions(tx),
        "Each makes every look-up slower: look in the log of scheduler-service for what keeps old"
            + " ones from going, or keep history for a shorter time.");
  }

  private void sessions(Statements tx) {
    found(
        "left over",
        ExaminationTable.leftOver(tx, silence),
        "Others may wait for it: end what it belongs to, or call pg_terminate_backend with its"
            + " number.");
    found(
        "prepared transaction",
        ExaminationTable.prepared(tx, silence),
        "It keeps its locks for ever, and old rows in the tables: end it by COMMIT PREPARED or"
            + " ROLLBACK PREPARED.");
    ExaminationTable.oldestSnapshot(tx)
        .ifPresentOrElse(
            oldest -> {
              facts.add("The oldest snapshot is %s s old.".formatted(oldest.seconds()));
              if (oldest.seconds() > SNAPSHOTS * silence.toSeconds()) {
                found(
                    "old snapshot",
                    "Process %s has had one for %s s.".formatted(oldest.pid(), oldest.seconds()),
                    "Until it ends no row that was changed since can be cleared away, and work"
                        + " becomes slower: end the report or the backup, or let it read from a"
                        + " replica.");
              }
            },
            () -> facts.add("Nobody else has a snapshot."));
  }

  /** Null when there is none to be had, which then is said. */
  private @Nullable StreamEnd streamEnd() {
    if (stream == null) {
      facts.add("Redis was not asked: REDIS_URL does not say where it is.");
      return null;
    }
    try {
      return stream.end().orElse(new StreamEnd(0, null));
    } catch (StreamException e) {
      found(
          "no redis",
          "It can't be asked: " + e.getMessage() + ".",
          "Work is found by polling and events wait until it is back: start it, or correct"
              + " REDIS_URL.");
      return null;
    }
  }

  private void redis(Relayed relayed, @Nullable StreamEnd end) {
    facts.add(
        "Events are relayed up to position %s of %s."
            .formatted(relayed.position(), relayed.horizon()));
    if (relayed.position() < relayed.horizon() && relayed.seconds() > LONG_LAG_SECONDS) {
      found(
          "relay behind",
          "The oldest event that is not in Redis yet is %s s old.".formatted(relayed.seconds()),
          "Start a scheduler-service, or look in its log why Redis does not take events; none is"
              + " lost.");
    }
    if (end == null) {
      return;
    }
    if (end.isForeign(relayed.horizon())) {
      found(
          "foreign stream",
          "%s in Redis ends with what is no event of this database.".formatted(EventStream.KEY),
          "It is of another database, or somebody else writes there; with the next event it is"
              + " renamed and begun anew.");
    } else {
      facts.add("The stream in Redis ends at position %s.".formatted(end.position()));
    }
  }
}
