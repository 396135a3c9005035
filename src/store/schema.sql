-- The tables of sidetrack: what survives a restart. docs/store.md draws them.
--
-- This file is the newest schema as a whole and is run on a fresh file. A file that an older
-- release made is brought here by the numbered steps in migrate.c; a test holds that both roads
-- end in the same tables.
--
-- Habits. Times are milliseconds since 1970 UTC. A shop is a small number (table shop). Enums that
-- may grow are kept by their text, enums with fixed numbers by their number. NULL is "not known";
-- references that may point nowhere are 0. Money is whole minor units and a scale, NULL when not
-- given. Every key that is not a plain counter starts with the shop.

-- Which schema this file had, since when.
CREATE TABLE upgrade (
    version INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL
);

CREATE TABLE shop (
    id           INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL UNIQUE, -- as in the config
    activated_at INTEGER NOT NULL         -- older orders are nobody's to send
);

------------------------------------------------------------------ what happened (journal.h)

-- The order of the world. seq is dense and never used twice: the newest row is never deleted.
-- Never updated. An index on the event's id would cost more than the table (it is random);
-- `show event` scans instead.
CREATE TABLE journal (
    seq         INTEGER PRIMARY KEY,
    shop        INTEGER NOT NULL,
    name        TEXT    NOT NULL, -- '' for a custom event; its own name is in the body
    source      TEXT    NOT NULL,
    event_id    TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    visitor     TEXT,
    person      INTEGER NOT NULL, -- as known then; table alias says who it is now
    order_key   INTEGER NOT NULL, -- as known then; table order_merged says which it is now
    audience    INTEGER NOT NULL, -- bits of enum event_audience
    body        TEXT    NOT NULL  -- canonical JSON; '' once forgotten
);
-- Each of these ends in seq by itself, since seq is the rowid.
CREATE INDEX journal_audience ON journal(shop) WHERE audience != 0;
CREATE INDEX journal_order ON journal(order_key) WHERE order_key != 0;

-- A visitor's rows, found block by block (8192 seqs each). An index on the visitor touches a page
-- of its own for almost every row; a block's entries fit in fifty pages, all of them hot.
CREATE TABLE trail (
    block INTEGER NOT NULL, -- seq / 8192
    key   INTEGER NOT NULL, -- SHA-256(shop, visitor), first 6 bytes; the row itself decides
    seq   INTEGER NOT NULL,
    PRIMARY KEY (block, key, seq)
) WITHOUT ROWID;

-- Has this copy of an event been here?
--   0..5   ms of the time inside the event, raw as sent, big-endian
--   6..17  SHA-256(shop, source, name, id), first 12 bytes
CREATE TABLE seen (
    key BLOB PRIMARY KEY,
    seq INTEGER NOT NULL
) WITHOUT ROWID;

-- Has this webhook delivery been here? It carries no time of its own.
--   0..1   day of arrival, big-endian
--   2..15  SHA-256(shop, delivery id), first 14 bytes
CREATE TABLE delivery (
    key BLOB PRIMARY KEY
) WITHOUT ROWID;

-- Signed, but not understood: kept for a person to look at, since a retry brings the same bytes.
CREATE TABLE quarantine (
    id     INTEGER PRIMARY KEY,
    shop   INTEGER NOT NULL,
    source TEXT    NOT NULL,
    topic  TEXT,
    reason TEXT    NOT NULL,
    body   BLOB    NOT NULL, -- need not be UTF-8
    at     INTEGER NOT NULL
);

------------------------------------------------------------------ who (person.h)

CREATE TABLE person (
    id         INTEGER PRIMARY KEY,
    shop       INTEGER NOT NULL,
    flags      INTEGER NOT NULL, -- PERSON_…
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    who        TEXT    NOT NULL  -- canonical JSON with the member who
);

-- Strong identifiers, normalised by the caller. An e-mail or a customer is one person's; a phone may
-- be signed for of several, and then names none of them. A row that is only said has no other beside
-- it of the same value.
CREATE TABLE link (
    shop   INTEGER NOT NULL,
    kind   INTEGER NOT NULL, -- enum link_kind
    value  TEXT    NOT NULL,
    person INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    said   INTEGER NOT NULL, -- 1: by a browser, and nobody has signed for it yet
    PRIMARY KEY (shop, kind, value, person)
) WITHOUT ROWID;
CREATE INDEX link_person ON link(person);

-- A merged person -> the one that lives on. Chains are followed, never shortened: they are the
-- story of how people came together.
CREATE TABLE alias (
    person INTEGER PRIMARY KEY,
    lives  INTEGER NOT NULL, -- as whom it lives on
    reason TEXT    NOT NULL,
    seq    INTEGER NOT NULL, -- journal row that proved it
    at     INTEGER NOT NULL
);
CREATE INDEX alias_lives ON alias(lives);

-- A browser. Visitor ids begin with their time, so new ones land next to each other.
CREATE TABLE visitor (
    shop     INTEGER NOT NULL,
    visitor  TEXT    NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    shown    TEXT    NOT NULL, -- canonical JSON with the members consent and client
    PRIMARY KEY (shop, visitor)
) WITHOUT ROWID;

