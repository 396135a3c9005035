/*
 * What the files of the sandbox share.
 *
 *   sandbox.c          the server: routing, faults on order, admin paths
 *   sandbox_ledger.c   what was accepted and refused: kept, deduplicated, summed, told as JSON
 *   sandbox_fault.c    the faults asked for, and which request gets one
 *   sandbox_strike.c   how a fault looks on the line: late, slow, cut, reset
 *   sandbox_shape.c    JSON against a table of members
 *   sandbox_meta.c, sandbox_klaviyo.c, …   one platform each
 *   sandbox_thread.c   all of it on a thread of its own
 *
 * A platform is one file and one word in SANDBOX_PLATFORMS. It judges a request, answers, and
 * writes into the ledger; it does no I/O, so its tests call it directly.
 */
#ifndef SANDBOX_SANDBOX_PRIVATE_H
#define SANDBOX_SANDBOX_PRIVATE_H
#include "../base/http.h"
#include "../base/json.h"
#include "../base/map.h"
#include "../event/money.h"
#include "../net/listen.h"
#include "sandbox.h"

#define SANDBOX_KEPT_EVENTS 200000u /* verbatim; later ones are only counted */
#define SANDBOX_KEPT_BYTES  (256u * 1024 * 1024)
#define SANDBOX_KNOWN_KEYS  2000000u /* dedup keys; later copies are not noticed */
#define SANDBOX_SUBJECTS    50000u   /* orders with sums of their own, an account */
#define SANDBOX_NAMES       200u     /* event names, an account or subject */
#define SANDBOX_REASONS     200u
#define SANDBOX_ACCOUNTS    64u
#define SANDBOX_FAULTS      32u

/* ---- a reply ---- */

struct sandbox_reply {
    int status;
    struct http_header headers[8];
    unsigned header_count;
    span body; /* in the request's arena */
};
void sandbox_reply_header(struct sandbox_reply *reply, const char *name, span value);

/* ---- sandbox_ledger.c ---- */

struct sandbox_amount {
    struct sandbox_amount *next;
    span currency;
    int64_t units;
    unsigned scale;
    bool overflow; /* the sum passed 64 bits and is told as such */
};
struct sandbox_sum { /* of one event name */
    struct sandbox_sum *next;
    span name;
    uint64_t count;
    struct sandbox_amount *amounts;
};
struct sandbox_sums {
    struct sandbox_sum *first;
    unsigned count;
};
struct sandbox_subject {
    struct sandbox_subject *next;
    span id;
    struct sandbox_sums sums;
};
struct sandbox_reason {
    struct sandbox_reason *next;
    span text;
    uint64_t count;
};
/* A fixed window of a rate limit. */
struct sandbox_window {
    int64_t index;
    unsigned used;
};
#define SANDBOX_LANES 4u

struct sandbox_account { /* a pixel, a private key */
    struct sandbox_account *next;
    const char *platform;
    span id;
    uint64_t requests, refused, accepted, unique, duplicates;
    uint64_t profiles, subscriptions; /* Klaviyo */
    struct sandbox_reason *reasons;
    unsigned reason_count;
    char last_refusal[240];   /* in the platform's words */
    struct sandbox_sums sums; /* of unique events */
    struct sandbox_subject *subjects, *last_subject;
    struct map subject_ids;
    struct map links; /* Klaviyo: "e:jane@x.y" -> profile number, as a pointer */
    struct sandbox_window windows[SANDBOX_LANES][2]; /* a second, a minute */
};

struct sandbox_kept {
    struct sandbox_kept *next;
    const struct sandbox_account *account;
    span name, json;
    int64_t received_at;
    bool duplicate;
};

struct sandbox_ledger {
    struct arena arena; /* everything below */
    struct sandbox_account *accounts;
    unsigned account_count;
    struct map known; /* dedup key, digested -> when first seen, ms, as a pointer */
    struct sandbox_kept *kept, *last_kept;
    unsigned kept_count;
    bool kept_all, known_all; /* false once a ceiling was reached */
    uint64_t tokens;          /* OAuth: given so far */
    span expired[16];         /* those that ended before their time, the latest */
    unsigned expired_count;
};

/* An accepted event, as its platform puts it into the ledger. */
struct sandbox_entry {
    span name;
    span dedup;   /* what the platform deduplicates by; absent: never */
    span subject; /* the order it is about; absent: none */
    span currency;
    struct money value; /* not given: counted without value */
    span json;          /* verbatim */
};

void sandbox_ledger_init(struct sandbox_ledger *ledger);
void sandbox_ledger_done(struct sandbox_ledger *ledger);
void sandbox_ledger_reset(struct sandbox_ledger *ledger);
/* Found or made. Beyond SANDBOX_ACCOUNTS all share one called "(other)". */
struct sandbox_account *sandbox_ledger_account(struct sandbox_ledger *ledger, const char *platform,
                                               span id);
/* Copies of the same key within dedup_ms of the first are duplicates. */
void sandbox_ledger_accept(struct sandbox_ledger *ledger, struct sandbox_account *account,
                           const struct sandbox_entry *entry, int64_t now, int64_t dedup_ms);
void sandbox_ledger_refuse(struct sandbox_ledger *ledger, struct sandbox_account *account,
                           span reason, span words);
