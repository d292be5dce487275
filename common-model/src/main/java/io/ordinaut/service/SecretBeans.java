package io.ordinaut.service;

import io.ordinaut.secret.SecretBox;
import io.ordinaut.secret.SecretException;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The box that locks secrets, from {@code ORDINAUT_SECRET_KEY}; keys are read once, at start. */
@ApplicationScoped
class SecretBeans {
  private final String keys;

  @Inject
  SecretBeans(@ConfigProperty(name = "ordinaut.secret.key") Optional<String> keys) {
    this.keys = keys.orElse("");
  }

  /** Before anything else starts: keys that can't be read are better known at once. */
  void onStart(@Observes @Priority(1) StartupEvent event) {
    try {
      var unused = box();
    } catch (SecretException e) {
      throw new ConfigurationException(String.valueOf(e.getMessage()));
    }
  }

  @Produces
  @Singleton
  SecretBox box() {
    return new SecretBox(keys, new SecureRandom());
  }
}
