-- What pipelines call: servers that speak MCP, the catalogue of tools, secrets.

CREATE TABLE mcp_server (
  name           text PRIMARY KEY CHECK (name ~ '^[A-Za-z][A-Za-z0-9_-]{0,99}$'),
  transport      text NOT NULL CHECK (transport IN ('http', 'stdio')),
  url            text,
  headers        jsonb NOT NULL DEFAULT '{}',
  status         text NOT NULL DEFAULT 'unknown' CHECK (status IN ('unknown', 'ready', 'failed')),
  status_reason  text,
  discovered_at  timestamptz,
  version        integer NOT NULL DEFAULT 1,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  CHECK ((transport = 'http') = (url IS NOT NULL))
);

-- A tool of an MCP server is written by discovery, an HTTP tool by its author.
CREATE TABLE tool (
  name           text PRIMARY KEY,
  server         text REFERENCES mcp_server ON DELETE CASCADE,
  description    text NOT NULL DEFAULT '',
  input_schema   jsonb NOT NULL DEFAULT '{"type": "object"}',
  output_schema  jsonb,
  request        jsonb,
  version        integer NOT NULL DEFAULT 1,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  CHECK ((server IS NULL) = (request IS NOT NULL))
);
CREATE INDEX tool_of_server ON tool (server);

-- AES-256-GCM: the name and the key's id are authenticated with it.
CREATE TABLE secret (
  name        text PRIMARY KEY CHECK (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,99}$'),
  key_id      text NOT NULL,
  nonce       bytea NOT NULL,
  ciphertext  bytea NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- When a worker first took the work: the "now" of its expressions, the same after every retry.
ALTER TABLE due_work ADD admitted_at timestamptz;
