package io.ordinaut.service;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Keeps a service without authentication from listening where others can reach it unasked. */
@ApplicationScoped
class ListenGuard {
  private static final Logger LOG = Logger.getLogger(ListenGuard.class);

  private final String host;
  private final boolean off;

  @Inject
  ListenGuard(
      @ConfigProperty(name = "quarkus.http.host") String host,
      @ConfigProperty(name = "ordinaut.auth") Optional<String> auth) {
    this.host = host;
    this.off = auth.filter("off"::equalsIgnoreCase).isPresent();
  }

  /** Before anything else starts. */
  void onStart(@Observes @Priority(1) StartupEvent event) {
    if (isLoopback(host)) {
      return;
    }
    if (!off) {
      throw new ConfigurationException(
          "This service would listen on "
              + host
              + " without authentication. Set ORDINAUT_AUTH=off if only trusted clients can reach"
              + " it, or leave ORDINAUT_HOST at 127.0.0.1.");
    }
    LOG.warnf(
        "Listening on %s WITHOUT AUTHENTICATION (ORDINAUT_AUTH=off): whoever reaches this port is"
            + " in charge of it.",
        host);
  }

  static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
