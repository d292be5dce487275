/** What a worker does, as metrics: one call per boundary, nothing in between. */
@NullMarked
package io.ordinaut.worker.observe;

import org.jspecify.annotations.NullMarked;
