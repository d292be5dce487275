/**
 * The life of a run: whether its condition calls for it, its journal, its steps in order, its end
 * written together with others'.
 */
@NullMarked
package io.ordinaut.worker.run;

import org.jspecify.annotations.NullMarked;
