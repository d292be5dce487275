/**
 * HTTP to the outside: only to addresses that may be reached, checked where the connection is made,
 * with bounds on time and size; and the tools that are HTTP calls.
 */
@NullMarked
package io.ordinaut.worker.tool.http;

import org.jspecify.annotations.NullMarked;
