/** When the scheduler looks: at due times, on nudges, and every poll interval. */
@NullMarked
package io.ordinaut.scheduler.loop;

import org.jspecify.annotations.NullMarked;
