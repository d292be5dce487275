/** Secrets over REST: their values come in and never go out. */
@NullMarked
package io.ordinaut.api.secret;

import org.jspecify.annotations.NullMarked;
