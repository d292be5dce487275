package io.ordinaut.worker.tool.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Turns the name of a host, or an address as text, into addresses. May block. */
interface Resolver {
  /** The machine's own: its hosts file and DNS. */
  Resolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));

  /** The addresses of a host, the preferred ones first. */
  List<InetAddress> resolve(String host) throws UnknownHostException;
}
