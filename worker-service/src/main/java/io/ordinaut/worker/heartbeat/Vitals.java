package io.ordinaut.worker.heartbeat;

/**
 * What a worker says of itself.
 *
 * @param capacity how many runs may go on at once
 * @param running how many do
 * @param finished how many runs got their final state since it started
 * @param leasesLost how often it was refused because its lease was no longer its own
 */
public record Vitals(int capacity, int running, long finished, long leasesLost) {}
