package io.ordinaut.secret;

/**
 * A secret as it is stored.
 *
 * @param keyId the key that locked it
 * @param nonce used once under that key
 * @param ciphertext with the tag of the cipher behind it
 */
@SuppressWarnings("ArrayRecordComponent")
public record Sealed(String keyId, byte[] nonce, byte[] ciphertext) {}
