package io.ordinaut.stream;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event as the stream carries it.
 *
 * @param position its place among all events; its id in the stream is {@code <position>-0}
 * @param id of the event
 * @param topic what it is about
 * @param source who says so; null when nobody is named
 * @param payload as text of JSON
 * @param occurredAt when it was stored
 * @param traceparent of the trace that it belongs to (W3C Trace Context); null when it has none
 */
public record StreamEntry(
    long position,
    UUID id,
    String topic,
    @Nullable String source,
    String payload,
    Instant occurredAt,
    @Nullable String traceparent) {}
