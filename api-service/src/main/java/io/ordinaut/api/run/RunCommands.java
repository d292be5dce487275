package io.ordinaut.api.run;

import io.ordinaut.api.http.Problem;
import io.ordinaut.store.CancellationTable;
import io.ordinaut.store.Db;
import io.ordinaut.store.Partitions;
import io.ordinaut.store.Statements;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.work.Ids;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What users do to runs. Each command is one transaction; rows are locked in the order in which
 * everybody locks them: tasks, then work, then runs that have ended.
 */
@ApplicationScoped
public class RunCommands {
  private final Db db;
  private final NudgeStream nudges;

  /** On the given database and nudges. */
  @Inject
  public RunCommands(Db db, NudgeStream nudges) {
    this.db = db;
    this.nudges = nudges;
  }

  /**
   * Cancels a run: one that no worker holds has ended when this returns, another one is asked to
   * stop.
   *
   * @throws Problem 404 when there is none, 409 when it has ended or undoes what it did
   */
  public void cancel(UUID id) {
    Partitions.madeIfMissing(
        db,
        () ->
            db.transaction(
                tx -> {
                  Optional<UUID> taskId = CancelTable.open(tx, id).orElseThrow(() -> ended(tx, id));
                  taskId.ifPresent(task -> CancelTable.lockTask(tx, task));
                  boolean settles =
                      CancellationTable.endSignal(tx, id).orElseGet(() -> end(tx, id));
                  if (settles) {
                    taskId.ifPresent(task -> CancelTable.settle(tx, task));
                  }
                  return id;
                }));
  }

  /** Ends what no worker holds, asks for the end of the rest; whether its end settles its task. */
  private static boolean end(Statements tx, UUID id) {
    CancellationTable.Open open = CancellationTable.lock(tx, id).orElseThrow(() -> ended(tx, id));
    if (open.rollingBack()) {
      throw new Problem(
          409, "The run undoes what it did; a rollback goes on to its end and is not canceled.");
    }
    if (open.held()) {
      CancellationTable.request(tx, id);
      return false;
    }
    CancellationTable.end(tx, id);
    return open.isLast();
  }

  private static Problem ended(Statements tx, UUID id) {
    return CancelTable.ended(tx, id)
        .map(
            status ->
                new Problem(409, "The run has ended as " + status + "; it can't be canceled."))
        .orElseGet(() -> Problem.notFound("run"));
  }

  /**
   * Begins a new run that goes on with one that has ended, or repeats it.
   *
   * @return the new run's id
   * @throws Problem 404 when there is none, 409 when it can't be tried again so
   */
  public UUID retry(UUID id, RetryMode mode) {
    UUID workId =
        db.transaction(
            tx -> {
              Retried retried = retry(tx, List.of(id), mode, false);
              if (retried.isEmpty()) {
                refuseGoingOn(tx, id);
                // It may have ended between the two looks: then it is found now.
                retried = retry(tx, List.of(id), mode, false);
              }
              return started(retried, id);
            });
    nudges.send(NudgeStream.SCHEDULE);
    return workId;
  }

  private static void refuseGoingOn(Statements tx, UUID id) {
    if (CancelTable.open(tx, id).isPresent()) {
      throw new Problem(409, "The run has not ended; wait for its end, or cancel it.");
    }
  }

  private static UUID started(Retried retried, UUID id) {
    String refusal = retried.refused().get(id);
    if (refusal != null) {
      throw new Problem(409, refusal);
    }
    return Optional.ofNullable(retried.started().get(id))
        .orElseThrow(() -> Problem.notFound("run"));
  }

  /** Tries again the runs that match; with a dry run only says which these are. */
  public Retried redrive(RedriveRequest request) {
    Retried retried =
        db.transaction(
            tx -> retry(tx, RetryTable.matching(tx, request), request.mode(), request.dryRun()));
    if (!request.dryRun() && !retried.started().isEmpty()) {
      nudges.send(NudgeStream.SCHEDULE);
    }
    return retried;
  }

  /**
   * What became of runs that were to be tried again.
   *
   * @param started the new run of each; in a dry run the runs that would have one, by themselves
   * @param refused why the others have none
   */
  public record Retried(Map<UUID, UUID> started, Map<UUID, String> refused) {
    boolean isEmpty() {
      return started.isEmpty() && refused.isEmpty();
    }
  }

  /** Runs that share their keys are tried again one after the other: their first one is locked. */
  private static Retried retry(Statements tx, List<UUID> ids, RetryMode mode, boolean dry) {
    List<RetryTable.Origin> origins = RetryTable.origins(tx, ids);
    if (origins.isEmpty()) {
      // What ends only now would not be locked.
      return new Retried(Map.of(), Map.of());
    }
    Set<UUID> family = new HashSet<>(ids);
    origins.forEach(origin -> family.add(origin.rootId()));
    RetryTable.Rows rows = new RetryTable.Rows(Moments.bound(family));
    if (!dry) {
      rows.lock(tx, origins, family);
    }
    Map<UUID, UUID> started = new LinkedHashMap<>();
    Map<UUID, String> refused = new LinkedHashMap<>();
    Set<UUID> roots = new HashSet<>();
    List<RetryTable.NewRun> wanted = new ArrayList<>();
    for (RetrySource source : rows.sources(tx, ids)) {
      String refusal =
          roots.add(source.rootId())
              ? source.refusal(mode)
              : "Another run under the same keys is tried again by this request.";
      if (refusal == null) {
        UUID workId = dry ? source.id() : Ids.next();
        started.put(source.id(), workId);
        wanted.add(new RetryTable.NewRun(source.id(), workId, source.takesCurrent(mode)));
      } else {
        refused.put(source.id(), refusal);
      }
    }
    if (!dry && !wanted.isEmpty()) {
      rows.begin(tx, wanted, mode.fromStart());
    }
    return new Retried(started, refused);
  }
}
