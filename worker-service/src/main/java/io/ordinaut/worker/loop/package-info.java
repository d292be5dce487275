/** When a worker claims, and how many runs go on at once. */
@NullMarked
package io.ordinaut.worker.loop;

import org.jspecify.annotations.NullMarked;
