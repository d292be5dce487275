package io.ordinaut.tests.components;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;

import io.ordinaut.tests.utils.BackendsResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@QuarkusTest
@Execution(ExecutionMode.SAME_THREAD)
@QuarkusTestResource(BackendsResource.class)
class PreviewApiTest {
  private static ValidatableResponse preview(String body) {
    return given().contentType("application/json").body(body).post("/v1/schedules/preview").then();
  }

  @Test
  void a_preview_says_what_a_schedule_would_do_and_why() {
    preview(
            """
            {"schedule_kind": "cron", "schedule_expr": "30 2 * * *", "timezone": "Europe/Berlin",
             "from": "2026-03-28T12:00:00Z", "count": 2}""")
        .statusCode(200)
        .body("description", equalTo("At 02:30 every day, in Europe/Berlin."))
        .body("occurrences.at", contains("2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"))
        .body("occurrences.local", contains("2026-03-29T03:30:00", "2026-03-30T02:30:00"))
        .body("occurrences.offset", contains("+02:00", "+02:00"))
        .body("occurrences[0].notes", contains("dst_gap shifted 60 min"))
        .body("occurrences[1].notes", empty())
        .body("non_firings", nullValue())
        .body("warnings", hasSize(2))
        .body("tzdata", matchesPattern("20\\d\\d[a-z]"));
    preview("{\"schedule_kind\": \"cron\", \"schedule_expr\": \"0 9 * * *\"}")
        .statusCode(200)
        .body("occurrences", hasSize(10));
  }

  @Test
  void an_explained_preview_lists_what_does_not_fire() {
    preview(
            """
            {"schedule_kind": "rrule", "timezone": "Europe/Berlin", "dst_gap": "skip",
             "schedule_expr": "DTSTART:20260327T023000\\nRRULE:FREQ=DAILY\\nEXDATE:20260328T023000",
             "from": "2026-03-01T00:00:00Z", "ends_at": "2026-03-31T00:00:00Z", "explain": true}""")
        .statusCode(200)
        .body("occurrences.at", contains("2026-03-27T01:30:00Z", "2026-03-30T00:30:00Z"))
        .body("non_firings.local", contains("2026-03-28T02:30:00", "2026-03-29T02:30:00"))
        .body("non_firings.reason", contains("exdate", "dst_gap skipped"))
        .body("non_firings[1].at", nullValue())
        .body("warnings", hasItem("The schedule ends after 2 more occurrences."));
  }

  @Test
  void what_does_not_start_by_time_is_described() {
    preview("{\"schedule_kind\": \"event\", \"schedule_expr\": \"order.*\"}")
        .statusCode(200)
        .body("description", equalTo("When an event of topic order.* is published."))
        .body("occurrences", empty())
        .body("warnings", hasSize(1));
  }

  @Test
  void all_faults_are_named_at_once() {
    preview(
            """
            {"schedule_kind": "cron", "schedule_expr": "61 * * * *", "timezone": "Mars/Olympus",
             "from": "yesterday", "count": 1001, "dst_gap": "jump", "explain": "yes",
             "starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z",
             "title": "x"}""")
        .statusCode(422)
        .body(
            "errors.field",
            containsInAnyOrder(
                "schedule_expr",
                "timezone",
                "from",
                "count",
                "dst_gap",
                "explain",
                "ends_at",
                "title"));
    preview("{}")
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("schedule_kind", "schedule_expr"));
    preview("{").statusCode(400);
  }
}
