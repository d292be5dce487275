package io.ordinaut.api.stats;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.admin.Brake;
import io.ordinaut.json.Json;
import io.ordinaut.store.Stuck;
import io.ordinaut.store.StuckTable;
import java.time.Instant;
import java.util.List;

/**
 * How things are.
 *
 * @param asOf when they were counted
 * @param queue what is open
 * @param workers who works
 * @param lagSeconds how late the earliest owed occurrence is
 * @param signals commands and matched events that are not work yet
 * @param events that have no position yet
 * @param oldestSnapshotSeconds how long the oldest transaction has kept the database from clearing
 *     away what is deleted
 * @param brake whether everything is paused
 * @param stuck what waits although nothing that should hold it up does
 */
record Stats(
    Instant asOf,
    Queue queue,
    Workers workers,
    double lagSeconds,
    long signals,
    long events,
    double oldestSnapshotSeconds,
    Brake brake,
    List<Stuck> stuck) {
  /**
   * Open work.
   *
   * @param due waits for a worker
   * @param waiting for its time
   * @param running is held by a worker
   * @param oldestDueSeconds how late the oldest of what is due is
   */
  record Queue(long due, long waiting, long running, double oldestDueSeconds) {}

  /**
   * Workers that were heard of.
   *
   * @param active take work
   * @param draining were told to stop
   * @param silent have missed three heartbeats
   * @param capacity of the active ones
   * @param running of those that are not silent
   * @param runsPerMinute that those finished in the last minute
   */
  record Workers(
      long active, long draining, long silent, long capacity, long running, long runsPerMinute) {}

  ObjectNode json() {
    ObjectNode json = Json.object().put("as_of", asOf.toString());
    ObjectNode depth = json.putObject("queue_depth");
    count(depth, "due", queue.due());
    count(depth, "waiting", queue.waiting());
    count(depth, "running", queue.running());
    json.put("oldest_due_seconds", queue.oldestDueSeconds());
    json.put("scheduler_lag_seconds", lagSeconds);
    json.put("runs_per_minute", workers.runsPerMinute());
    json.putObject("workers")
        .put("active", workers.active())
        .put("draining", workers.draining())
        .put("silent", workers.silent())
        .put("capacity", workers.capacity())
        .put("running", workers.running());
    count(json, "signals_waiting", signals);
    count(json, "events_waiting", events);
    json.put("oldest_snapshot_seconds", oldestSnapshotSeconds);
    json.set("brake", brake.json());
    ArrayNode list = json.putArray("stuck");
    for (Stuck one : stuck) {
      ObjectNode entry = list.addObject().put("kind", one.kind().shown());
      count(entry, "count", one.count());
      entry.put("oldest_seconds", one.oldestSeconds()).put("advice", one.kind().advice());
    }
    return json;
  }

  private static void count(ObjectNode json, String field, long count) {
    if (count > StuckTable.MOST) {
      json.putObject(field).put("at_least", StuckTable.MOST);
    } else {
      json.put(field, count);
    }
  }

  /** How much of a kind is stuck. */
  long stuck(Stuck.Kind kind) {
    return stuck.stream().filter(s -> s.kind() == kind).mapToLong(Stuck::count).sum();
  }
}
