/** The tools that steps use. */
@NullMarked
package io.ordinaut.worker.tool;

import org.jspecify.annotations.NullMarked;
