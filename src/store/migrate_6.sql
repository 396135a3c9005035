-- 5 -> 6: audits are kept, so that a merchant sees what improved.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    url     TEXT    NOT NULL,
    live    INTEGER NOT NULL,
    fails   INTEGER NOT NULL,
    warns   INTEGER NOT NULL,
    passes  INTEGER NOT NULL,
    summary TEXT    NOT NULL,
    body    TEXT    NOT NULL
);
