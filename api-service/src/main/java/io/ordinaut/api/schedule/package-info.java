/**
 * What is ahead: what a schedule without a task would do, what all tasks will do, and what gets in
 * each other's way.
 */
@NullMarked
package io.ordinaut.api.schedule;

import org.jspecify.annotations.NullMarked;
