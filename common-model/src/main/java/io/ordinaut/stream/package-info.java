/** The one place that speaks Redis Streams. Nudges hurry; nothing depends on them. */
@NullMarked
package io.ordinaut.stream;

import org.jspecify.annotations.NullMarked;
