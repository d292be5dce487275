-- The tables every task passes through. Services address the partitions of due_work by name;
-- SQL through the parent, written by hand, still works.

CREATE TABLE task (
  id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  title                  text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
  description            text NOT NULL DEFAULT '' CHECK (char_length(description) <= 2000),
  created_by             uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000001',
  schedule_kind          text NOT NULL
    CHECK (schedule_kind IN ('cron', 'rrule', 'once', 'event', 'condition')),
  schedule_expr          text NOT NULL,
  timezone               text NOT NULL DEFAULT 'UTC',
  schedule_anchor        timestamptz NOT NULL DEFAULT date_trunc('second', now()),
  payload                jsonb NOT NULL DEFAULT '{}',
  status                 text NOT NULL DEFAULT 'active'
    CHECK (status IN ('active', 'paused', 'completed', 'failed', 'canceled')),
  status_reason          text,
  next_run               timestamptz,
  last_emitted           timestamptz,
  last_run               timestamptz,
  runs_started           bigint NOT NULL DEFAULT 0 CHECK (runs_started >= 0),
  priority               smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 9),
  dedupe_key             text,
  dedupe_window_seconds  integer NOT NULL DEFAULT 0 CHECK (dedupe_window_seconds >= 0),
  max_retries            integer NOT NULL DEFAULT 3 CHECK (max_retries BETWEEN 0 AND 10),
  backoff_strategy       text NOT NULL DEFAULT 'exponential_jitter'
    CHECK (backoff_strategy IN ('exponential_jitter', 'exponential', 'linear', 'fixed')),
  backoff_base_seconds   double precision NOT NULL DEFAULT 1 CHECK (backoff_base_seconds > 0),
  backoff_max_seconds    double precision NOT NULL DEFAULT 300 CHECK (backoff_max_seconds > 0),
  concurrency_key        text,
  concurrency_limit      integer CHECK (concurrency_limit > 0),
  timeout_seconds        integer CHECK (timeout_seconds > 0),
  overlap                text NOT NULL DEFAULT 'allow'
    CHECK (overlap IN ('allow', 'skip', 'buffer_one', 'cancel_running')),
  catch_up               text NOT NULL DEFAULT 'latest'
    CHECK (catch_up IN ('latest', 'all', 'none')),
  catch_up_window_seconds integer NOT NULL DEFAULT 86400 CHECK (catch_up_window_seconds >= 0),
  dst_gap                text NOT NULL DEFAULT 'shift' CHECK (dst_gap IN ('shift', 'skip')),
  dst_overlap            text NOT NULL DEFAULT 'first'
    CHECK (dst_overlap IN ('first', 'last', 'both')),
  jitter_seconds         integer NOT NULL DEFAULT 0 CHECK (jitter_seconds BETWEEN 0 AND 3600),
  starts_at              timestamptz,
  ends_at                timestamptz,
  max_runs               bigint CHECK (max_runs > 0),
  labels                 jsonb NOT NULL DEFAULT '{}',
  version                integer NOT NULL DEFAULT 1,
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

-- The predicate is the definition of "owed": the claim of the tick repeats it to the letter.
CREATE INDEX task_due ON task (next_run)
  WHERE status = 'active' AND last_emitted IS DISTINCT FROM next_run;
CREATE INDEX task_newest ON task (created_at DESC, id DESC);
CREATE INDEX task_dedupe ON task (created_by, dedupe_key) WHERE dedupe_key IS NOT NULL;

CREATE TABLE task_label (
  task_id  uuid NOT NULL REFERENCES task ON DELETE CASCADE,
  key      text NOT NULL,
  value    text NOT NULL,
  PRIMARY KEY (task_id, key)
);
CREATE INDEX task_label_search ON task_label (key, value);

