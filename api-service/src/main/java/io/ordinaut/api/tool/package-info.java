/** The catalogue over REST: servers that speak MCP, tools, and calls of a tool by hand. */
@NullMarked
package io.ordinaut.api.tool;

import org.jspecify.annotations.NullMarked;
