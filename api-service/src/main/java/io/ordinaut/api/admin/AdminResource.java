package io.ordinaut.api.admin;

import io.ordinaut.api.http.Body;
import io.ordinaut.api.http.Query;
import io.ordinaut.failure.Violations;
import io.ordinaut.json.Json;
import io.ordinaut.json.JsonFields;
import io.ordinaut.store.Db;
import io.ordinaut.stream.NudgeStream;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Stops and restarts everything that begins of itself. */
@Path("/v1/admin")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Operating")
public class AdminResource {
  private static final Logger LOG = Logger.getLogger(AdminResource.class);
  private static final int LONGEST_REASON = 500;

  private final Db db;
  private final NudgeStream nudges;

  @Inject
  AdminResource(Db db, NudgeStream nudges) {
    this.db = db;
    this.nudges = nudges;
  }

  /** Pulls the brake. */
  @POST
  @Path("/pause-all")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Pause everything",
      description =
          "Schedulers emit nothing and workers take nothing until resume-all, also after restarts."
              + " Runs that are going go on to their end; a run that waits for a retry waits on."
              + " Optional body {\"reason\"}. Pulled twice it stays pulled since the first time.")
  public String pauseAll(byte @Nullable [] body, @Context UriInfo uri) {
    new Query(uri).done();
    Brake brake = BrakeTable.pull(db, reason(body));
    LOG.warnf(
        "Everything is paused since %s%s.",
        brake.since(), brake.reason() == null ? "" : " because of: " + brake.reason());
    return Json.write(brake.json());
  }

  private static @Nullable String reason(byte @Nullable [] body) {
    if (body == null || body.length == 0) {
      return null;
    }
    Violations violations = new Violations();
    JsonFields fields = new JsonFields(Body.json(body), "", violations);
    String reason = fields.text("reason", LONGEST_REASON);
    fields.refuseUnknown();
    violations.throwIfAny();
    return reason;
  }

  /** Releases it. */
  @POST
  @Path("/resume-all")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Resume everything",
      description =
          "What was missed meanwhile becomes what each task's catch_up says; signals and due work"
              + " go on. Takes no body.")
  public String resumeAll(byte @Nullable [] body, @Context UriInfo uri) {
    new Query(uri).done();
    nothingIn(body);
    if (BrakeTable.release(db)) {
      LOG.warn("Everything goes on.");
    }
    nudges.send(NudgeStream.SCHEDULE);
    nudges.send(NudgeStream.WORK);
    return Json.write(new Brake(null, null).json());
  }

  private static void nothingIn(byte @Nullable [] body) {
    if (body != null && body.length > 0) {
      Violations violations = new Violations();
      new JsonFields(Body.json(body), "", violations).refuseUnknown();
      violations.throwIfAny();
    }
  }
}
