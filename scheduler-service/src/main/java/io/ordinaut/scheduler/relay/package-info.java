/** Events that have a position go to Redis in the order of their positions, none twice. */
@NullMarked
package io.ordinaut.scheduler.relay;

import org.jspecify.annotations.NullMarked;
