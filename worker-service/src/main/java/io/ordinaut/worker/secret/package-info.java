/** Secrets as runs use them: revealed for a call, masked everywhere else. */
@NullMarked
package io.ordinaut.worker.secret;

import org.jspecify.annotations.NullMarked;