/* OAuth: the token of this Authorization header is dead from now on. Is it? */
void sandbox_ledger_expire(struct sandbox_ledger *ledger, span authorization);
bool sandbox_ledger_expired(const struct sandbox_ledger *ledger, span authorization);
/* GET /_sandbox/totals and /_sandbox/events; filters may be absent. */
void sandbox_ledger_totals(const struct sandbox_ledger *ledger, struct buf *out);
void sandbox_ledger_events(const struct sandbox_ledger *ledger, span platform, span name,
                           unsigned limit, struct buf *out);

/* ---- sandbox_fault.c ---- */

#define SANDBOX_FAULT_ENUM(name, word, processed, help) SANDBOX_FAULT_##name,
enum sandbox_fault_kind { SANDBOX_FAULT_NONE, SANDBOX_FAULT_KINDS(SANDBOX_FAULT_ENUM) };
#undef SANDBOX_FAULT_ENUM

#define SANDBOX_FAULT_TEXT 120u
struct sandbox_fault {
    const char *platform;
    enum sandbox_fault_kind kind;
    unsigned ms;
    uint64_t count;  /* how many more; UINT64_MAX: without end */
    uint64_t after;  /* requests to leave alone first */
    unsigned rate;   /* of a million requests */
    uint64_t seed;   /* of its own chance; 0: the clock's */
    int retry_after; /* seconds; 0: none; below 0: what the platform says by itself */
    char match[SANDBOX_FAULT_TEXT]; /* only requests with this in target or body; "": all */
    char with[SANDBOX_FAULT_TEXT];  /* BAD_ROW */
    uint64_t struck;
    int64_t struck_at; /* the last time, ms */
};
struct sandbox_faults {
    struct sandbox_fault list[SANDBOX_FAULTS];
    unsigned count;
};
/* One {"platform","kind",…} or a list of them. INVALID with a sentence; FULL. */
MUST_USE enum status sandbox_fault_add(struct sandbox_faults *faults, span body,
                                       struct arena *arena, struct error *ret_error);
/* The fault for this request; kind NONE mostly. Uses up counts. */
struct sandbox_fault sandbox_fault_next(struct sandbox_faults *faults, const char *platform,
                                        const struct http_request *request,
                                        const struct clock *clock);
bool sandbox_fault_processes(enum sandbox_fault_kind kind);
void sandbox_fault_list(const struct sandbox_faults *faults, struct json *json);

/* ---- sandbox_shape.c ---- */

enum { /* what a member may be */
       SHAPE_TEXT = 1,
       SHAPE_INT = 2,    /* a number without fraction or exponent, within int64 */
       SHAPE_NUMBER = 4, /* any number */
       SHAPE_BOOL = 8,
       SHAPE_NULL = 16,
       SHAPE_LIST = 32, /* with `inside`: of such objects */
       SHAPE_OBJECT = 64,
       SHAPE_SCALAR = SHAPE_TEXT | SHAPE_NUMBER | SHAPE_BOOL | SHAPE_NULL,
       SHAPE_NEEDED = 128,
};
/* Tables end with key == NULL. A member with key "*" allows all others, of its kinds. */
struct sandbox_member {
    const char *key;
    unsigned is;
    const struct sandbox_member *inside;
};
struct sandbox_trouble {
    span pointer;        /* JSON pointer, "/data/0/user_data/em" */
    const char *problem; /* "is missing", "is unknown", "is of the wrong type" … */
};
/* Is `value` an object of these members, all the way down? At the first trouble: false. */
bool sandbox_shape_fits(struct arena *arena, const struct json_value *value,
                        const struct sandbox_member *members, span pointer,
                        struct sandbox_trouble *ret_trouble);
span sandbox_shape_at(struct arena *arena, span pointer, span key);
bool sandbox_shape_is(const struct json_value *value, unsigned is);

/* ---- sandbox_strike.c: how a fault looks on the line ---- */

struct sandbox_strikes { /* exchanges that are answered later, or slowly */
    uv_loop_t *loop;
    struct sandbox_strike *first;
};
/* Answers as the platform judged it, or as the fault wants it. `reply` is empty where the fault
   does not let it be processed. Its texts live in the exchange's arena. */
void sandbox_strike(struct sandbox_strikes *strikes, struct exchange *exchange,
                    const struct sandbox_fault *fault, struct sandbox_reply *reply);
void sandbox_strikes_end(struct sandbox_strikes *strikes); /* all of them are reset */

/* ---- platforms ---- */

struct sandbox_platform {
    const char *name;
    size_t body_ceiling; /* beyond it the listener refuses; platforms have their own below it */
    bool (*owns)(span path);
    void (*handle)(struct sandbox_ledger *ledger, const struct http_request *request, int64_t now,
                   struct arena *arena, struct sandbox_reply *ret_reply);
    /* The platform's own words for 429, 500, 503, transient, refused and a bad token. */
    void (*broken)(enum sandbox_fault_kind kind, struct arena *arena,
                   struct sandbox_reply *ret_reply);
};

#define SANDBOX_PLATFORMS(_)  _(meta) _(google) _(klaviyo) _(tiktok) _(ga4) _(sgtm) _(pinterest)
#define SANDBOX_DECLARE(name) extern const struct sandbox_platform sandbox_##name;
SANDBOX_PLATFORMS(SANDBOX_DECLARE)
#undef SANDBOX_DECLARE

/* Whose path is this? NULL: nobody's. By name: NULL when unknown. */
const struct sandbox_platform *sandbox_platform_of(span path);
const struct sandbox_platform *sandbox_platform_named(span name);

#endif