-- The one door for work that is not due by time. Its id becomes the work's and the run's.
CREATE TABLE signal (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  task_id       uuid,
  agent_id      uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000001',
  cause         text NOT NULL DEFAULT 'manual'
    CHECK (cause IN ('schedule', 'manual', 'event', 'condition', 'redrive', 'backfill')),
  run_at        timestamptz NOT NULL DEFAULT now(),
  available_at  timestamptz,
  priority      smallint CHECK (priority BETWEEN 1 AND 9),
  params        jsonb,
  event         jsonb,
  payload       jsonb,
  resumes       uuid,
  root_id       uuid,
  depth         integer NOT NULL DEFAULT 0,
  traceparent   text,
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX signal_oldest ON signal (created_at, id);
CREATE INDEX signal_task ON signal (task_id);

-- Partitioned by status, so that what is open stays small however much is done. A key on the
-- parent would have to contain status and finished_at: the keys are on the leaves.
CREATE TABLE due_work (
  id                 uuid NOT NULL DEFAULT gen_random_uuid(),
  task_id            uuid,
  agent_id           uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000001',
  run_at             timestamptz NOT NULL DEFAULT now(),
  available_at       timestamptz,
  priority           smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 9),
  status             text NOT NULL DEFAULT 'pending',
  payload            jsonb,
  trigger_data       jsonb,
  attempt            integer NOT NULL DEFAULT 1 CHECK (attempt >= 1),
  lost_leases        integer NOT NULL DEFAULT 0 CHECK (lost_leases >= 0),
  locked_by          text,
  locked_until       timestamptz,
  lease_token        uuid,
  cancel_requested   boolean NOT NULL DEFAULT false,
  is_last            boolean NOT NULL DEFAULT false,
  started_at         timestamptz,
  phase              text NOT NULL DEFAULT 'forward' CHECK (phase IN ('forward', 'rollback')),
  resumes            uuid,
  root_id            uuid,
  depth              integer NOT NULL DEFAULT 0,
  traceparent        text,
  cause              text NOT NULL DEFAULT 'manual'
    CHECK (cause IN ('schedule', 'manual', 'event', 'condition', 'redrive', 'backfill')),
  concurrency_key    text,
  concurrency_limit  integer CHECK (concurrency_limit > 0),
  created_at         timestamptz NOT NULL DEFAULT now(),
  finished_at        timestamptz,
  CHECK (status IN ('pending', 'running', 'completed', 'failed', 'canceled')),
  CHECK ((finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'canceled'))),
  CHECK (status <> 'running' OR locked_until IS NOT NULL)
) PARTITION BY LIST (status);

CREATE TABLE due_work_open PARTITION OF due_work (PRIMARY KEY (id))
  FOR VALUES IN ('pending', 'running')
  WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
CREATE TABLE due_work_done PARTITION OF due_work
  FOR VALUES IN ('completed', 'failed', 'canceled')
  PARTITION BY RANGE (finished_at);
CREATE INDEX due_work_done_id ON due_work_done (id);

CREATE INDEX due_work_ready ON due_work_open (priority, coalesce(available_at, run_at))
  WHERE status = 'pending' AND concurrency_key IS NULL;
CREATE INDEX due_work_keyed ON due_work_open (concurrency_key, priority, coalesce(available_at, run_at))
  WHERE concurrency_key IS NOT NULL;
CREATE INDEX due_work_leased ON due_work_open (id) WHERE status = 'running';
-- The tripwire of exactly-once emission. It also finds the scheduled work of a task.
CREATE UNIQUE INDEX due_work_occurrence ON due_work_open (task_id, run_at)
  WHERE cause = 'schedule';
CREATE INDEX due_work_of_task ON due_work_open (task_id) WHERE cause <> 'schedule';

