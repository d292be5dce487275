package io.ordinaut.api.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Body;
import io.ordinaut.api.http.Page;
import io.ordinaut.api.http.Problem;
import io.ordinaut.api.http.Query;
import io.ordinaut.api.run.RunFilter;
import io.ordinaut.api.run.RunTable;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.json.Storable;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.task.Task;
import io.ordinaut.task.TaskDraft;
import io.ordinaut.work.Ids;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Tasks: what to run, and when. */
@Path("/v1/tasks")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Tasks")
public class TaskResource {
  private static final int LARGEST_BATCH = 1_000;

  private final TaskTable tasks;
  private final TaskCommands commands;
  private final RunTable runs;
  private final NudgeStream nudges;

  @Inject
  TaskResource(TaskTable tasks, TaskCommands commands, RunTable runs, NudgeStream nudges) {
    this.tasks = tasks;
    this.commands = commands;
    this.runs = runs;
    this.nudges = nudges;
  }

  /** Creates a task. */
  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(summary = "Create a task", description = "Answers with its first next_run.")
  public Response create(byte[] body) {
    TaskDraft draft = TaskDraft.parse(Body.json(body), tasks.now());
    Task task = tasks.insert(Ids.next(), Ids.SYSTEM_AGENT, draft);
    nudges.send(NudgeStream.SCHEDULE);
    return Response.created(URI.create("/v1/tasks/" + task.id()))
        .tag(TaskJson.tag(task))
        .entity(TaskJson.write(task))
        .build();
  }

  /** Creates many tasks; each stands or falls alone. */
  @POST
  @Path("/batch")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Create up to 1,000 tasks",
      description =
          "Body {\"tasks\": [...]}; each task is accepted or refused on its own. Of a task that is"
              + " refused ten faults are named.")
  public String createBatch(byte[] body) {
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(Body.json(body), "", violations);
    if (fields.node("tasks") == null) {
      fields.fault("tasks", "is required.");
    }
    List<JsonNode> sent = fields.list("tasks", LARGEST_BATCH, JsonFields.Element::value);
    fields.refuseUnknown();
    violations.throwIfAny();

    Instant now = tasks.now();
    List<UUID> ids = new ArrayList<>();
    List<TaskDraft> drafts = new ArrayList<>();
    BatchFaults faults = new BatchFaults();
    ObjectNode answer = Json.object();
    var results = answer.putArray("results");
    for (int i = 0; i < sent.size(); i++) {
      ObjectNode result = results.addObject().put("index", i);
      try {
        drafts.add(TaskDraft.parse(sent.get(i), now));
        ids.add(Ids.next());
        result.put("status", 201).put("id", ids.get(ids.size() - 1).toString());
      } catch (InvalidInputException e) {
        result.put("status", 422).set("errors", faults.of(e));
      }
    }
    if (!drafts.isEmpty()) {
      tasks.insertAll(ids, Ids.SYSTEM_AGENT, drafts);
      nudges.send(NudgeStream.SCHEDULE);
    }
    return Json.write(answer);
  }

  /** Lists tasks, newest first. */
  @GET
  @Operation(
      summary = "List tasks",
      description =
          "Newest first. Filters: status, schedule_kind, created_by, concurrency_key, label.KEY, q (in the title),"
              + " next_run_before, next_run_after; limit 1-200. The Link header leads on.")
  public Response list(@Context UriInfo uri) {
    Query query = new Query(uri);
    TaskFilter filter = TaskFilter.of(query);
    Page page = query.page();
    query.done();
    return page.answer(tasks.list(filter, page).stream().map(TaskJson::node).toList(), uri);
  }

  /** Shows a task. */
  @GET
  @Path("/{id}")
  @Operation(summary = "Show a task")
  public Response show(@PathParam("id") String id, @Context UriInfo uri) {
    new Query(uri).done();
    return answer(existing(id));
  }

  /** Edits a task. */
  @PATCH
  @Path("/{id}")
  @Consumes({"application/merge-patch+json", MediaType.APPLICATION_JSON})
  @Operation(
      summary = "Edit a task",
      description = "JSON merge patch; If-Match with the ETag guards against lost edits.")
  public Response edit(
      @PathParam("id") String id, @HeaderParam("If-Match") @Nullable String ifMatch, byte[] body) {
    return answer(commands.edit(Body.id(id, "task"), Body.json(body), ifMatch));
  }

  /** Cancels a task, or removes it with its history. */
  @DELETE
  @Path("/{id}")
  @Operation(
      summary = "Cancel a task, or remove it",
      description = "With ?purge=true the task and its history are removed.")
  public Response delete(@PathParam("id") String id, @Context UriInfo uri) {
    Query query = new Query(uri);
    boolean purge = query.flag("purge");
    query.done();
    UUID taskId = Body.id(id, "task");
    if (purge) {
      commands.purge(taskId);
      return Response.noContent().build();
    }
    return answer(commands.cancel(taskId));
  }

  /** Pauses a task. */
  @POST
  @Path("/{id}/pause")
  @Operation(summary = "Pause a task", description = "Started runs go on, nothing new starts.")
  public Response pause(@PathParam("id") String id) {
    return answer(commands.pause(Body.id(id, "task")));
  }

  /** Resumes a task. */
  @POST
  @Path("/{id}/resume")
  @Operation(summary = "Resume a task", description = "It goes on with its next occurrence.")
  public Response resume(@PathParam("id") String id) {
    return answer(commands.resume(Body.id(id, "task")));
  }

  /** Cancels a task. */
  @POST
  @Path("/{id}/cancel")
  @Operation(summary = "Cancel a task", description = "Final; running work is asked to stop.")
  public Response cancel(@PathParam("id") String id) {
    return answer(commands.cancel(Body.id(id, "task")));
  }

  /** Runs a task now. */
  @POST
  @Path("/{id}/run_now")
  @Operation(
      summary = "Run a task now",
      description = "Beside its schedule; optional body {\"params\": {...}} overlays its params.")
  public Response runNow(@PathParam("id") String id, byte @Nullable [] body) {
    UUID workId = commands.runNow(Body.id(id, "task"), params(body));
    return Response.accepted(Json.write(Json.object().put("work_id", workId.toString())))
        .location(URI.create("/v1/runs/" + workId))
        .build();
  }

  private static @Nullable JsonNode params(byte @Nullable [] body) {
    if (body == null || body.length == 0) {
      return null;
    }
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(Body.json(body), "", violations);
    JsonNode params = fields.node("params");
    if (params != null && !params.isObject()) {
      fields.fault("params", "must be a JSON object.");
    }
    if (params != null) {
      Storable.check(params, "params", violations);
    }
    fields.refuseUnknown();
    violations.throwIfAny();
    return params;
  }

  /** Lists the runs of a task, newest first. */
  @GET
  @Path("/{id}/runs")
  @Operation(summary = "List the runs of a task", description = "Newest first.")
  public Response runs(@PathParam("id") String id, @Context UriInfo uri) {
    Query query = new Query(uri);
    RunFilter filter = RunFilter.ofTask(query, Body.id(id, "task"));
    Page page = query.page();
    query.done();
    existing(id);
    return page.answer(runs.list(filter, page), uri);
  }

  private static Response answer(Task task) {
    return Response.ok(TaskJson.write(task)).tag(TaskJson.tag(task)).build();
  }

  private Task existing(String id) {
    UUID uuid = Body.id(id, "task");
    return tasks.byId(uuid).orElseThrow(() -> Problem.notFound("task"));
  }
}
