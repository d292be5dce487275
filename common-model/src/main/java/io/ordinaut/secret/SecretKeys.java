package io.ordinaut.secret;

import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** The keys that lock secrets, in the order of the setting: the first one locks, all open. */
final class SecretKeys {
  /** Bytes of a key: AES-256. */
  static final int LENGTH = 32;

  static final String NONE =
      "There is no key for secrets: set ORDINAUT_SECRET_KEY to id:key, where the key is the base64"
          + " of 32 random bytes (openssl rand -base64 32), for api-service and worker-service"
          + " alike.";

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,32}");

  private final Map<String, SecretKey> byId;

  private SecretKeys(Map<String, SecretKey> byId) {
    this.byId = byId;
  }

  /**
   * Reads the setting.
   *
   * @throws SecretException when it is not of the form
   */
  static SecretKeys parse(String setting) {
    Map<String, SecretKey> byId = new LinkedHashMap<>();
    if (!setting.isBlank()) {
      int number = 1;
      for (String entry : setting.split(",", -1)) {
        int colon = entry.indexOf(':');
        String id = colon < 0 ? "" : entry.substring(0, colon).strip();
        SecretKey key = colon < 0 ? null : key(entry.substring(colon + 1).strip());
        if (key == null || !ID.matcher(id).matches() || byId.put(id, key) != null) {
          throw malformed(number);
        }
        number++;
      }
    }
    return new SecretKeys(byId);
  }

  private static @Nullable SecretKey key(String base64) {
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      return bytes.length == LENGTH ? new SecretKeySpec(bytes, "AES") : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static SecretException malformed(int number) {
    return new SecretException(
        "ORDINAUT_SECRET_KEY must be id:key, or several such with commas between them, where each"
            + " id is its own (letters, digits, _ and -) and each key the base64 of 32 bytes; entry "
            + number
            + " is not.");
  }

  Map.Entry<String, SecretKey> first() {
    return byId.entrySet().stream().findFirst().orElseThrow(() -> new SecretException(NONE));
  }

  Optional<SecretKey> get(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }
}
