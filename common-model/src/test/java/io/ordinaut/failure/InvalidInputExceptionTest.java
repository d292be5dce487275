package io.ordinaut.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class InvalidInputExceptionTest {
  private static final Violation FAULT = new Violation("a", "is wrong.");

  private static List<Violation> named(int faults) {
    return new InvalidInputException(Collections.nCopies(faults, FAULT)).violations();
  }

  @Test
  void a_hundred_faults_are_named_and_of_more_it_is_said_how_many() {
    assertThat(named(100)).hasSize(100).containsOnly(FAULT);
    assertThat(named(4_099))
        .hasSize(100)
        .endsWith(new Violation("body", "has 4000 more faults, not named here."));
  }

  @Test
  void who_wants_fewer_is_told_how_many_there_are_beyond_these() {
    assertThat(new InvalidInputException(Collections.nCopies(150, FAULT)).violations(10))
        .hasSize(10)
        .endsWith(new Violation("body", "has 141 more faults, not named here."));
  }

  @Test
  void a_fault_is_told_in_brief_however_long_its_field_is() {
    InvalidInputException refusal =
        new InvalidInputException("f".repeat(300_000), "m".repeat(300_000));
    assertThat(refusal.violations())
        .containsExactly(new Violation("f".repeat(500) + "…", "m".repeat(1_000) + "…"));
    assertThat(refusal).message().hasSizeLessThan(2_000);
  }

  @Test
  void what_is_quoted_is_cut_between_two_characters() {
    assertThat(Excerpt.of("a".repeat(100))).isEqualTo("a".repeat(100));
    assertThat(Excerpt.of("a".repeat(101))).isEqualTo("a".repeat(100) + "…");
    assertThat(Excerpt.of("a".repeat(99) + "😀")).isEqualTo("a".repeat(99) + "…");
  }
}
