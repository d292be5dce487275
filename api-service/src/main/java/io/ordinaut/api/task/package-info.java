/** Tasks over REST: the first and third room of a task's way. */
@NullMarked
package io.ordinaut.api.task;

import org.jspecify.annotations.NullMarked;
