-- What operating asks for: keys and limits of tasks, the brake, who works, what was relayed.

CREATE OR REPLACE VIEW task_row AS
  SELECT id, created_by, title, description, schedule_kind, schedule_expr, timezone,
    schedule_anchor, dst_gap, dst_overlap, overlap, catch_up, catch_up_window_seconds,
    jitter_seconds, starts_at, ends_at, max_runs, payload::text AS payload, priority, max_retries,
    backoff_strategy, backoff_base_seconds, backoff_max_seconds, labels::text AS labels, status,
    status_reason, planned_from, next_run, last_emitted, last_run, runs_started, version, created_at, updated_at,
    concurrency_key, concurrency_limit, timeout_seconds
  FROM task;

CREATE INDEX task_of_key ON task (concurrency_key, created_at DESC, id DESC)
  WHERE concurrency_key IS NOT NULL;

CREATE OR REPLACE FUNCTION task_snapshot(t task) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT t.payload || jsonb_build_object('settings', jsonb_build_object(
      'title', t.title,
      'max_retries', t.max_retries,
      'backoff_strategy', t.backoff_strategy,
      'backoff_base_seconds', t.backoff_base_seconds,
      'backoff_max_seconds', t.backoff_max_seconds,
      'timeout_seconds', t.timeout_seconds)
    || CASE WHEN t.schedule_kind = 'condition'
         THEN jsonb_build_object('condition', t.schedule_expr) ELSE '{}' END)
$$;

-- While it is pulled, nothing is emitted and nothing leased, whatever the tasks say.
CREATE TABLE brake (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  pulled_at  timestamptz,
  reason     text CHECK (char_length(reason) <= 500)
);
INSERT INTO brake (pulled_at) VALUES (NULL);

-- Counters since the worker's start; rates are taken by whoever reads.
ALTER TABLE worker_heartbeat
  ADD finished        bigint NOT NULL DEFAULT 0,
  ADD leases_lost     bigint NOT NULL DEFAULT 0,
  ADD runs_per_minute integer NOT NULL DEFAULT 0;

-- Up to which position events have been relayed to Redis.
CREATE TABLE event_relay (
  only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position     bigint NOT NULL,
  relayed_at   timestamptz NOT NULL DEFAULT now()
);
INSERT INTO event_relay (position) VALUES (0);

-- Values that secrets had before, locked as they were: a run that waits may have given one to a
-- tool, so it stays masked for as long as such a run is open.
CREATE TABLE secret_past (
  name         text NOT NULL,
  key_id       text NOT NULL,
  nonce        bytea NOT NULL,
  ciphertext   bytea NOT NULL,
  replaced_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX secret_past_of_name ON secret_past (name, replaced_at DESC);
CREATE INDEX secret_past_by_age ON secret_past (replaced_at);
