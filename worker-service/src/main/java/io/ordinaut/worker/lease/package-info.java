/** Leases on work: taken in batches, fenced by a token, handed back. */
@NullMarked
package io.ordinaut.worker.lease;

import org.jspecify.annotations.NullMarked;
