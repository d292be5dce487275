/** Schedules without a task: what one says and what it would do. */
@NullMarked
package io.ordinaut.api.schedule;

import org.jspecify.annotations.NullMarked;
