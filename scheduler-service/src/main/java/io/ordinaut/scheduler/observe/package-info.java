/** What a scheduler decides, as metrics: one call per decision that is stored. */
@NullMarked
package io.ordinaut.scheduler.observe;

import org.jspecify.annotations.NullMarked;
