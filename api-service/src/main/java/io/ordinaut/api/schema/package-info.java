/** Brings the database schema up to date. */
@NullMarked
package io.ordinaut.api.schema;

import org.jspecify.annotations.NullMarked;
