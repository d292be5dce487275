package io.ordinaut.api.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ordinaut.api.admin.Brake;
import io.ordinaut.store.DbException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the gauges show while the database is there, and when it is gone. */
class OverviewTest {
  private static final Stats SEVEN_DUE =
      new Stats(
          Instant.EPOCH,
          new Stats.Queue(7, 0, 0, 0),
          new Stats.Workers(0, 0, 0, 0, 0, 0),
          0,
          0,
          0,
          0,
          new Brake(null, null),
          List.of());

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private @Nullable Stats counted = SEVEN_DUE;
  private long nanos;
  private final Overview overview = new Overview(this::count, turn -> turn, () -> nanos, meters);

  private Stats count() {
    if (counted == null) {
      throw new DbException("The database can't be reached.", null, new Exception());
    }
    return counted;
  }

  private double due() {
    return meters.get("ordinaut_queue_depth").tag("status", "due").gauge().value();
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void gauges_show_nothing_before_the_first_count() {
    assertThat(due()).isNaN();
    overview.current();
    assertThat(due()).isEqualTo(7);
  }

  @Test
  void gauges_show_nothing_when_nothing_was_counted_for_half_a_minute() {
    overview.current();
    counted = null;
    pass(Duration.ofSeconds(30));
    assertThatThrownBy(overview::current).isInstanceOf(DbException.class);
    assertThat(due()).as("an outage of seconds").isEqualTo(7);
    pass(Duration.ofSeconds(1));
    assertThat(due()).as("a longer one").isNaN();
    assertThat(meters.getMeters())
        .allSatisfy(meter -> assertThat(meter.measure().iterator().next().getValue()).isNaN());

    counted = SEVEN_DUE;
    overview.current();
    assertThat(due()).as("the database is back").isEqualTo(7);
  }
}
