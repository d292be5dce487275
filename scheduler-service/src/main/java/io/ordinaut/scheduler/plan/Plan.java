package io.ordinaut.scheduler.plan;

import java.util.List;

/**
 * What becomes of one task in one tick.
 *
 * @param emissions the occurrences that fire, in order
 * @param skips those that do not
 * @param advance where the cursor goes
 * @param stopsGoing whether its runs that are still going are asked to stop
 */
public record Plan(
    List<Emission> emissions, List<Skip> skips, Advance advance, boolean stopsGoing) {}
