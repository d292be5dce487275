package io.ordinaut.api.secret;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ordinaut.api.http.NamePage;
import io.ordinaut.api.http.Problem;
import io.ordinaut.api.http.Query;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.json.Json;
import io.ordinaut.secret.Sealed;
import io.ordinaut.secret.SecretBox;
import io.ordinaut.secret.SecretException;
import io.ordinaut.secret.SecretName;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Secrets: what pipelines may use and nobody may read. */
@Path("/v1/secrets")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Secrets")
public class SecretResource {
  private final SecretTable secrets;
  private final SecretBox box;

  @Inject
  SecretResource(SecretTable secrets, SecretBox box) {
    this.secrets = secrets;
    this.box = box;
  }

  /** Lists secrets by name. */
  @GET
  @Operation(
      summary = "List secrets",
      description =
          "By name, without their values; key_id tells which key locked each. limit 1-200. The Link"
              + " header leads on.")
  public Response list(@Context UriInfo uri) {
    Query query = new Query(uri);
    NamePage page = query.namePage();
    query.done();
    return page.answer(secrets.list(page), uri);
  }

  /** Shows a secret without its value. */
  @GET
  @Path("/{name}")
  @Operation(summary = "Show a secret", description = "Without its value, which nothing shows.")
  public String show(@PathParam("name") String name, @Context UriInfo uri) {
    new Query(uri).done();
    return Json.write(secrets.byName(existing(name)).orElseThrow(SecretResource::notFound));
  }

  /** Stores a secret. */
  @PUT
  @Path("/{name}")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Set a secret",
      description =
          "Body {\"value\"}, at least 8 characters that are not blank and at most 64 KiB; pipelines"
              + " read it as ${secrets.NAME}, within seconds. It is locked with the first key of"
              + " ORDINAUT_SECRET_KEY: set it again to move it to a new one. 409 where there is no"
              + " key.")
  public Response put(
      @PathParam("name") String name, byte @Nullable [] body, @Context UriInfo uri) {
    new Query(uri).done();
    if (!SecretName.isWellFormed(name)) {
      throw new InvalidInputException("name", SecretName.RULE);
    }
    ObjectNode stored = secrets.put(name, sealed(name, SecretValue.parse(body)));
    boolean isNew = stored.get("created_at").equals(stored.get("updated_at"));
    return isNew
        ? Response.created(URI.create("/v1/secrets/" + name)).entity(Json.write(stored)).build()
        : Response.ok(Json.write(stored)).build();
  }

  private Sealed sealed(String name, String value) {
    try {
      return box.seal(name, value);
    } catch (SecretException e) {
      throw new Problem(409, String.valueOf(e.getMessage()));
    }
  }

  /** Removes a secret. */
  @DELETE
  @Path("/{name}")
  @Operation(
      summary = "Remove a secret",
      description = "Steps that read it fail from then on, within seconds.")
  public Response delete(@PathParam("name") String name, @Context UriInfo uri) {
    new Query(uri).done();
    if (!secrets.delete(existing(name))) {
      throw notFound();
    }
    return Response.noContent().build();
  }

  private static String existing(String name) {
    if (!SecretName.isWellFormed(name)) {
      throw notFound();
    }
    return name;
  }

  private static Problem notFound() {
    return Problem.notFound("secret");
  }
}
