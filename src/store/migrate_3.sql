-- 2 -> 3: a phone may be said of several persons; claims of a visitor carry how far back they reach;
-- identifiers that name nobody; stitching; forgetting; requests for one's own data.
CREATE TABLE link_3 (
    shop   INTEGER NOT NULL,
    kind   INTEGER NOT NULL,
    value  TEXT    NOT NULL,
    person INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (shop, kind, value, person)
) WITHOUT ROWID;
INSERT INTO link_3 SELECT shop, kind, value, person, at FROM link;
DROP TABLE link;
ALTER TABLE link_3 RENAME TO link;
CREATE INDEX link_person ON link(person);
-- Until now a row's `since` had what lay before in it.
ALTER TABLE owner ADD COLUMN back INTEGER NOT NULL DEFAULT 0;
CREATE TABLE absurd (
    shop   INTEGER NOT NULL,
    kind   INTEGER NOT NULL,
    value  TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (shop, kind, value)
) WITHOUT ROWID;
CREATE TABLE stitch (
    id      INTEGER PRIMARY KEY,
    shop    INTEGER NOT NULL,
    visitor TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    head    INTEGER NOT NULL,
    stand   INTEGER NOT NULL,
    at      INTEGER NOT NULL
);
CREATE INDEX stitch_visitor ON stitch(shop, visitor);
CREATE INDEX stitch_open ON stitch(id) WHERE stand < head;
CREATE TABLE erasure (
    id       INTEGER PRIMARY KEY,
    shop     INTEGER NOT NULL,
    asked_by TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    asked_at INTEGER NOT NULL,
    done_at  INTEGER NOT NULL,
    head     INTEGER NOT NULL,
    stand    INTEGER NOT NULL,
    batch    INTEGER NOT NULL,
    wanted   TEXT,
    removed  TEXT    NOT NULL
);
CREATE INDEX erasure_open ON erasure(id) WHERE done_at = 0;
CREATE TABLE data_request (
    id          INTEGER PRIMARY KEY,
    shop        INTEGER NOT NULL,
    customer    TEXT,
    email       TEXT,
    phone       TEXT,
    asked_at    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    answered_at INTEGER NOT NULL
);
CREATE INDEX orders_person ON orders(person) WHERE person != 0;
