package io.ordinaut.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicTest {
  @ParameterizedTest
  @CsvSource({
    "order.created, order.created, true",
    "order.created, order.updated, false",
    "order.*, order.created, true",
    "order.*, order, false",
    "order.*, order.created.late, false",
    "*.created, order.created, true",
    "order.#, order, true",
    "order.#, order.created, true",
    "order.#, order.created.late, true",
    "order.#, orders.created, false",
    "order.*.#, order, false",
    "order.*.#, order.created, true",
    "#, anything.at.all, true",
    "order, order.created, false",
    "Order.created, order.created, false",
  })
  void a_pattern_stands_for_topics(String pattern, String topic, boolean matches) {
    assertThat(Topic.matches(pattern, topic)).isEqualTo(matches);
  }

  @Test
  void what_is_no_topic_is_refused() {
    assertThat(Topic.faultOfName("order.created:eu_1-x")).isNull();
    for (String wrong : new String[] {"", "a b", "a.*", "#", "ä", "x".repeat(101)}) {
      assertThat(Topic.faultOfName(wrong)).as(wrong).isNotNull();
    }
    for (String right : new String[] {"#", "*", "a.*", "*.b", "a.#", "a.*.#"}) {
      assertThat(Topic.faultOfPattern(right)).as(right).isNull();
    }
    for (String wrong : new String[] {"", "#.a", "a.#.b", "a*", "a.**", "a.", "x".repeat(101)}) {
      assertThat(Topic.faultOfPattern(wrong)).as(wrong).isNotNull();
    }
  }
}
