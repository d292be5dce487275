/** One try of one step: condition, render, call, with a deadline. */
@NullMarked
package io.ordinaut.worker.step;

import org.jspecify.annotations.NullMarked;
