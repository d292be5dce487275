package io.ordinaut.tests.utils;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * How long every test of the suite waits that names no time; it costs nothing where all is well.
 */
public final class Patience implements BeforeAllCallback {
  private static final Duration LONGEST = Duration.ofSeconds(20);

  /** Quarkus loads its tests with a loader of its own, and with them an Awaitility of their own. */
  @Override
  public void beforeAll(ExtensionContext context) throws ReflectiveOperationException {
    context
        .getRequiredTestClass()
        .getClassLoader()
        .loadClass(Awaitility.class.getName())
        .getMethod("setDefaultTimeout", Duration.class)
        .invoke(null, LONGEST);
  }
}
