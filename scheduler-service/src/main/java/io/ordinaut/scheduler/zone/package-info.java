/** Plans tasks anew when the rules of time zones have changed. */
@NullMarked
package io.ordinaut.scheduler.zone;

import org.jspecify.annotations.NullMarked;
