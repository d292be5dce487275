package io.ordinaut.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class UrlConfigSourceTest {
  @Test
  void a_url_is_taken_apart() {
    UrlConfigSource source =
        new UrlConfigSource(
            "postgresql://us%40er:p%3Aa+b@db:6543/name?sslmode=require", "redis://r/1");
    assertThat(source.getValue("quarkus.datasource.reactive.url"))
        .isEqualTo("postgresql://db:6543/name?sslmode=require");
    assertThat(source.getValue("quarkus.datasource.jdbc.url"))
        .isEqualTo("jdbc:postgresql://db:6543/name?sslmode=require");
    assertThat(source.getValue("quarkus.datasource.username")).isEqualTo("us@er");
    assertThat(source.getValue("quarkus.datasource.password")).isEqualTo("p:a+b");
    assertThat(source.getValue("quarkus.redis.hosts")).isEqualTo("redis://r/1");
  }

  @Test
  void what_is_no_such_url_is_refused_without_repeating_it() {
    for (String url : new String[] {"mysql://u:secret@h/d", "postgresql:secret", "secret secret"}) {
      assertThatThrownBy(() -> new UrlConfigSource(url, null))
          .hasMessageStartingWith("DATABASE_URL must be of the form")
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void nothing_set_is_nothing_known() {
    assertThat(new UrlConfigSource(null, null).getPropertyNames()).isEmpty();
  }
}
