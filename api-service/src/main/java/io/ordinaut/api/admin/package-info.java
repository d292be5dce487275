/** What operators do to everything at once: the brake. */
@NullMarked
package io.ordinaut.api.admin;

import org.jspecify.annotations.NullMarked;
