package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.failure.InvalidInputException;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class OnceTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final ZoneId LORD_HOWE = ZoneId.of("Australia/Lord_Howe");

  private static Instant at(String text, ZoneId zone, DstGap gap, DstOverlap overlap) {
    return Once.parse(text, zone, new DstPolicy(gap, overlap)).at();
  }

  @Test
  void an_offset_decides_and_a_zone_is_asked_without_one() {
    assertThat(Once.parse("2030-07-01T12:00:00+02:00", LORD_HOWE, DstPolicy.DEFAULT).at())
        .isEqualTo(Instant.parse("2030-07-01T10:00:00Z"));
    assertThat(Once.parse("2030-07-01T12:00:00.123456789", BERLIN, DstPolicy.DEFAULT).at())
        .isEqualTo(Instant.parse("2030-07-01T10:00:00.123456Z"));
  }

  @Test
  void a_time_in_a_gap_is_shifted_or_refused() {
    assertThat(at("2026-03-29T02:30:00", BERLIN, DstGap.SHIFT, DstOverlap.FIRST))
        .isEqualTo(Instant.parse("2026-03-29T01:30:00Z"));
    assertThatThrownBy(() -> at("2026-03-29T02:30:00", BERLIN, DstGap.SKIP, DstOverlap.FIRST))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("would never fire");
  }

  @Test
  void a_time_that_exists_twice_is_the_first_or_the_last() {
    assertThat(at("2026-10-25T02:30:00", BERLIN, DstGap.SHIFT, DstOverlap.FIRST))
        .isEqualTo(Instant.parse("2026-10-25T00:30:00Z"));
    assertThat(at("2026-10-25T02:30:00", BERLIN, DstGap.SHIFT, DstOverlap.LAST))
        .isEqualTo(Instant.parse("2026-10-25T01:30:00Z"));
    assertThat(at("2026-04-05T01:45:00", LORD_HOWE, DstGap.SHIFT, DstOverlap.LAST))
        .isEqualTo(Instant.parse("2026-04-04T15:15:00Z"));
  }

  @Test
  void what_is_no_time_is_refused_with_a_sentence() {
    for (String text : new String[] {"tomorrow", "2030-01-31", "2030-13-01T00:00:00Z", ""}) {
      assertThatThrownBy(() -> Once.parse(text, BERLIN, DstPolicy.DEFAULT))
          .hasMessageContaining("must be an ISO-8601 time");
    }
    assertThatThrownBy(() -> Once.parse("+12345-01-01T00:00:00Z", BERLIN, DstPolicy.DEFAULT))
        .hasMessageContaining("between the years");
  }
}
