/** Runs over REST. */
@NullMarked
package io.ordinaut.api.run;

import org.jspecify.annotations.NullMarked;
