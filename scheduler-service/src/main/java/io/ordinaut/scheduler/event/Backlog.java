package io.ordinaut.scheduler.event;

/**
 * What is still to be done about events.
 *
 * @param isWhole whether the rows are there that count events
 * @param isUndispatched whether any has no position yet
 * @param isUnrelayed whether any that has one was not relayed yet
 * @param ageSeconds since when the oldest of them waits; 0 when none does
 */
public record Backlog(
    boolean isWhole, boolean isUndispatched, boolean isUnrelayed, double ageSeconds) {}