-- At `since` the visitor said who it is; it is that person until the next row. The first of a
-- visitor's rows also owns what the visitor did up to `back` before.
CREATE TABLE owner (
    shop    INTEGER NOT NULL,
    visitor TEXT    NOT NULL,
    since   INTEGER NOT NULL, -- event time
    person  INTEGER NOT NULL,
    back    INTEGER NOT NULL,
    PRIMARY KEY (shop, visitor, since)
) WITHOUT ROWID;
CREATE INDEX owner_person ON owner(person);

-- Identifiers that name nobody: placeholders, and those of an absurd number of visitors.
CREATE TABLE absurd (
    shop   INTEGER NOT NULL,
    kind   INTEGER NOT NULL, -- enum link_kind
    value  TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    at     INTEGER NOT NULL, -- when it was first seen
    PRIMARY KEY (shop, kind, value)
) WITHOUT ROWID;

-- A visitor that became known: what it did before, in [since, until), is told to those who missed
-- it. Done when stand = head; the row stays, so that nothing is told twice.
CREATE TABLE stitch (
    id      INTEGER PRIMARY KEY,
    shop    INTEGER NOT NULL,
    visitor TEXT    NOT NULL,
    since   INTEGER NOT NULL, -- event time
    until   INTEGER NOT NULL,
    head    INTEGER NOT NULL, -- journal rows up to here
    stand   INTEGER NOT NULL, -- are looked through up to here
    at      INTEGER NOT NULL
);
CREATE INDEX stitch_visitor ON stitch(shop, visitor);
CREATE INDEX stitch_open ON stitch(id) WHERE stand < head;

-- Somebody is being forgotten, or was: then this is the receipt, and names nobody. Exports leave
-- theirs here too.
CREATE TABLE erasure (
    id       INTEGER PRIMARY KEY,
    shop     INTEGER NOT NULL,
    asked_by TEXT    NOT NULL, -- forget, customers/redact, shop/redact, export
    subject  TEXT    NOT NULL, -- hex of a digest of what was asked for
    asked_at INTEGER NOT NULL,
    done_at  INTEGER NOT NULL, -- 0 = not yet
    head     INTEGER NOT NULL, -- journal rows up to here
    stand    INTEGER NOT NULL, -- are looked through up to here
    batch    INTEGER NOT NULL, -- and then the answers of batches, up to this id
    wanted   TEXT,             -- JSON: what is looked for; NULL once done
    removed  TEXT    NOT NULL  -- JSON: how many rows of which table (of an export: told)
);
CREATE INDEX erasure_open ON erasure(id) WHERE done_at = 0;

-- Somebody asked for what we hold of him (customers/data_request).
CREATE TABLE data_request (
    id          INTEGER PRIMARY KEY,
    shop        INTEGER NOT NULL,
    customer    TEXT,             -- the shop's id of him
    email       TEXT,
    phone       TEXT,
    asked_at    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    answered_at INTEGER NOT NULL  -- 0 = not yet
);

------------------------------------------------------------------ orders (order.h)

CREATE TABLE orders (
    key            INTEGER PRIMARY KEY,
    shop           INTEGER NOT NULL,
    state          TEXT    NOT NULL, -- enum order_state
    reason         TEXT,
    id             TEXT,             -- what platforms see
    order_id       TEXT,
    number         TEXT,
    name           TEXT,
    checkout_token TEXT,
    cart_token     TEXT,
    server_seq     INTEGER NOT NULL,
    browser_seq    INTEGER NOT NULL,
    sent_seq       INTEGER NOT NULL,
    due_at         INTEGER NOT NULL, -- 0 = never
    trigger_at     INTEGER NOT NULL, -- 0 = not triggered
    updated_at     INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    first_at       INTEGER NOT NULL,
    visitor        TEXT,
    person         INTEGER NOT NULL,
    matched        TEXT,
    currency       TEXT,
    value          INTEGER,
    value_scale    INTEGER NOT NULL,
    adjusted       INTEGER,
    adjusted_scale INTEGER NOT NULL,
    edited         INTEGER,
    edited_scale   INTEGER NOT NULL,
    worth          INTEGER,
    worth_scale    INTEGER NOT NULL,
    transaction_id TEXT,             -- what the shop's own tag calls it; as it was when it was sent
    paid           INTEGER NOT NULL,
    cancelled      INTEGER NOT NULL,
    server         TEXT,             -- the long ones last, so that the rest is read without them
    browser        TEXT
);
CREATE INDEX orders_due ON orders(due_at) WHERE due_at != 0;
CREATE INDEX orders_id ON orders(id) WHERE id IS NOT NULL;
CREATE INDEX orders_order_id ON orders(order_id) WHERE order_id IS NOT NULL;
CREATE INDEX orders_number ON orders(number) WHERE number IS NOT NULL;
CREATE INDEX orders_name ON orders(name) WHERE name IS NOT NULL;
CREATE INDEX orders_person ON orders(person) WHERE person != 0;
-- All that a report counts, so that it reads none of the rows (kilobytes each). New ones come at the end.
CREATE INDEX orders_day ON orders(shop, first_at, state, server_seq, browser_seq, currency, value,
                                  value_scale);

