package io.ordinaut.api.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ordinaut.api.http.Problem;
import io.ordinaut.secret.SecretBox;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.UriInfo;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

class SecretResourceTest {
  /** Of a request without query parameters. */
  private static final UriInfo URI =
      (UriInfo)
          Proxy.newProxyInstance(
              SecretResourceTest.class.getClassLoader(),
              new Class<?>[] {UriInfo.class},
              (proxy, method, arguments) -> new MultivaluedHashMap<String, String>());

  @Test
  @SuppressWarnings("NullAway")
  void without_a_key_nothing_is_stored_and_the_answer_says_what_to_set() {
    SecretResource resource = new SecretResource(null, new SecretBox("", new SecureRandom()));
    byte[] body = "{\"value\": \"sesame-sesame\"}".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> resource.put("TOKEN", body, URI))
        .isInstanceOfSatisfying(Problem.class, e -> assertThat(e.status()).isEqualTo(409))
        .hasMessageContaining("set ORDINAUT_SECRET_KEY");
  }
}
