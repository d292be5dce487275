/**
 * Says every few seconds that a worker is there and what it does; judged by the database's clock.
 */
@NullMarked
package io.ordinaut.worker.heartbeat;

import org.jspecify.annotations.NullMarked;