CREATE TABLE order_alias (
    shop      INTEGER NOT NULL,
    kind      INTEGER NOT NULL, -- enum order_alias
    value     TEXT    NOT NULL,
    order_key INTEGER NOT NULL,
    PRIMARY KEY (shop, kind, value)
) WITHOUT ROWID;
CREATE INDEX order_alias_order ON order_alias(order_key);

-- An order that turned out to be another one. Journal rows keep the old key, so it is followed.
CREATE TABLE order_merged (
    order_key INTEGER PRIMARY KEY,
    lives     INTEGER NOT NULL
);
CREATE INDEX order_merged_lives ON order_merged(lives);

-- Each refund, cancellation, fulfilment … once.
CREATE TABLE order_fact (
    order_key INTEGER NOT NULL,
    what      TEXT    NOT NULL, -- name of the event it makes
    subject   TEXT    NOT NULL, -- refund id, …; '' where it happens once
    seq       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    applied   INTEGER NOT NULL,
    PRIMARY KEY (order_key, what, subject)
) WITHOUT ROWID;

-- Sent once, for ever: SHA-256(shop, order id), first 16 bytes. Says nothing about anybody.
CREATE TABLE order_once (
    key BLOB PRIMARY KEY,
    at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE checkout (
    shop  INTEGER NOT NULL,
    token TEXT    NOT NULL,
    told  INTEGER NOT NULL, -- CHECKOUT_BY_…
    at    INTEGER NOT NULL,
    PRIMARY KEY (shop, token)
) WITHOUT ROWID;
CREATE INDEX checkout_at ON checkout(at);

------------------------------------------------------------------ what went out (outbox.h)

CREATE TABLE bookmark (
    shop          INTEGER NOT NULL,
    destination   TEXT    NOT NULL,
    low           INTEGER NOT NULL, -- every row up to here is settled
    paused        INTEGER NOT NULL,
    paused_reason TEXT,
    since         INTEGER NOT NULL,
    PRIMARY KEY (shop, destination)
) WITHOUT ROWID;

-- What one request carried and was answered; or a run of rows that were skipped for one reason.
CREATE TABLE batch (
    id          INTEGER PRIMARY KEY,
    shop        INTEGER NOT NULL,
    destination TEXT    NOT NULL,
    state       INTEGER NOT NULL, -- enum batch_state
    count       INTEGER NOT NULL,
    last_seq    INTEGER NOT NULL, -- greatest of seqs, 0 when there are none
    attempts    INTEGER NOT NULL,
    sent_at     INTEGER NOT NULL,
    settled_at  INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    verdict     TEXT,
    code        TEXT,
    answer      TEXT,
    seqs        BLOB    NOT NULL  -- ascending; LEB128, the first whole, then the steps
);
CREATE INDEX batch_last ON batch(shop, destination, last_seq);
CREATE INDEX batch_sending ON batch(shop, destination) WHERE state = 1;

CREATE TABLE outcome (
    shop        INTEGER NOT NULL,
    subject     TEXT    NOT NULL, -- event id of an ORDER-class event
    destination TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    order_key   INTEGER NOT NULL,
    state       INTEGER NOT NULL, -- enum outcome_state
    reason      TEXT,
    batch       INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (shop, subject, destination)
) WITHOUT ROWID;
CREATE INDEX outcome_order ON outcome(order_key, name, state); -- and destination, being of the key

CREATE TABLE letter (
    id          INTEGER PRIMARY KEY,
    shop        INTEGER NOT NULL,
    destination TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    event_id    TEXT,
    name        TEXT    NOT NULL,
    state       INTEGER NOT NULL, -- enum letter_state
    reason      TEXT,
    code        TEXT,
    words       TEXT,
    attempts    INTEGER NOT NULL,
    next_try    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    UNIQUE (shop, destination, seq)
);
CREATE INDEX letter_state ON letter(shop, destination, state, next_try);

CREATE TABLE counter (
    day   INTEGER NOT NULL, -- days since 1970
    shop  INTEGER NOT NULL,
    what  TEXT    NOT NULL,
    label TEXT    NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (day, shop, what, label)
) WITHOUT ROWID;

-- Reports of `sidetrack audit`, asked for on the dashboard (audits.h). The newest AUDITS_KEPT stay.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    url     TEXT    NOT NULL, -- of the store, as it was asked for
    live    INTEGER NOT NULL, -- a browser looked too
    fails   INTEGER NOT NULL,
    warns   INTEGER NOT NULL,
    passes  INTEGER NOT NULL,
    summary TEXT    NOT NULL,
    body    TEXT    NOT NULL, -- as `sidetrack audit --json` prints it: masked, nobody is in it
    recorded INTEGER NOT NULL DEFAULT 0 -- it was given a recording (HAR)
);
