package io.ordinaut.task;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A task as it stands in the database.
 *
 * @param id of the task
 * @param createdBy the agent that owns it
 * @param spec what its user decided
 * @param scheduleAnchor from which its schedule counts: its creation, or the last edit of it
 * @param status where it is in its life
 * @param statusReason why, when there is more to say
 * @param nextRun the cursor: the first occurrence that is not settled
 * @param lastEmitted the cursor as it was when it was last emitted; equal to it, it owes nothing
 * @param lastRun the nominal time of the last occurrence that was emitted
 * @param runsStarted how many runs its schedule has started
 * @param version counts the user's edits
 * @param createdAt by the database's clock
 * @param updatedAt of the last change by a user or of the status
 */
public record Task(
    UUID id,
    UUID createdBy,
    TaskSpec spec,
    Instant scheduleAnchor,
    TaskStatus status,
    @Nullable String statusReason,
    @Nullable Instant nextRun,
    @Nullable Instant lastEmitted,
    @Nullable Instant lastRun,
    long runsStarted,
    int version,
    Instant createdAt,
    Instant updatedAt) {}
