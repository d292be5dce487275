package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** 500 schedules with right answers from independent implementations. */
class VectorsTest {
  @Test
  void every_vector_is_right() throws IOException {
    List<String> wrong = new ArrayList<>();
    List<String> lines;
    try (InputStream in = VectorsTest.class.getResourceAsStream("/vectors/schedules.jsonl")) {
      lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
    for (String line : lines) {
      JsonNode vector = Json.read(line);
      List<String> expected = new ArrayList<>();
      vector.get("expect").forEach(time -> expected.add(time.textValue()));
      List<String> actual = occurrences(vector);
      if (expected.size() < actual.size() && isBeyondHorizon(vector, actual.get(expected.size()))) {
        actual = actual.subList(0, expected.size());
      }
      if (!actual.equals(expected)) {
        wrong.add(line + "\n  but was " + actual);
      }
    }
    assertThat(lines).hasSize(500);
    assertThat(wrong).isEmpty();
  }

  /** The references looked 19 years ahead and no further. */
  private static boolean isBeyondHorizon(JsonNode vector, String occurrence) {
    Instant from = Instant.parse(vector.get("from").textValue());
    return Instant.parse(occurrence).isAfter(from.plus(Duration.ofDays(365 * 19)));
  }

  private static List<String> occurrences(JsonNode vector) {
    Instant from = Instant.parse(vector.get("from").textValue());
    ZoneId zone = ZoneId.of(vector.get("timezone").textValue());
    String expression = vector.get("schedule_expr").textValue();
    Schedule schedule =
        vector.get("schedule_kind").textValue().equals("cron")
            ? Cron.parse(expression, zone, DstPolicy.DEFAULT, from)
            : Rrule.parse(expression, zone, DstPolicy.DEFAULT, from);
    List<String> found = new ArrayList<>();
    Optional<Instant> next = schedule.next(from);
    while (next.isPresent() && found.size() < vector.get("count").intValue()) {
      found.add(next.get().toString());
      next = schedule.next(next.get());
    }
    return found;
  }
}
