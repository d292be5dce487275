package io.ordinaut.api.tool;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.Body;
import io.ordinaut.api.http.NamePage;
import io.ordinaut.api.http.Problem;
import io.ordinaut.api.http.Query;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.json.Json;
import io.ordinaut.pipeline.ToolName;
import io.ordinaut.store.Db;
import io.ordinaut.store.Statements;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Tools: what the steps of pipelines can use. */
@Path("/v1/tools")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Tools")
public class ToolResource {
  private final Db db;
  private final ToolCalls calls;
  private final boolean testTools;

  @Inject
  ToolResource(
      Db db,
      ToolCalls calls,
      @ConfigProperty(name = "ordinaut.worker.test-tools", defaultValue = "false")
          boolean testTools) {
    this.db = db;
    this.calls = calls;
    this.testTools = testTools;
  }

  /** Lists tools by name. */
  @GET
  @Operation(
      summary = "List tools",
      description =
          "By name: built-in ones, those of MCP servers, HTTP tools. Filters: server, q (in name and"
              + " description); limit 1-200. The Link header leads on.")
  public Response list(@Context UriInfo uri) {
    Query query = new Query(uri);
    NamePage page = query.namePage();
    String server = query.text("server");
    String text = query.text("q");
    query.done();
    List<ObjectNode> stored = ToolTable.list(db, page.after(), server, text, page.rows());
    Stream<ObjectNode> builtIn =
        BuiltInTools.all(testTools).stream()
            .filter(tool -> server == null && isNamed(tool, text))
            .filter(tool -> tool.get("name").asText().compareTo(page.after()) > 0);
    return page.answer(
        Stream.concat(builtIn, stored.stream())
            .sorted(Comparator.comparing(tool -> tool.get("name").asText()))
            .limit(page.rows())
            .toList(),
        uri);
  }

  private static boolean isNamed(ObjectNode tool, @Nullable String text) {
    String said = tool.get("name").asText() + " " + tool.get("description").asText();
    return text == null || said.toLowerCase(Locale.ROOT).contains(text.toLowerCase(Locale.ROOT));
  }

  /** Shows a tool. */
  @GET
  @Path("/{name: .+}")
  @Operation(summary = "Show a tool", description = "With the schemas of its input and output.")
  public Response show(@PathParam("name") String name, @Context UriInfo uri) {
    new Query(uri).done();
    ObjectNode tool = existing(name);
    Response.ResponseBuilder answer = Response.ok(Json.write(tool));
    return tool.has("version") ? answer.tag(Precondition.tag(tool)).build() : answer.build();
  }

  /** Adds or changes an HTTP tool. */
  @PUT
  @Path("/{name: .+}")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Add or change an HTTP tool",
      description =
          "Body {\"description\"?, \"method\", \"url_template\", \"headers\"?, \"input_schema\","
              + " \"output_schema\"?}; the name is of the form server.tool. A header that carries a"
              + " credential refers to a secret: {\"Authorization\": \"Bearer ${secrets.NAME}\"}."
              + " If-Match with the ETag guards against lost edits.")
  public Response put(
      @PathParam("name") String name,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      byte @Nullable [] body,
      @Context UriInfo uri) {
    new Query(uri).done();
    HttpToolDraft draft = HttpToolDraft.parse(name, Body.json(body));
    ObjectNode tool = db.transaction(tx -> put(tx, draft, ifMatch));
    Response.ResponseBuilder answer =
        tool.get("version").asInt() == 1
            ? Response.created(URI.create("/v1/tools/" + name))
            : Response.ok();
    return answer.entity(Json.write(tool)).tag(Precondition.tag(tool)).build();
  }

  private static ObjectNode put(Statements tx, HttpToolDraft draft, @Nullable String ifMatch) {
    Precondition.check(ifMatch, ToolTable.lock(tx, draft.name()));
    String server = HttpToolDraft.serverOf(draft.name());
    if (McpServerTable.byName(tx, server).isPresent()) {
      throw new InvalidInputException(
          "name", "begins with " + server + ", which is an MCP server that brings its own tools.");
    }
    return ToolTable.put(tx, draft);
  }

  /** Removes an HTTP tool. */
  @DELETE
  @Path("/{name: .+}")
  @Operation(
      summary = "Remove an HTTP tool",
      description = "Steps that use it fail from then on, within seconds.")
  public Response delete(
      @PathParam("name") String name,
      @HeaderParam("If-Match") @Nullable String ifMatch,
      @Context UriInfo uri) {
    new Query(uri).done();
    refuseOthers(existing(name));
    return db.transaction(
        tx -> {
          Optional<ObjectNode> tool = ToolTable.lock(tx, name);
          Precondition.check(ifMatch, tool);
          refuseOthers(tool.orElseThrow(ToolResource::notFound));
          ToolTable.delete(tx, name);
          return Response.noContent().build();
        });
  }

  private static void refuseOthers(ObjectNode tool) {
    String kind = tool.get("kind").asText();
    if (kind.equals("builtin")) {
      throw new Problem(409, "This tool is built in and stays.");
    }
    if (kind.equals("mcp")) {
      throw new Problem(
          409,
          "This tool comes from the MCP server "
              + tool.get("server").asText()
              + "; remove that one.");
    }
  }

  /** Calls a tool. */
  @POST
  @Path("/{name: .+}/call")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Call a tool",
      description =
          "Body {\"arguments\"?, \"timeout_seconds\"?}; the arguments are taken as they are, nothing"
              + " in them is evaluated. A worker makes the call once. 200 with {\"run_id\","
              + " \"status\", \"output\", \"error\"?} when it has ended, well or not; 202 with the"
              + " run's Location when it has not within 30 seconds.")
  public Response call(
      @PathParam("name") String name, byte @Nullable [] body, @Context UriInfo uri) {
    new Query(uri).done();
    existing(name);
    boolean empty = body == null || body.length == 0;
    ToolCallDraft draft = ToolCallDraft.parse(empty ? Json.object() : Body.json(body));
    ToolCalls.Answer answer = calls.call(name, draft);
    return Response.status(answer.ended() ? 200 : 202)
        .location(URI.create("/v1/runs/" + answer.runId()))
        .entity(Json.write(answer.body()))
        .build();
  }

  private ObjectNode existing(String name) {
    if (!ToolName.isWellFormed(name)) {
      throw notFound();
    }
    return BuiltInTools.find(name, testTools)
        .or(() -> ToolTable.byName(db, name))
        .orElseThrow(ToolResource::notFound);
  }

  private static Problem notFound() {
    return Problem.notFound("tool");
  }
}
