package io.ordinaut.api.run;

import io.ordinaut.api.http.Body;
import io.ordinaut.api.http.Page;
import io.ordinaut.api.http.Problem;
import io.ordinaut.api.http.Query;
import io.ordinaut.json.Json;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Runs: what became of the occurrences. */
@Path("/v1/runs")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Runs")
public class RunResource {
  private final RunTable runs;

  @Inject
  RunResource(RunTable runs) {
    this.runs = runs;
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
  @Operation(summary = "Show a run", description = "With every try of every step so far.")
  public String show(@PathParam("id") String id, @Context UriInfo uri) {
    new Query(uri).done();
    return Json.write(runs.byId(Body.id(id, "run")).orElseThrow(() -> Problem.notFound("run")));
  }
}
