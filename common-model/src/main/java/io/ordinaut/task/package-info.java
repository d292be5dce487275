/**
 * The words for tasks: the task, what its user decides, its states, and the way from a JSON
 * document to a checked draft. Pure.
 */
@NullMarked
package io.ordinaut.task;

import org.jspecify.annotations.NullMarked;
