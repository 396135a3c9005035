/*
 * What the two handles are made of; private to the room.
 */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H
#include "sql.h"
#include "store.h"

struct view {
    struct sql sql;
    int64_t since; /* what journal_since found last: a good guess for the next time */
};

#define STORE_VISITOR_BYTES 256 /* of a walk's place; ids are shorter (LIMIT_ID_BYTES) */
#define STORE_KEEPS         2   /* and store_keep */
#define STORE_SWEEPS        4   /* tables that store_retain walks by a number */

/* What keys of seen and delivery begin with. */
#define JOURNAL_TIME_BYTES 6
#define JOURNAL_DAY_BYTES  2
#define JOURNAL_BLOCK      8192 /* seqs of one block of the trail */

struct store {
    struct view view;     /* the same connection, to read with */
    int lock;             /* descriptor of PATH.lock, -1 for a visitor */
    bool turn;            /* between begin and commit or rollback */
    bool writable;        /* how the last turn went */
    int64_t next_seq;     /* of the journal; read at each begin */
    int64_t data_version; /* SQLite's: changes when another connection has committed */
    bool others_wrote;
    int64_t swept[STORE_SWEEPS]; /* store_retain: how far its walk has come */
    int64_t kept[STORE_KEEPS];   /* store_keep: the same */
    int64_t kept_shop;
    char kept_visitor[STORE_VISITOR_BYTES];
};

/* A query that writes. Outside a turn, or in one that SQLite gave up by itself, it fails: rows
   must not slip in one by one. */
struct sql_query store_query(struct store *store, const char *literal);

#endif
