package io.ordinaut.api.schedule;

import io.ordinaut.api.http.Query;
import io.ordinaut.failure.InvalidInputException;
import io.ordinaut.store.Db;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.BooleanSupplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What all tasks will do. */
@Path("/v1/upcoming")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Schedules")
public class UpcomingResource {
  private static final int MOST = 1_000;
  private static final Duration A_DAY = Duration.ofDays(1);
  private static final Duration LONGEST_STRETCH = Duration.ofDays(366);
  private static final Duration LONGEST = Duration.ofSeconds(5);

  private final Db db;
  private final InstantSource clock = InstantSource.system();

  @Inject
  UpcomingResource(Db db) {
    this.db = db;
  }

  /** The next occurrences of all active tasks, in order. */
  @GET
  @Operation(
      summary = "The next occurrences of all tasks",
      description =
          "In order, from ?from= (default and earliest: now) to ?to= (default a day later, at most"
              + " 366 days; itself outside), ?limit= 1-1000 entries, default 200. A task with more"
              + " than 24 in 24 hours is one entry with every, count, first and last. Nothing is"
              + " missing before complete_until: if that is not to, ask again from there.")
  public String upcoming(@Context UriInfo uri) {
    Query query = new Query(uri);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    Instant wantedFrom = query.instant("from");
    Instant wantedTo = query.instant("to");
    int limit = query.number("limit", 200, 1, MOST);
    query.done();
    Instant from =
        wantedFrom == null || wantedFrom.isBefore(now)
            ? now
            : wantedFrom.truncatedTo(ChronoUnit.MICROS);
    Instant to = wantedTo == null ? from.plus(A_DAY) : wantedTo.truncatedTo(ChronoUnit.MICROS);
    if (!to.isAfter(from) || to.isAfter(from.plus(LONGEST_STRETCH))) {
      throw new InvalidInputException(
          "to", "must be after " + from + " and at most 366 days later.");
    }
    Instant deadline = now.plus(LONGEST);
    BooleanSupplier timeIsUp = () -> clock.instant().isAfter(deadline);
    return Upcoming.of(new Ahead(db, from, to, timeIsUp), limit).write(from, to, timeIsUp);
  }
}
