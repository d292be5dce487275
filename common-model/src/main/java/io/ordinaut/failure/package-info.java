/** What can go wrong, in closed sets: violations of an input, codes of a failed step or run. */
@NullMarked
package io.ordinaut.failure;

import org.jspecify.annotations.NullMarked;
