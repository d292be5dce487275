package io.ordinaut.task;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.retry.Backoff;
import io.ordinaut.schedule.DstPolicy;
import io.ordinaut.schedule.FiringPolicy;
import io.ordinaut.schedule.ScheduleKind;
import java.time.ZoneId;
import java.util.SortedMap;

/**
 * What a user decides about a task.
 *
 * @param title 1–200 characters
 * @param description at most 2,000 characters
 * @param scheduleKind how {@code scheduleExpr} is read
 * @param scheduleExpr when, in the words of the kind
 * @param timezone where local times are local
 * @param dst what becomes of local times that do not exist, or exist twice
 * @param firing whether and when an occurrence fires
 * @param payload pipeline and params
 * @param priority 1 (most urgent) to 9
 * @param maxRetries how often a failed run is tried again, after the first attempt
 * @param backoff how long it waits between
 * @param limits what bounds its runs
 * @param labels by which its users find it
 */
public record TaskSpec(
    String title,
    String description,
    ScheduleKind scheduleKind,
    String scheduleExpr,
    ZoneId timezone,
    DstPolicy dst,
    FiringPolicy firing,
    JsonNode payload,
    int priority,
    int maxRetries,
    Backoff backoff,
    RunLimits limits,
    SortedMap<String, String> labels) {}
