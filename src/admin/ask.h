/*
 * A request to the admin listener once it is known who asks: what every handler gets, and the ways
 * to answer. Private to the room.
 *
 * A handler answers exactly once, now or later (a password is checked on another thread), and may
 * use the view, the arena and the JSON writer until then.
 */
#ifndef ADMIN_ASK_H
#define ADMIN_ASK_H
#include "../base/json.h"
#include "../net/listen.h"
#include "../store/store.h"
#include "admin.h"
#include "session.h"

struct follows;
struct auditor;
struct work;

struct admin {
    struct admin_options options;
    struct admin_facts facts;
    struct listener *listener;
    struct view *view;
    struct keys keys;
    struct sessions sessions;
    struct buf out;                             /* of the answer that is being written */
    char known[KEYS_ADMIN + 1][KEYS_HASH_ROOM]; /* passwords that the sessions were begun with */
    char setup[17];          /* the code of a first start; "": a password is set */
    bool keys_refused;       /* the file could not be read when last looked at */
    bool loopback;           /* nobody from another machine can be asking */
    unsigned verifying;      /* passwords being checked on other threads */
    struct work *works;      /* what runs on other threads; NULL: nothing */
    int64_t work_last;       /* the last one's number */
    struct follows *follows; /* streams of events; NULL: there was none yet */
    struct auditor *auditor; /* the audit that runs; NULL: none */
    char audit_trouble[240]; /* why the last one has no report; "": it has one */
};

struct ask {
    struct admin *admin;
    struct exchange *exchange;
    struct arena *arena;
    const struct http_request *request;
    enum keys_role role;
    const struct session *session; /* NULL: a token, or nobody */
    span token;                    /* its id; absent: a session, or nobody */
    span rest;                     /* what the route's star stands for, percent-decoded */
    const struct json_value *body; /* of a POST; else NULL */
    int64_t now;
    struct json json; /* writes to admin->out */
};

/* A parameter of the query, percent-decoded; absent when not given. */
span ask_query(const struct ask *ask, const char *name);
/* A whole number of the query within bounds, else `otherwise`. */
int64_t ask_number(const struct ask *ask, const char *name, int64_t otherwise, int64_t least,
                   int64_t most);

/* The JSON written so far is the answer. */
void ask_answer(struct ask *ask, int status);
void ask_answer_with(struct ask *ask, int status, const struct http_header *more, unsigned count);
/* {"error","detail"}. */
void ask_refuse(struct ask *ask, int status, const char *error, const char *detail);
void ask_refuse_with(struct ask *ask, int status, const char *error, const char *detail,
                     const struct http_header *more, unsigned count);
/* The headers that every answer of this listener carries; at most ASK_HEADERS. */
#define ASK_HEADERS 12u
unsigned ask_headers(struct http_header *headers);

#endif
