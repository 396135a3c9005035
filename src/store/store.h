/*
 * Everything that survives a restart, in one SQLite file (WAL, synchronous=FULL). The only room
 * that knows SQL; docs/store.md draws the tables, schema.sql is their law.
 *
 * Two handles make the concurrency rule a type: `struct store` is the single writer and is given
 * to RECORD only; `struct view` is a reader, as many as wanted, one thread each. A function that
 * writes takes a store, so a wrong write does not compile. store_view() lends RECORD a view of
 * its own connection, so that it sees what it has written in the open transaction.
 *
 * A turn: store_begin, any number of writes, store_commit (one fsync). When anything in between
 * says BROKEN the turn is rolled back and nothing of it was promised.
 *
 * Texts that come out are copied to the arena given. Shops are named by their config name and
 * kept as small numbers inside. Times are ms since 1970 UTC.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "../base/arena.h"
#include "../base/clock.h"

struct store;
struct view;

/* Opens or creates the file, takes the writer's lock (a second writer gets CONFLICT), migrates. */
MUST_USE enum status store_open(const char *path, const struct clock *clock,
                                struct store **ret_store, struct error *ret_error);
/* For a brief command beside a running gateway: writes in turns like the other, but takes no lock
   and does not migrate (INVALID when the file is not exactly of this schema). MISSING: no file. */
MUST_USE enum status store_visit(const char *path, struct store **ret_store,
                                 struct error *ret_error);
void store_close(struct store *store); /* checkpoints; NULL is fine */
/* AGAIN: another connection held the file for 5 s. */
MUST_USE enum status store_begin(struct store *store);
/* BROKEN also when a read in this turn failed quietly. Not OK: the turn is rolled back already. */
MUST_USE enum status store_commit(struct store *store);
void store_rollback(struct store *store);             /* nothing without a turn */
struct view *store_view(struct store *store);         /* the writer's own eyes; not to be closed */
const char *store_trouble(const struct store *store); /* SQLite's words for the last BROKEN */
bool store_writable(struct store *store); /* false after a failed turn until one succeeds */

/* A shop's number; created at first sight, its activation time kept. */
MUST_USE enum status store_shop(struct store *store, span name, int64_t now, int64_t *ret_shop,
                                int64_t *ret_activated_at);

/* What moves the log into the file: a connection of its own, for the thread that does nothing else.
   MISSING: no file. */
struct store_copier;
MUST_USE enum status store_copier_open(const char *path, struct store_copier **ret_copier);
void store_copier_close(struct store_copier *copier); /* NULL is fine */
/* Runs a PASSIVE checkpoint; when the log is long all the same, one that makes the writer wait a
   moment. AGAIN: another checkpoint runs. */
MUST_USE enum status store_checkpoint(struct store_copier *copier, int64_t *ret_wal_frames);
/* Something was erased: the next store_checkpoint of this process empties the log, so that its old
   pages go too. Any thread. */
void store_scrub_wanted(void);
/* The same at once, for a command; AGAIN when others were in the way for 5 s. */
MUST_USE enum status store_scrub(struct store *store);
/* Has another connection written since this store's turn before this one? */
bool store_others_wrote(const struct store *store);
/* Deletes what is past its time (all of them ms). journal_before: journal rows, settled batches,
   letters, quarantine, counters, checkouts; a row or batch not past the lowest bookmark of its
   shop stays (paused ones count), and so does the newest row of the journal. seen_before: seconds
   of event time, seen keys; delivery_before: webhook deliveries. Looks at no more than `rows` rows
   of each table, so that a turn stays short; AGAIN when more is left. */
MUST_USE enum status store_retain(struct store *store, int64_t journal_before, int64_t seen_before,
                                  int64_t delivery_before, unsigned rows);
/* Deletes orders, browsers and people not heard of since `before` (ms). Also looks at no more than
   `rows` rows of each table; AGAIN when more is left. */
MUST_USE enum status store_keep(struct store *store, int64_t before, unsigned rows);

/* MISSING: no file. INVALID: not exactly of this schema. */
MUST_USE enum status view_open(const char *path, struct view **ret_view, struct error *ret_error);
void view_close(struct view *view);
/* Between the two every query sees the same, and SQLite need not look each time whether the log has
   grown. Short: the log cannot start over meanwhile. Where begin fails each query sees its own. */
void view_begin(struct view *view);
void view_end(struct view *view);
bool view_has_shop(struct view *view, int64_t shop);
MUST_USE enum status view_shop(struct view *view, span name, int64_t *ret_shop); /* MISSING */
const char *view_trouble(const struct view *view); /* SQLite's words for the last BROKEN */
int64_t
view_journal_rows(struct view *view);  /* newest - oldest + 1: counting would read them all */
int64_t view_bytes(struct view *view); /* file and write-ahead log */
const char *store_library(void);       /* SQLite's version, for `version` */

#endif
