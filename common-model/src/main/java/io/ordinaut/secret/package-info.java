/** Secrets at rest: the keys of the operator, and the box that they lock. */
@NullMarked
package io.ordinaut.secret;

import org.jspecify.annotations.NullMarked;
