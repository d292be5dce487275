-- What time asks for: policies decided at an occurrence's own time, snoozed occurrences, probes of
-- conditions, the position of events.

-- From when on the present plan holds: the task's creation, or the last edit of when it fires.
ALTER TABLE task ADD planned_from timestamptz NOT NULL DEFAULT now();

-- A task as services read it: JSON as text, parsed once and by them.
CREATE VIEW task_row AS
  SELECT id, created_by, title, description, schedule_kind, schedule_expr, timezone,
    schedule_anchor, dst_gap, dst_overlap, overlap, catch_up, catch_up_window_seconds,
    jitter_seconds, starts_at, ends_at, max_runs, payload::text AS payload, priority, max_retries,
    backoff_strategy, backoff_base_seconds, backoff_max_seconds, labels::text AS labels, status,
    status_reason, planned_from, next_run, last_emitted, last_run, runs_started, version, created_at, updated_at
  FROM task;

-- Only tasks that allow overlap are emitted ahead of their time, so each policy has its own head.
DROP INDEX task_due;
CREATE INDEX task_due ON task (overlap, next_run)
  WHERE status = 'active' AND last_emitted IS DISTINCT FROM next_run;
-- For what is ahead of all tasks. An expression, lest the claim be planned with this index: behind
-- it lie also those that are emitted and not yet settled, of which there may be many.
CREATE INDEX task_upcoming ON task ((next_run AT TIME ZONE 'UTC'), id) WHERE status = 'active';
CREATE INDEX task_listening ON task (schedule_expr)
  WHERE schedule_kind = 'event' AND status IN ('active', 'paused');

-- The tripwire holds for probes too; with its sibling it finds all open work of a task.
DROP INDEX due_work_occurrence;
DROP INDEX due_work_of_task;
CREATE UNIQUE INDEX due_work_occurrence ON due_work_open (task_id, run_at)
  WHERE cause IN ('schedule', 'condition');
CREATE INDEX due_work_of_task ON due_work_open (task_id)
  WHERE cause NOT IN ('schedule', 'condition');

-- Work with a concurrency key: what waits under a key, what runs under it, and what is due next.
DROP INDEX due_work_keyed;
CREATE INDEX due_work_keyed
  ON due_work_open (concurrency_key, priority, coalesce(available_at, run_at))
  WHERE status = 'pending' AND concurrency_key IS NOT NULL;
CREATE INDEX due_work_keyed_running ON due_work_open (concurrency_key)
  WHERE status = 'running' AND concurrency_key IS NOT NULL;
CREATE INDEX due_work_keyed_next ON due_work_open (coalesce(available_at, run_at))
  WHERE status = 'pending' AND concurrency_key IS NOT NULL;

ALTER TABLE signal ADD is_last boolean NOT NULL DEFAULT false;
ALTER TABLE signal ADD snooze jsonb;

-- What a condition was when it was last looked at, and when it last started a run.
CREATE TABLE condition_state (
  task_id   uuid PRIMARY KEY REFERENCES task ON DELETE CASCADE,
  was_true  boolean NOT NULL,
  looked_at timestamptz NOT NULL DEFAULT now(),
  fired_at  timestamptz
) WITH (fillfactor = 50);

ALTER TABLE run_log DROP CONSTRAINT run_log_kind_check;
ALTER TABLE run_log ADD CONSTRAINT run_log_kind_check
  CHECK (kind IN ('step', 'compensate', 'probe'));

CREATE INDEX event_newest ON event (occurred_at DESC, id DESC);

-- The highest position that was given to an event.
CREATE TABLE event_horizon (
  only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position  bigint NOT NULL
);
INSERT INTO event_horizon (position) VALUES (0);

-- By which edition of the zones' rules the cursors were planned.
CREATE TABLE zone_data (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version     text NOT NULL,
  planned_at  timestamptz NOT NULL DEFAULT now()
);

-- What work carries of its task: an edit of the task does not reach what has begun.
CREATE FUNCTION task_snapshot(t task) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT t.payload || jsonb_build_object('settings', jsonb_build_object(
      'title', t.title,
      'max_retries', t.max_retries,
      'backoff_strategy', t.backoff_strategy,
      'backoff_base_seconds', t.backoff_base_seconds,
      'backoff_max_seconds', t.backoff_max_seconds)
    || CASE WHEN t.schedule_kind = 'condition'
         THEN jsonb_build_object('condition', t.schedule_expr) ELSE '{}' END)
$$;

-- The key under which a task's own runs wait for each other; null when they need not. The id is cast
-- because uuid || text is only stable: a function that says immutable would then be called row by row.
CREATE FUNCTION task_key(t task) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN t.overlap IN ('buffer_one', 'cancel_running')
    THEN 'task:' || t.id::text ELSE t.concurrency_key END
$$;

-- What runs: the work's own pipeline if it has one, else its task's.
CREATE FUNCTION work_payload(payload jsonb, t task) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN payload ? 'pipeline' THEN payload
      ELSE coalesce(t.payload, '{"pipeline": []}') END
    || CASE WHEN payload ? 'settings' OR t.id IS NULL THEN '{}'::jsonb
       ELSE jsonb_build_object('settings', task_snapshot(t) -> 'settings') END
$$;
