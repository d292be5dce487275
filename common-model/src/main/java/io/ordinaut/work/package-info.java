/** The words for work and runs: identifiers, causes, final states. Pure. */
@NullMarked
package io.ordinaut.work;

import org.jspecify.annotations.NullMarked;
