/**
 * Makes the partitions of history ahead of time and removes what is older than its time, without
 * running work having to wait.
 */
@NullMarked
package io.ordinaut.scheduler.retention;

import org.jspecify.annotations.NullMarked;
