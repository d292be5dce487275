package io.ordinaut.api.stats;

import io.ordinaut.api.http.Page;
import io.ordinaut.api.http.Query;
import io.ordinaut.json.Json;
import io.ordinaut.store.Db;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Shows operators how things are. */
@Path("/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Operating")
public class StatsResource {
  private final Db db;
  private final Overview overview;

  @Inject
  StatsResource(Db db, Overview overview) {
    this.db = db;
    this.overview = overview;
  }

  /** Lists workers. */
  @GET
  @Path("/workers")
  @Operation(
      summary = "List the workers",
      description =
          "The newest first; limit 1-200, the Link header leads on. A worker is active, draining"
              + " after it was told to stop, or silent when it has missed three heartbeats; a silent"
              + " one is forgotten after a day. Counters are since its start.")
  public Response workers(@Context UriInfo uri) {
    Query query = new Query(uri);
    Page page = query.pageOfNamed();
    query.done();
    return page.answer(WorkerTable.list(db, page), "started_at", "worker_id", uri);
  }

  /** Shows the figures. */
  @GET
  @Path("/stats")
  @Operation(
      summary = "Show queue, workers, lateness, and what is stuck",
      description =
          "Counted at most every five seconds, as_of says when. Counts are exact to 100,000, then"
              + " {\"at_least\": 100000}. What is stuck comes with a sentence that says what to do.")
  public String stats(@Context UriInfo uri) {
    new Query(uri).done();
    return Json.write(overview.current().json());
  }
}
