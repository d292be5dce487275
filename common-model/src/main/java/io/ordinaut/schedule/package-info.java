/**
 * The mathematics of time: when a schedule occurs and where local times lie on the time line. Pure:
 * instants in, instants out.
 */
@NullMarked
package io.ordinaut.schedule;

import org.jspecify.annotations.NullMarked;
