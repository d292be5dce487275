/**
 * PostgreSQL: running statements with deadlines, reading rows, knowing whether the schema is there.
 */
@NullMarked
package io.ordinaut.store;

import org.jspecify.annotations.NullMarked;
