package io.ordinaut.api.event;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.ordinaut.api.http.Body;
import io.ordinaut.api.http.Page;
import io.ordinaut.api.http.Problem;
import io.ordinaut.api.http.Query;
import io.ordinaut.json.Json;
import io.ordinaut.stream.NudgeStream;
import io.ordinaut.work.Ids;
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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Events: what happened, for the tasks that listen. */
@Path("/v1/events")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Events")
public class EventResource {
  private final EventTable events;
  private final NudgeStream nudges;

  @Inject
  EventResource(EventTable events, NudgeStream nudges) {
    this.events = events;
    this.nudges = nudges;
  }

  /** Publishes an event. */
  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Publish an event",
      description =
          "Body {\"topic\", \"payload\"?, \"source\"?, \"dedupe_id\"?}. Starts every task that"
              + " listens to the topic. The same dedupe_id within seven days answers with the first"
              + " event and stores nothing.")
  public Response publish(byte[] body) {
    EventDraft draft = EventDraft.parse(Body.json(body));
    UUID id = events.insert(Ids.next(), Ids.SYSTEM_AGENT, draft);
    nudges.send(NudgeStream.SCHEDULE);
    return Response.accepted(Json.write(Json.object().put("event_id", id.toString())))
        .location(URI.create("/v1/events/" + id))
        .build();
  }

  /** Lists events, newest first. */
  @GET
  @Operation(
      summary = "List events",
      description =
          "Newest first; payloads of more than 64 KiB are left out. Filters: topic (or a pattern:"
              + " order.*, order.#), source, occurred_after, occurred_before; limit 1-200. The Link"
              + " header leads on.")
  public Response list(@Context UriInfo uri) {
    Query query = new Query(uri);
    EventFilter filter = EventFilter.of(query);
    Page page = query.page();
    query.done();
    return page.answer(events.list(filter, page), "occurred_at", uri);
  }

  /** Lists what tasks listen to. */
  @GET
  @Path("/topics")
  @Operation(
      summary = "List the topics that tasks listen to",
      description =
          "Topics and patterns with their number of active and paused tasks, the most wanted first,"
              + " at most 1,000.")
  public String topics(@Context UriInfo uri) {
    new Query(uri).done();
    ArrayNode topics = Json.MAPPER.createArrayNode();
    events.topics().forEach(topics::add);
    return Json.write(topics);
  }

  /** Shows an event. */
  @GET
  @Path("/{id}")
  @Operation(
      summary = "Show an event",
      description = "Its position is null until it is dispatched.")
  public String show(@PathParam("id") String id, @Context UriInfo uri) {
    new Query(uri).done();
    return Json.write(
        events.byId(Body.id(id, "event")).orElseThrow(() -> Problem.notFound("event")));
  }
}
