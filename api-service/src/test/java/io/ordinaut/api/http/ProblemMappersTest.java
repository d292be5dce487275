package io.ordinaut.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.ordinaut.store.DbException;
import jakarta.ws.rs.core.Response;
import org.junit.jupiter.api.Test;

class ProblemMappersTest {
  private static Response refused(String state) {
    return new ProblemMappers().database(new DbException("refused", state, new Exception()));
  }

  @Test
  void a_full_disk_is_called_one() {
    Response full = refused("53100");
    assertThat(full.getStatus()).isEqualTo(503);
    assertThat(String.valueOf(full.getEntity()))
        .contains("The database's disk is full. Nothing was changed")
        .doesNotContain("does not answer");
    assertThat(String.valueOf(refused("53300").getEntity())).contains("does not answer");
  }
}
