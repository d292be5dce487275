package io.ordinaut.secret;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Locks and opens secrets: AES-256 in Galois/Counter Mode (NIST SP 800-38D) with a random nonce. A
 * secret's name and the id of its key are authenticated with it, so that a stored one can't be
 * passed off under another name.
 */
public final class SecretBox {
  private static final String CIPHER = "AES/GCM/NoPadding";

  /** Bytes, the length that section 5.2.1.1 recommends. */
  private static final int NONCE_LENGTH = 12;

  private static final int TAG_BITS = 128;

  private final SecretKeys keys;
  private final SecureRandom random;

  /**
   * @param keys {@code id:base64 of 32 bytes}, or several with commas between them: the first one
   *     locks, all open; empty for a box that does neither and says why
   * @param random makes nonces
   * @throws SecretException when the keys are not of the form
   */
  public SecretBox(String keys, SecureRandom random) {
    this.keys = SecretKeys.parse(keys);
    this.random = random;
  }

  /** A new key in the form that the setting has. */
  public static String newKey(String id, SecureRandom random) {
    byte[] key = new byte[SecretKeys.LENGTH];
    random.nextBytes(key);
    return id + ":" + Base64.getEncoder().encodeToString(key);
  }

  /** Whether there is a key at all. */
  public boolean hasKey() {
    return !keys.isEmpty();
  }

  /**
   * Locks a secret under the first key.
   *
   * @throws SecretException when there is no key
   */
  public Sealed seal(String name, String secret) {
    Map.Entry<String, SecretKey> key = keys.first();
    byte[] nonce = new byte[NONCE_LENGTH];
    random.nextBytes(nonce);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, name, key.getKey(), key.getValue(), nonce);
      byte[] locked = cipher.doFinal(secret.getBytes(StandardCharsets.UTF_8));
      return new Sealed(key.getKey(), nonce, locked);
    } catch (GeneralSecurityException e) {
      throw new SecretException("The secret " + name + " could not be locked on this machine.");
    }
  }

  /**
   * Opens a secret.
   *
   * @throws SecretException when its key is not there, or it is not what was locked under this name
   */
  public String open(String name, Sealed sealed) {
    SecretKey key =
        keys.get(sealed.keyId())
            .orElseThrow(
                () ->
                    new SecretException(
                        hasKey()
                            ? "The secret "
                                + name
                                + " is locked with the key "
                                + sealed.keyId()
                                + ", which ORDINAUT_SECRET_KEY does not have; add that key behind"
                                + " the others, or set the secret again."
                            : SecretKeys.NONE));
    try {
      Cipher cipher = cipher(Cipher.DECRYPT_MODE, name, sealed.keyId(), key, sealed.nonce());
      return new String(cipher.doFinal(sealed.ciphertext()), StandardCharsets.UTF_8);
    } catch (GeneralSecurityException e) {
      throw new SecretException(
          "The secret "
              + name
              + " does not open with the key "
              + sealed.keyId()
              + ": the key is another one than it was, or the stored secret was changed; set the"
              + " secret again.");
    }
  }

  private static Cipher cipher(int mode, String name, String keyId, SecretKey key, byte[] nonce)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(CIPHER);
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    // Neither holds a U+0000, so that no two pairs look alike.
    cipher.updateAAD((keyId + '\0' + name).getBytes(StandardCharsets.UTF_8));
    return cipher;
  }
}
