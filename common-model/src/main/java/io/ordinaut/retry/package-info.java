/** How long to wait between two attempts. Pure. */
@NullMarked
package io.ordinaut.retry;

import org.jspecify.annotations.NullMarked;
