/** HTTP: problem documents, request ids, reading bodies and identifiers. */
@NullMarked
package io.ordinaut.api.http;

import org.jspecify.annotations.NullMarked;
