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
  only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position  bigint NOT NULL
);
INSERT INTO event_relay (position) VALUES (0);

-- How often the worker means to be heard of: whoever is not for three times as long is silent.
ALTER TABLE worker_heartbeat
  ADD heartbeat_seconds double precision NOT NULL DEFAULT 5 CHECK (heartbeat_seconds > 0);

-- From when on history is whole: written before anything older is removed, so that what is gone is
-- not taken for lost. It lies ahead where this clock was ahead; what has come since is kept for as
-- long as it is to be.
CREATE TABLE history_horizon (
  history    text PRIMARY KEY,
  kept_from  timestamptz NOT NULL,
  kept_for   interval NOT NULL
);

CREATE INDEX event_dedupe_age ON event_dedupe (created_at);

-- How many of a task's runs may go on under its key; null without one.
CREATE FUNCTION task_limit(t task) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN t.overlap IN ('buffer_one', 'cancel_running') THEN 1
    WHEN t.concurrency_key IS NOT NULL THEN coalesce(t.concurrency_limit, 1) END
$$;

-- A run that goes on with a failed one sees the same "now".
ALTER TABLE signal ADD admitted_at timestamptz;

-- Runs that go on with others, by the run whose keys they carry and by the one that they repeat.
CREATE INDEX signal_root ON signal (root_id) WHERE root_id IS NOT NULL;
CREATE INDEX signal_resumes ON signal (resumes) WHERE resumes IS NOT NULL;
CREATE INDEX due_work_root ON due_work_open (root_id) WHERE root_id IS NOT NULL;
CREATE INDEX due_work_resumes ON due_work_open (resumes) WHERE resumes IS NOT NULL;
CREATE INDEX task_run_root ON task_run (root_id, created_at) WHERE root_id IS NOT NULL;
CREATE INDEX task_run_resumes ON task_run (resumes, created_at) WHERE resumes IS NOT NULL;

-- Canceled before they began, some of them long before their time.
CREATE INDEX task_run_never_begun ON task_run (task_id, run_at)
  WHERE status = 'canceled' AND started_at IS NULL;

-- Dead letters: few among all runs.
CREATE INDEX task_run_unsuccessful ON task_run (created_at DESC, id DESC) WHERE status <> 'success';

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

-- What was canceled while it waits under a key ends without room there.
CREATE INDEX due_work_canceled ON due_work_open (id)
  WHERE status = 'pending' AND cancel_requested AND phase = 'forward' AND concurrency_key IS NOT NULL;

-- As before, and a table of the partition's name that is not attached is attached again: rows that
-- belong into it would find no place for ever. A partition says in a comment what it is: retention
-- removes no table of others.
CREATE OR REPLACE FUNCTION ordinaut_ensure_partition(parent text, unit text, at timestamptz)
RETURNS void
LANGUAGE plpgsql SET lock_timeout = '2s' SET timezone = 'UTC' AS $$
DECLARE
  low  timestamptz := date_trunc(unit, at);
  high timestamptz := low + ('1 ' || unit)::interval;
  name text := parent || to_char(low, '_YYYYMMDD');
BEGIN
  IF EXISTS (SELECT FROM pg_inherits
      WHERE inhrelid = to_regclass(name) AND inhparent = parent::regclass) THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ordinaut_partition'));
  IF EXISTS (SELECT FROM pg_inherits
      WHERE inhrelid = to_regclass(name) AND inhparent = parent::regclass) THEN
    RETURN;
  END IF;
  IF to_regclass(name) IS NULL THEN
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
      name, parent);
  END IF;
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    parent, name, low, high);
  EXECUTE format('COMMENT ON TABLE %I IS %L', name, 'Partition of ' || parent);
END $$;

DO $$
DECLARE
  own record;
BEGIN
  FOR own IN
    SELECT inhrelid::regclass AS name, inhparent::regclass AS parent FROM pg_inherits
    WHERE inhparent IN ('due_work_done'::regclass, 'task_run'::regclass, 'run_log'::regclass,
      'event'::regclass)
  LOOP
    EXECUTE format('COMMENT ON TABLE %s IS %L', own.name, 'Partition of ' || own.parent);
  END LOOP;
END $$;

-- Partitions begin with days of UTC: those of a connection's zone may be longer, and one be left out.
ALTER FUNCTION ordinaut_ensure_partitions(integer) SET timezone = 'UTC';

-- How a worker is, by what it last said of itself and by this clock.
CREATE FUNCTION worker_state(w worker_heartbeat) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN w.seen_at < now() - 3 * w.heartbeat_seconds * interval '1 second' THEN 'silent'
    WHEN w.draining THEN 'draining' ELSE 'active' END
$$;

-- When the time of a run is over that has begun: it ends then, also where nothing may begin.
ALTER TABLE due_work ADD deadline timestamptz;
CREATE INDEX due_work_late ON due_work_open (deadline)
  WHERE status = 'pending' AND phase = 'forward' AND deadline IS NOT NULL;

-- What has a key and is due next, for questions that name no key. They say so in words of their own,
-- lest claims, which name one, be planned with this index: it leads through all that is due.
DROP INDEX due_work_keyed_next;
CREATE INDEX due_work_keyed_next ON due_work_open (coalesce(available_at, run_at))
  WHERE status = 'pending' AND concurrency_key >= '';
-- Whether a key has anything due that may run beside what runs: one look-up, however much waits.
CREATE INDEX due_work_keyed_room
  ON due_work_open (concurrency_key, coalesce(concurrency_limit, 1), coalesce(available_at, run_at))
  WHERE status = 'pending' AND concurrency_key IS NOT NULL;

-- When the brake was last released: what it held up has been held up by nothing else until then.
ALTER TABLE brake ADD released_at timestamptz;
