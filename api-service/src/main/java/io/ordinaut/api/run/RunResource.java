package io.ordinaut.api.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Body;
import io.ordinaut.api.http.Page;
import io.ordinaut.api.http.Problem;
import io.ordinaut.api.http.Query;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
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
import java.net.URI;
import java.util.UUID;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Runs: what became of the occurrences. */
@Path("/v1/runs")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Runs")
public class RunResource {
  private final RunTable runs;
  private final RunCommands commands;

  @Inject
  RunResource(RunTable runs, RunCommands commands) {
    this.runs = runs;
    this.commands = commands;
  }

  /** Lists runs, newest first. */
  @GET
  @Operation(
      summary = "List runs",
      description =
          "Newest first; those that have started, or with status=pending those that have not."
              + " Filters: task_id, status, worker_id, started_after, started_before, error_code;"
              + " limit 1-200. The Link header leads on.")
  public Response list(@Context UriInfo uri) {
    Query query = new Query(uri);
    RunFilter filter = RunFilter.of(query);
    Page page = query.page();
    query.done();
    return page.answer(runs.list(filter, page), uri);
  }

  /** Shows a run with its steps. */
  @GET
  @Path("/{id}")
  @Operation(
      summary = "Show a run",
      description =
          "With every try of every step so far; of more than 1,000 the last, and steps_left_out"
              + " says how many came before.")
  public String show(@PathParam("id") String id, @Context UriInfo uri) {
    new Query(uri).done();
    return shown(Body.id(id, "run"));
  }

  private String shown(UUID id) {
    return Json.write(runs.byId(id).orElseThrow(() -> Problem.notFound("run")));
  }

  /** Cancels a run. */
  @POST
  @Path("/{id}/cancel")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Cancel a run",
      description =
          "Work that no worker holds has ended with the answer; running work stops within two"
              + " seconds, its calls are aborted. 409 for a run that has ended or is rolled back.")
  public Response cancel(@PathParam("id") String id, @Context UriInfo uri, byte @Nullable [] body) {
    new Query(uri).done();
    UUID runId = Body.id(id, "run");
    read(body, fields -> runId);
    commands.cancel(runId);
    return Response.accepted(shown(runId)).build();
  }

  /** Tries a run again. */
  @POST
  @Path("/{id}/retry")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Try a run again",
      description =
          "A new run goes on at the failed step, with the payload, params and idempotency keys of"
              + " the first one. {\"from\": \"start\", \"payload\": \"current\" | \"original\"}"
              + " begins anew, under keys of its own; current, the default, is what the task says"
              + " now.")
  public Response retry(@PathParam("id") String id, @Context UriInfo uri, byte @Nullable [] body) {
    new Query(uri).done();
    UUID workId = commands.retry(Body.id(id, "run"), read(body, RetryMode::read));
    return Response.accepted(Json.write(Json.object().put("work_id", workId.toString())))
        .location(URI.create("/v1/runs/" + workId))
        .build();
  }

  private static <T> T read(byte @Nullable [] body, Function<JsonFields, T> reader) {
    Violations violations = new Violations();
    boolean empty = body == null || body.length == 0;
    JsonFields fields = new JsonFields(empty ? Json.object() : Body.json(body), "", violations);
    T content = reader.apply(fields);
    fields.refuseUnknown();
    violations.throwIfAny();
    return content;
  }

  /** Tries many runs again. */
  @POST
  @Path("/redrive")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Try again the runs that match",
      description =
          "Body {task_id, error_code, status: failed | timed_out | canceled, finished_after,"
              + " finished_before, limit 1-1000 (100), dry_run, from, payload}, each optional; the"
              + " newest first. Runs that another one has taken up, or that can't be tried again"
              + " so, are left out and use up nothing of the limit.")
  public Response redrive(@Context UriInfo uri, byte[] body) {
    new Query(uri).done();
    RedriveRequest request = RedriveRequest.parse(Body.json(body));
    return Response.status(request.dryRun() ? 200 : 202)
        .entity(Json.write(answer(commands.redrive(request), request.dryRun())))
        .build();
  }

  private static ObjectNode answer(RunCommands.Retried retried, boolean dryRun) {
    ObjectNode answer = Json.object();
    answer.put("matched", retried.started().size() + retried.refused().size());
    answer.put("redriven", dryRun ? 0 : retried.started().size());
    ArrayNode runs = answer.putArray("runs");
    retried
        .started()
        .forEach(
            (id, workId) ->
                runs.addObject()
                    .put("run_id", id.toString())
                    .put("work_id", dryRun ? null : workId.toString()));
    ArrayNode leftOut = answer.putArray("left_out");
    retried
        .refused()
        .forEach((id, why) -> leftOut.addObject().put("run_id", id.toString()).put("reason", why));
    return answer;
  }
}
