/** Runs over REST: what became of work, its end by command, and new tries of what failed. */
@NullMarked
package io.ordinaut.api.run;

import org.jspecify.annotations.NullMarked;
