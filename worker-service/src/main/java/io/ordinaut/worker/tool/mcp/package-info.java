/**
 * Tools of servers that speak the Model Context Protocol, over streamable HTTP and over stdio: one
 * session per server, shared by all calls, and the discovery that writes the catalogue.
 */
@NullMarked
package io.ordinaut.worker.tool.mcp;

import org.jspecify.annotations.NullMarked;
