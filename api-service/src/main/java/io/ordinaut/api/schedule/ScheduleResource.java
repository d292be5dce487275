package io.ordinaut.api.schedule;

import io.ordinaut.api.http.Body;
import io.ordinaut.store.Db;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Schedules without a task. */
@Path("/v1/schedules")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Schedules")
public class ScheduleResource {
  /** Most previews take milliseconds; rules that have to be counted out may take seconds. */
  private static final Duration LONGEST = Duration.ofSeconds(5);

  private final Db db;
  private final InstantSource clock = InstantSource.system();

  @Inject
  ScheduleResource(Db db) {
    this.db = db;
  }

  /** Says what a schedule would do. */
  @POST
  @Path("/preview")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Preview a schedule",
      description =
          "Body {schedule_kind, schedule_expr, timezone, dst_gap, dst_overlap, starts_at, ends_at}"
              + " as of a task, and from (default now), count (1-1,000, default 10), explain."
              + " Answers with one English sentence, the occurrences strictly after from with what"
              + " was decided about each, and warnings; with explain also what does not fire.")
  public String preview(byte[] body) {
    PreviewRequest request = PreviewRequest.parse(Body.json(body), clock.instant());
    Instant deadline = clock.instant().plus(LONGEST);
    return PreviewJson.write(
        request.preview(() -> clock.instant().isAfter(deadline)), request.question().explain());
  }

  /** Says what would get in each other's way. */
  @POST
  @Path("/conflicts")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Find conflicts of schedules",
      description =
          "Body {from, to} (at most 31 days; nothing before now is looked at) and, optionally, a"
              + " schedule {schedule_kind, schedule_expr, timezone, dst_gap, dst_overlap,"
              + " concurrency_key} to be tried among the active tasks. Answers with occurrences"
              + " that share a concurrency key closer than a typical run takes, minutes in which"
              + " more runs are due than workers can take, and a suggestion. The given schedule's"
              + " task id is null. Nothing before complete_until was left out of account.")
  public String conflicts(byte[] body) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    ConflictRequest request = ConflictRequest.parse(Body.json(body), now);
    Instant deadline = now.plus(LONGEST);
    return ConflictsJson.write(
        request, Conflicts.find(db, request, () -> clock.instant().isAfter(deadline)));
  }
}
