/** Events over REST: what happened elsewhere, and which tasks wait for it. */
@NullMarked
package io.ordinaut.api.event;

import org.jspecify.annotations.NullMarked;
