/** Keeps the partitions of history ahead of time. */
@NullMarked
package io.ordinaut.scheduler.retention;

import org.jspecify.annotations.NullMarked;
