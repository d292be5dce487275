package io.ordinaut.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class IdsTest {
  @Test
  void identifiers_are_version_7_and_in_the_order_of_their_moments() {
    Instant moment = Instant.parse("2030-01-31T12:00:00.123456Z");
    UUID id = Ids.at(moment, new Random(3));
    assertThat(id.version()).isEqualTo(7);
    assertThat(id.variant()).isEqualTo(2);
    assertThat(Ids.momentOf(id)).isEqualTo(Instant.parse("2030-01-31T12:00:00.123Z"));
    assertThat(Ids.at(moment.plusNanos(1_000), new Random(3)).toString())
        .isGreaterThan(id.toString());
    assertThat(Ids.momentOf(UUID.randomUUID())).isNull();
  }
}