CREATE TABLE task_run (
  id             uuid NOT NULL,
  task_id        uuid,
  agent_id       uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000001',
  run_at         timestamptz NOT NULL,
  status         text NOT NULL CHECK (status IN ('success', 'failed', 'canceled', 'timed_out')),
  attempt        integer NOT NULL DEFAULT 1,
  worker_id      text,
  started_at     timestamptz,
  finished_at    timestamptz NOT NULL DEFAULT now(),
  outputs        jsonb NOT NULL DEFAULT '{}',
  error_code     text,
  error_message  text,
  cause          text NOT NULL DEFAULT 'manual',
  resumes        uuid,
  root_id        uuid,
  created_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX task_run_newest ON task_run (created_at DESC, id DESC);
CREATE INDEX task_run_of_task ON task_run (task_id, created_at DESC, id DESC);

CREATE TABLE run_log (
  run_id       uuid NOT NULL,
  task_id      uuid,
  step_id      text NOT NULL,
  item         integer,
  attempt      integer NOT NULL DEFAULT 1,
  kind         text NOT NULL DEFAULT 'step' CHECK (kind IN ('step', 'compensate')),
  status       text NOT NULL CHECK (status IN ('success', 'failed', 'skipped', 'canceled', 'timed_out')),
  input        jsonb,
  output       jsonb,
  error_code   text,
  error        text,
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (created_at);
CREATE INDEX run_log_of_run ON run_log (run_id, created_at);

-- One row for a span of occurrences that did not fire, both ends inclusive.
CREATE TABLE skipped_firing (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id     uuid NOT NULL,
  from_at     timestamptz NOT NULL,
  to_at       timestamptz NOT NULL CHECK (to_at >= from_at),
  count       bigint NOT NULL CHECK (count > 0),
  reason      text NOT NULL CHECK (reason IN
    ('misfire_skipped', 'coalesced', 'overlap_skipped', 'paused', 'max_runs')),
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX skipped_firing_of_task ON skipped_firing (task_id, from_at);
CREATE INDEX skipped_firing_age ON skipped_firing (created_at);

CREATE TABLE event (
  id           uuid NOT NULL DEFAULT gen_random_uuid(),
  topic        text NOT NULL CHECK (topic ~ '^[A-Za-z0-9._:-]{1,100}$'),
  source       text,
  agent_id     uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000001',
  payload      jsonb NOT NULL DEFAULT '{}',
  occurred_at  timestamptz NOT NULL DEFAULT now(),
  depth        integer NOT NULL DEFAULT 0,
  traceparent  text,
  position     bigint,
  PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX event_undispatched ON event (occurred_at, id) WHERE position IS NULL;
CREATE INDEX event_position ON event (position) WHERE position IS NOT NULL;

CREATE TABLE event_dedupe (
  agent_id     uuid NOT NULL,
  dedupe_id    text NOT NULL,
  event_id     uuid NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (agent_id, dedupe_id)
);

CREATE TABLE worker_heartbeat (
  worker_id   text PRIMARY KEY,
  host        text NOT NULL DEFAULT '',
  capacity    integer NOT NULL,
  running     integer NOT NULL,
  draining    boolean NOT NULL DEFAULT false,
  started_at  timestamptz NOT NULL DEFAULT now(),
  seen_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Makes the partition of a table that holds the given instant. Made as a plain table and attached,
-- so that reads and writes of the other partitions go on; never waits long for the lock.
CREATE FUNCTION ordinaut_ensure_partition(parent text, unit text, at timestamptz) RETURNS void
LANGUAGE plpgsql SET lock_timeout = '2s' SET timezone = 'UTC' AS $$
DECLARE
  low  timestamptz := date_trunc(unit, at);
  high timestamptz := low + ('1 ' || unit)::interval;
  name text := parent || to_char(low, '_YYYYMMDD');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ordinaut_partition'));
  IF to_regclass(name) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    parent, name, low, high);
END $$;

-- Makes whatever is missing from today to the given number of days ahead.
CREATE FUNCTION ordinaut_ensure_partitions(days_ahead integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz;
BEGIN
  FOR at IN SELECT generate_series(now() - interval '1 day', now() + make_interval(days => days_ahead), '1 day') LOOP
    PERFORM ordinaut_ensure_partition('due_work_done', 'day', at);
    PERFORM ordinaut_ensure_partition('task_run', 'week', at);
    PERFORM ordinaut_ensure_partition('run_log', 'week', at);
    PERFORM ordinaut_ensure_partition('event', 'week', at);
  END LOOP;
END $$;

SELECT ordinaut_ensure_partitions(7);
