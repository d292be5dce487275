/** All three services in one process, on an embedded PostgreSQL and an embedded Redis. */
@NullMarked
package io.ordinaut.standalone;

import org.jspecify.annotations.NullMarked;
