/** What operators see: the queue, the workers, what is stuck; as JSON, as metrics, as health. */
@NullMarked
package io.ordinaut.api.stats;

import org.jspecify.annotations.NullMarked;
