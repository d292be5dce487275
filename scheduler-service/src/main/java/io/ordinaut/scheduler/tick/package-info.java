/**
 * One turn: claims due tasks, writes their work and moves their cursors in one transaction, nudges
 * the workers.
 */
@NullMarked
package io.ordinaut.scheduler.tick;

import org.jspecify.annotations.NullMarked;
