/**
 * The one place that speaks Redis Streams. Nudges hurry, and nothing depends on them; events are
 * relayed for those who read them there, and are kept in PostgreSQL.
 */
@NullMarked
package io.ordinaut.stream;

import org.jspecify.annotations.NullMarked;
