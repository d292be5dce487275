package io.ordinaut.api.task;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Body;
import io.ordinaut.api.http.Problem;
import io.ordinaut.api.http.Query;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.schedule.Jitter;
import io.ordinaut.store.Db;
import io.ordinaut.task.Forecast;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskStatus;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The occurrences of one task: those to come, those past, and what users do to single ones. */
@Path("/v1/tasks/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Tasks")
public class TaskTimeResource {
  private static final int MOST = 1_000;

  private static final Duration A_DAY = Duration.ofDays(1);
  private static final Instant FAR = Instant.parse("9999-12-31T23:59:59Z");

  private final Db db;
  private final TaskTable tasks;
  private final TimeCommands commands;
  private final InstantSource clock = InstantSource.system();

  @Inject
  TaskTimeResource(Db db, TaskTable tasks, TimeCommands commands) {
    this.db = db;
    this.tasks = tasks;
    this.commands = commands;
  }

  /** Puts off the next occurrence. */
  @POST
  @Path("/snooze")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Snooze the next occurrence",
      description =
          "Body {delay_seconds} (1 s to 7 days) or {until}, and a reason; the occurrence keeps its"
              + " run_at and the schedule goes on unmoved.")
  public Response snooze(@PathParam("id") String id, byte @Nullable [] body) {
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(Body.json(body), "", violations);
    Long delay = fields.integer("delay_seconds", 1, Duration.ofDays(7).toSeconds());
    Instant until = fields.instant("until");
    String reason = fields.text("reason", 500);
    if (fields.node("delay_seconds") == null == (fields.node("until") == null)) {
      fields.fault("delay_seconds", "or until must be given, and not both.");
    }
    fields.refuseUnknown();
    violations.throwIfAny();
    TimeCommands.Snoozed snoozed =
        commands.snooze(
            Body.id(id, "task"),
            new TimeCommands.Snooze(
                delay == null ? null : Duration.ofSeconds(delay), until, reason));
    ObjectNode answer = Json.object();
    answer.put("work_id", snoozed.workId().toString());
    answer.put("run_at", snoozed.runAt().toString());
    answer.put("available_at", snoozed.availableAt().toString());
    return Response.accepted(Json.write(answer)).build();
  }

  /** Makes up for past occurrences. */
  @POST
  @Path("/backfill")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Run past occurrences that did not fire",
      description =
          "Body {from, to, limit, dry_run, force}; force also runs those that did fire, and is"
              + " needed where runs of that time are not kept any more. Backfilled runs have"
              + " priority 9.")
  public Response backfill(@PathParam("id") String id, byte @Nullable [] body) {
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(Body.json(body), "", violations);
    Instant from = required(fields, "from");
    Instant to = required(fields, "to");
    if (from.isAfter(to)) {
      fields.fault("to", "must not be before from.");
    }
    int limit = fields.integer("limit", MOST, 1, MOST);
    boolean dryRun = fields.bool("dry_run", false);
    boolean force = fields.bool("force", false);
    fields.refuseUnknown();
    violations.throwIfAny();
    TimeCommands.Backfilled done =
        commands.backfill(
            Body.id(id, "task"), new TimeCommands.Backfill(from, to, limit, dryRun, force));
    ObjectNode answer = Json.object();
    answer.put("dry_run", dryRun);
    answer.put("count", done.occurrences().size());
    ArrayNode occurrences = answer.putArray("occurrences");
    for (int i = 0; i < done.occurrences().size(); i++) {
      ObjectNode occurrence = occurrences.addObject();
      occurrence.put("run_at", done.occurrences().get(i).toString());
      occurrence.put("work_id", dryRun ? null : done.workIds().get(i).toString());
    }
    answer.put("goes_on_at", done.goesOnAt() == null ? null : done.goesOnAt().toString());
    return Response.status(dryRun ? 200 : 202).entity(Json.write(answer)).build();
  }

  private static Instant required(JsonFields fields, String field) {
    Instant instant = fields.instant(field);
    if (fields.node(field) == null) {
      fields.fault(field, "is required: an RFC 3339 time with an offset.");
    }
    return instant == null ? Instant.EPOCH : instant;
  }

  /** The next occurrences. */
  @GET
  @Path("/upcoming")
  @Operation(
      summary = "The next occurrences of a task",
      description = "By the scheduler's own engine; ?count= 1-1000, default 10.")
  public Response upcoming(@PathParam("id") String id, @Context UriInfo uri) {
    Query query = new Query(uri);
    int count = query.number("count", 10, 1, MOST);
    query.done();
    Task task = existing(id);
    ArrayNode list = Json.MAPPER.createArrayNode();
    for (Instant at : Forecast.of(task, clock.instant(), FAR, count)) {
      Instant available = Jitter.availableAt(task.id(), at, task.spec().firing().jitter());
      ObjectNode occurrence = list.addObject();
      occurrence.put("run_at", at.toString());
      occurrence.put("available_at", (available == null ? at : available).toString());
      occurrence.put("local", at.atZone(task.spec().timezone()).toOffsetDateTime().toString());
    }
    return Response.ok(Json.write(list)).build();
  }

  /** What became of past occurrences. */
  @GET
  @Path("/firings")
  @Operation(
      summary = "What became of every past occurrence",
      description =
          "Newest first: fired ones with their run, and spans that did not fire with the reason."
              + " ?from= (default a day ago) ?to= (default now) ?limit= 1-1000.")
  public Response firings(@PathParam("id") String id, @Context UriInfo uri) {
    Query query = new Query(uri);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    Instant from = query.instant("from");
    Instant to = query.instant("to");
    int limit = query.number("limit", 200, 1, MOST);
    query.done();
    UUID taskId = Body.id(id, "task");
    Instant last = to == null || to.isAfter(now) ? now : to;
    Instant first = from == null ? last.minus(A_DAY) : from;
    // What the cursor passes meanwhile is else both undecided and decided.
    Past past =
        db.snapshot(
            tx ->
                new Past(
                    TaskTable.byId(tx, taskId).orElseThrow(() -> Problem.notFound("task")),
                    TimeTable.firings(tx, taskId, first, last, limit + 1)));
    List<ObjectNode> found = new ArrayList<>(open(past.task(), first, last));
    found.addAll(past.decided());
    ArrayNode list = Json.MAPPER.createArrayNode();
    found.stream().limit(limit).forEach(list::add);
    Response.ResponseBuilder answer = Response.ok(Json.write(list));
    if (found.size() > limit) {
      String until = found.get(limit).path("to").asText();
      answer.header(
          "Link",
          "<"
              + uri.getRequestUriBuilder().replaceQueryParam("to", until).build()
              + ">; rel=\"next\"");
    }
    return answer.build();
  }

  /**
   * A task and its past at one moment.
   *
   * @param decided what became of its occurrences before the cursor, newest first
   */
  private record Past(Task task, List<ObjectNode> decided) {}

  /** The occurrences at and after the cursor whose time has come: nobody has decided about them. */
  private static List<ObjectNode> open(Task task, Instant first, Instant last) {
    Gap gap =
        task.status().isFinal() || Objects.equals(task.nextRun(), task.lastEmitted())
            ? Gap.NONE
            : Gap.until(task, last);
    if (gap.first() == null || gap.last() == null || gap.last().isBefore(first)) {
      return List.of();
    }
    ObjectNode span = Json.object();
    span.put("from", gap.first().toString());
    span.put("to", gap.last().toString());
    span.put("count", gap.count());
    span.put("outcome", task.status() == TaskStatus.PAUSED ? "paused" : "undecided");
    span.putNull("cause").putNull("run_id").putNull("run_status");
    return List.of(span);
  }

  private Task existing(String id) {
    UUID uuid = Body.id(id, "task");
    return tasks.byId(uuid).orElseThrow(() -> Problem.notFound("task"));
  }
}
