-- 6 -> 7: an audit says whether it was given a recording, so that like is compared with like.
ALTER TABLE audit ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0;
