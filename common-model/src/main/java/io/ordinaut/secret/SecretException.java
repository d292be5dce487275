package io.ordinaut.secret;

/** A secret can't be locked or opened; the sentence says why and holds nothing of key or secret. */
public final class SecretException extends RuntimeException {
  /** With a sentence for whoever runs the service. */
  public SecretException(String message) {
    super(message);
  }
}
