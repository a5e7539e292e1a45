-- The whole database of the reference service. Every statement can be executed repeatedly without harm.

-- The digest of the version of this file that the database has.
CREATE TABLE IF NOT EXISTS applied_schema (digest text NOT NULL);

-- One row for each webhook ever accepted. The unique constraint makes at-least-once delivery harmless.
-- state: 0 pending, 1 applied, 2 superseded, 3 dead-lettered, 4 ignored. times: how often it took effect.
CREATE TABLE IF NOT EXISTS inbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  webhook_id text NOT NULL,
  topic text NOT NULL,
  received_ns bigint NOT NULL,
  state smallint NOT NULL DEFAULT 0,
  times smallint NOT NULL DEFAULT 0,
  UNIQUE (source, webhook_id)
) WITH (fillfactor = 80);

-- Messages to be worked on. Written in the transaction that writes the inbox row, deleted in the one of the effect.
DO $$ BEGIN  -- older databases call the column `lane`
  IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('queue') AND attname = 'lane') THEN
    ALTER TABLE queue RENAME COLUMN lane TO work_type;
  END IF;
END $$;
CREATE TABLE IF NOT EXISTS queue (
  work_type smallint NOT NULL,
  entry bigint GENERATED ALWAYS AS IDENTITY,
  seq bigint NOT NULL,
  source text NOT NULL,
  topic text NOT NULL,
  triggered_ns bigint,
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts smallint NOT NULL DEFAULT 0,
  body bytea NOT NULL,
  PRIMARY KEY (work_type, entry)
);
-- Bodies are stored for milliseconds; compressing them would cost more than it saves.
ALTER TABLE queue ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE IF NOT EXISTS dead_letter (
  entry bigint PRIMARY KEY,
  seq bigint NOT NULL,
  source text NOT NULL,
  webhook_id text NOT NULL,
  topic text NOT NULL,
  attempts smallint NOT NULL,
  reason text NOT NULL,
  body bytea NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- Its number is that of its webhook in the inbox. Older databases have the number in the queue, which can be another's.
DELETE FROM dead_letter AS one USING dead_letter AS other WHERE one.seq = other.seq AND one.entry < other.entry;
UPDATE dead_letter SET entry = -seq WHERE entry <> seq;
UPDATE dead_letter SET entry = -entry WHERE entry < 0;

-- The known stock levels of the master: `available` was true at some moment within [as_of_low_ns, as_of_high_ns].
-- parked_*: the newest level received while a batch with this level was in flight. pending: units of channel orders that
-- are recorded here and not yet in the master.
CREATE TABLE IF NOT EXISTS stock (
  inventory_item_id bigint NOT NULL,
  location_id bigint NOT NULL,
  level_gid text NOT NULL,
  sku text,
  available integer NOT NULL,
  as_of_low_ns bigint NOT NULL,
  as_of_high_ns bigint NOT NULL,
  parked_available integer,
  parked_low_ns bigint,
  parked_high_ns bigint,
  in_flight boolean NOT NULL DEFAULT false,
  doubtful boolean NOT NULL DEFAULT false,
  pending integer NOT NULL DEFAULT 0,
  PRIMARY KEY (inventory_item_id, location_id)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS stock_by_sku ON stock (sku);

-- Orders of the marketplaces. A row with created = false records a cancellation or a return that came before its order.
-- returned: units per SKU that restocked returns gave back.
CREATE TABLE IF NOT EXISTS channel_order (
  channel text NOT NULL,
  order_id text NOT NULL,
  created boolean NOT NULL,
  cancelled boolean NOT NULL,
  lines jsonb NOT NULL,
  returned jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (channel, order_id)
);
ALTER TABLE channel_order ADD COLUMN IF NOT EXISTS returned jsonb NOT NULL DEFAULT '{}';
CREATE TABLE IF NOT EXISTS channel_return (
  channel text NOT NULL,
  return_id text NOT NULL,
  order_id text NOT NULL,
  restock boolean NOT NULL,
  PRIMARY KEY (channel, return_id)
);

-- Positions of the readers that poll, moved in the transaction that commits what they read.
CREATE TABLE IF NOT EXISTS poll_cursor (
  source text PRIMARY KEY,
  position text NOT NULL
);

-- Changes to be written to the master: units per SKU of one order, cancellation or return. batch_id NULL: not yet sent.
CREATE TABLE IF NOT EXISTS effect (
  effect_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  token text NOT NULL,
  units jsonb NOT NULL,
  batch_id bigint,
  refused text
);
CREATE INDEX IF NOT EXISTS effect_by_token ON effect (token);
CREATE INDEX IF NOT EXISTS effect_waiting ON effect (effect_id) WHERE batch_id IS NULL AND refused IS NULL;

-- One inventoryAdjustQuantities call each, committed with its idempotency key before the call.
CREATE TABLE IF NOT EXISTS batch (
  batch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  idempotency_key text NOT NULL,
  reference text NOT NULL,
  changes jsonb NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'refused')),
  opened_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS batch_open ON batch (state) WHERE state = 'open';

-- The shop's own orders, refunds and products by Shopify's ids. Their version is (updated_ns, triggered_ns).
CREATE TABLE IF NOT EXISTS shop_order (
  order_id bigint PRIMARY KEY,
  updated_ns bigint NOT NULL,
  triggered_ns bigint NOT NULL,
  name text,
  currency text,
  total_price text,
  financial_status text,
  cancelled boolean NOT NULL
);
CREATE TABLE IF NOT EXISTS shop_refund (
  refund_id bigint PRIMARY KEY,
  order_id bigint NOT NULL,
  restock boolean NOT NULL
);
CREATE TABLE IF NOT EXISTS shop_product (
  product_id bigint PRIMARY KEY,
  updated_ns bigint NOT NULL,
  triggered_ns bigint NOT NULL,
  title text,
  status text
);

-- Reconciliations that were asked for or due. counts: what each part read and healed, as JSON. done_by: the pass that did
-- it, which can answer several requests.
CREATE TABLE IF NOT EXISTS reconciliation (
  run bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  done_by bigint,
  counts jsonb NOT NULL DEFAULT '{}'
);
-- What reconciliation healed: one row for each order, stock level or listing, written in the transaction that heals it.
CREATE TABLE IF NOT EXISTS healed (
  entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  kind text NOT NULL,
  source text NOT NULL,
  name text NOT NULL,
  was text NOT NULL,
  became text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS healed_by_run ON healed (run);
