/**
 * What a task does: steps, templates, conditions and expressions, compiled once, and the context
 * that they see. Pure.
 */
@NullMarked
package io.ordinaut.pipeline;

import org.jspecify.annotations.NullMarked;
