/** Decides which occurrences are owed and where a cursor goes. Pure. */
@NullMarked
package io.ordinaut.scheduler.plan;

import org.jspecify.annotations.NullMarked;
