package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Body;
import io.ordinaut.api.http.NamePage;
import io.ordinaut.api.http.Problem;
import io.ordinaut.api.http.Query;
import io.ordinaut.json.Json;
import io.ordinaut.store.Db;
import io.ordinaut.store.Statements;
import io.ordinaut.stream.NudgeStream;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Servers that speak MCP, from which tools come. */
@Path("/v1/mcp-servers")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Tools")
public class McpServerResource {
  private final Db db;
  private final NudgeStream nudges;

  @Inject
  McpServerResource(Db db, NudgeStream nudges) {
    this.db = db;
    this.nudges = nudges;
  }

  /** Lists servers by name. */
  @GET
  @Operation(
      summary = "List MCP servers",
      description =
          "By name, with what became of the last discovery of their tools. limit 1-200. The Link"
              + " header leads on.")
  public Response list(@Context UriInfo uri) {
    Query query = new Query(uri);
    NamePage page = query.namePage();
    query.done();
    return page.answer(McpServerTable.list(db, page), uri);
  }

  /** Shows a server. */
  @GET
  @Path("/{name}")
  @Operation(summary = "Show an MCP server")
  public Response show(@PathParam("name") String name, @Context UriInfo uri) {
    new Query(uri).done();
    ObjectNode server =
        McpServerTable.byName(db, existing(name)).orElseThrow(McpServerResource::notFound);
    return Response.ok(Json.write(server)).tag(Precondition.tag(server)).build();
  }

  /** Adds or changes a server and discovers its tools. */
  @PUT
  @Path("/{name}")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Add or change an MCP server",
      description =
          "Body {\"transport\": \"http\", \"url\", \"headers\"?}; a header that carries a credential"
              + " refers to a secret: {\"Authorization\": \"Bearer ${secrets.NAME}\"}. A worker then"
              + " discovers its tools, which appear as name.tool; discovery_run_id is the run that"
              + " does so. If-Match with the ETag guards against lost edits.")
  public Response put(
      @PathParam("name") String name,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      byte @Nullable [] body,
      @Context UriInfo uri) {
    new Query(uri).done();
    McpServerDraft draft = McpServerDraft.parse(name, Body.json(body));
    ObjectNode server = db.transaction(tx -> put(tx, draft, ifMatch));
    nudges.send(NudgeStream.SCHEDULE);
    return Response.accepted(Json.write(server))
        .location(URI.create("/v1/runs/" + server.get("discovery_run_id").asText()))
        .tag(Precondition.tag(server))
        .build();
  }

  private static ObjectNode put(Statements tx, McpServerDraft draft, @Nullable String ifMatch) {
    Optional<ObjectNode> before = McpServerTable.lock(tx, draft.name());
    Precondition.check(ifMatch, before);
    before.ifPresent(McpServerResource::refuseOperators);
    if (ToolTable.hasHttpToolsOf(tx, draft.name())) {
      throw new Problem(
          409,
          "There are HTTP tools with names that begin with "
              + draft.name()
              + ".; remove them or choose another name for the server.");
    }
    ObjectNode server = McpServerTable.put(tx, draft);
    return server.put("discovery_run_id", Discovery.of(tx, draft.name()).toString());
  }

  /** Removes a server with its tools. */
  @DELETE
  @Path("/{name}")
  @Operation(
      summary = "Remove an MCP server",
      description = "With its tools; steps that use them fail from then on.")
  public Response delete(
      @PathParam("name") String name,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Context UriInfo uri) {
    new Query(uri).done();
    String existing = existing(name);
    return db.transaction(
        tx -> {
          ObjectNode server =
              McpServerTable.lock(tx, existing).orElseThrow(McpServerResource::notFound);
          Precondition.check(ifMatch, Optional.of(server));
          refuseOperators(server);
          McpServerTable.delete(tx, existing);
          return Response.noContent().build();
        });
  }

  private static void refuseOperators(ObjectNode server) {
    if (server.get("transport").asText().equals("stdio")) {
      throw new Problem(
          409, "This server comes from the operator's configuration and is changed there.");
    }
  }

  private static String existing(String name) {
    if (!McpServerDraft.isWellFormed(name)) {
      throw notFound();
    }
    return name;
  }

  private static Problem notFound() {
    return Problem.notFound("MCP server");
  }
}
