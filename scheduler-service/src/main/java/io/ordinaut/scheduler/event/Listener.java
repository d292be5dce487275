package io.ordinaut.scheduler.event;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A task that listens.
 *
 * @param taskId of the task
 * @param agentId its owner
 * @param pattern the topic, or pattern of topics, that it listens to
 * @param when which of these events it wants, as JMESPath; null for all
 * @param isPaused whether its events are only recorded
 */
record Listener(
    UUID taskId, UUID agentId, String pattern, @Nullable String when, boolean isPaused) {}
