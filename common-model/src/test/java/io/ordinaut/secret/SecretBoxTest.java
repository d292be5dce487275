package io.ordinaut.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;

class SecretBoxTest {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final String old = SecretBox.newKey("old", RANDOM);
  private final String fresh = SecretBox.newKey("fresh", RANDOM);

  private static SecretBox box(String keys) {
    return new SecretBox(keys, RANDOM);
  }

  @Test
  void what_was_locked_opens_and_is_not_readable_before() {
    Sealed sealed = box(old).seal("TOKEN", "sesame, öffne dich");
    assertThat(sealed.keyId()).isEqualTo("old");
    assertThat(new String(sealed.ciphertext(), StandardCharsets.UTF_8)).doesNotContain("sesame");
    assertThat(box(old).open("TOKEN", sealed)).isEqualTo("sesame, öffne dich");
  }

  @Test
  void the_same_secret_never_looks_the_same() {
    Sealed one = box(old).seal("TOKEN", "sesame-sesame");
    Sealed two = box(old).seal("TOKEN", "sesame-sesame");
    assertThat(one.nonce()).isNotEqualTo(two.nonce());
    assertThat(one.ciphertext()).isNotEqualTo(two.ciphertext());
  }

  @Test
  void the_first_key_locks_and_all_open() {
    Sealed before = box(old).seal("TOKEN", "sesame-sesame");
    SecretBox rotated = box(fresh + ", " + old);
    assertThat(rotated.open("TOKEN", before)).isEqualTo("sesame-sesame");
    Sealed after = rotated.seal("TOKEN", "sesame-sesame");
    assertThat(after.keyId()).isEqualTo("fresh");
    assertThat(box(fresh).open("TOKEN", after)).isEqualTo("sesame-sesame");
    assertThatThrownBy(() -> box(fresh).open("TOKEN", before))
        .isInstanceOf(SecretException.class)
        .hasMessageContaining("locked with the key old");
  }

  @Test
  void a_secret_under_another_name_or_key_id_or_changed_does_not_open() {
    Sealed sealed = box(old).seal("TOKEN", "sesame-sesame");
    assertRefused(box(old), "OTHER", sealed);
    String sameKey = "other" + old.substring(old.indexOf(':'));
    assertRefused(box(sameKey), "TOKEN", new Sealed("other", sealed.nonce(), sealed.ciphertext()));
    byte[] changed = sealed.ciphertext().clone();
    changed[0] ^= 1;
    assertRefused(box(old), "TOKEN", new Sealed("old", sealed.nonce(), changed));
    assertRefused(box(old), "TOKEN", new Sealed("old", new byte[12], sealed.ciphertext()));
    assertRefused(box(old), "TOKEN", new Sealed("old", new byte[0], new byte[0]));
  }

  private static void assertRefused(SecretBox box, String name, Sealed sealed) {
    assertThatThrownBy(() -> box.open(name, sealed))
        .isInstanceOf(SecretException.class)
        .hasMessageContaining("does not open")
        .hasMessageNotContaining("sesame");
  }

  @Test
  void without_a_key_it_says_what_to_set() {
    SecretBox none = box(" ");
    assertThat(none.hasKey()).isFalse();
    assertThatThrownBy(() -> none.seal("TOKEN", "sesame-sesame"))
        .isInstanceOf(SecretException.class)
        .hasMessageContaining("set ORDINAUT_SECRET_KEY");
    Sealed sealed = box(old).seal("TOKEN", "sesame-sesame");
    assertThatThrownBy(() -> none.open("TOKEN", sealed))
        .hasMessageContaining("set ORDINAUT_SECRET_KEY");
  }

  @Test
  void keys_of_another_form_are_refused_without_being_shown() {
    String key = old.substring(old.indexOf(':') + 1);
    for (String bad :
        List.of(
            key,
            ":" + key,
            "an id:" + key,
            "id:" + key.substring(4),
            "id:" + key + "AAAA",
            "id:" + key.substring(1) + "!",
            old + ",",
            old + "," + old)) {
      assertThatThrownBy(() -> box(bad))
          .as(bad)
          .isInstanceOf(SecretException.class)
          .hasMessageContaining("ORDINAUT_SECRET_KEY must be id:key")
          .hasMessageNotContaining(key.substring(4, 20));
    }
  }
}
