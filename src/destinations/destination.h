/*
 * A way out: two pure functions around an HTTP call that somebody else makes.
 *
 * encode() turns a batch into one request; judge() turns the answer into a verdict. Sending,
 * retrying, pacing, splitting, persisting and counting are written once, in pipeline/deliver.
 * A destination can be tested from a text file (tests/golden/).
 *
 * One C file each: essay, settings and options, names, leaf tables, shapes, encode, judge, the
 * struct, in that order.
 */
#ifndef DESTINATIONS_DESTINATION_H
#define DESTINATIONS_DESTINATION_H
#include "../base/http.h"
#include "../event/shop.h"

/* One config option of a destination. Settings are a struct of spans and bools. */
enum option_kind {
    OPTION_TEXT,
    OPTION_LINES, /* a span: what a file holds, line ends and all */
    OPTION_BOOL,
    OPTION_EVENTS,
    OPTION_URL,      /* a span: a whole URL, https as above */
    OPTION_ORIGIN,   /* a span: scheme and host; https unless it is this machine */
    OPTION_WORD,     /* an enum: one of `words` */
    OPTION_NUMBER,   /* unsigned */
    OPTION_DURATION, /* int64_t, ms */
};
struct option_word {
    const char *text; /* NULL ends the list */
    int value;
};
struct option {
    const char *name, *help;
    enum option_kind kind;
    size_t offset;         /* in the settings struct: span, bool or uint64_t (EVENTS: 1 << name) */
    const char *otherwise; /* default as config text; NULL: none */
    bool required, secret;
    const struct option_word *words;
};

/* What every destination has besides its own options. First member of each settings struct. */
enum outlet_mode { OUTLET_LIVE, OUTLET_DRY, OUTLET_VALIDATE };
enum consent_rule { CONSENT_REQUIRE, CONSENT_LIMITED, CONSENT_TRANSACTIONAL };
struct settings {
    bool enabled;
    span base_url; /* no trailing slash; default = the platform's host */
    span api_version;
    span product_id; /* rule for shop_product_id(); default: the shop's */
    span test_code;
    uint64_t events; /* allowed names, bits 1 << enum event_name; all by default */
    /* Where the platform publishes neither, a destination makes options of them (contract: [?]). */
    int64_t max_age_ms;  /* in place of the destination's; 0 = its own */
    unsigned per_second; /* requests of a lane, in place of its own; 0 = its own */
    enum outlet_mode mode;
    enum consent_rule consent;
    bool consent_given;      /* `consent:` was written in the config */
    const struct shop *shop; /* never NULL */
};

#define BATCH_CEILING 1000u

/* What one request carries. */
struct batch {
    const struct event *const *events;
    unsigned count;
    unsigned part;   /* 0-based: an event may need several requests, see parts() */
    unsigned amend;  /* bits that judge() asked for on this batch's last attempt; 0 at first */
    span amend_with; /* what it asked to use instead; absent at first */
    bool test;       /* test orders: use the platform's test code */
    const bool
        *limited; /* per event: consent rule LIMITED applies (no identifiers + privacy flag) */
    const bool *opted_out; /* per event: sale/sharing opt-out (GPC, sale_of_data denied) */
    /* Per event: consent to marketing did not hold at its time, or does not by now. All three are
       asked anew before each attempt, so what was withdrawn between two goes with the second. */
    const bool *ads_denied;
    int64_t now;
    int64_t id;          /* judge() only: of its row in the store, see errand_result.about */
    struct arena *arena; /* everything encode() makes lives here, until the answer is judged */
    void *memory;        /* the outlet's, see memory_size; NULL where that is 0 */
};

enum verdict {
    VERDICT_DELIVERED,
    VERDICT_RETRY,   /* transient: the same batch again, later */
    VERDICT_SPLIT,   /* something in it is wrong: halve it, until one event is left to refuse */
    VERDICT_REFUSED, /* permanent for all of it: letters with the answer */
    VERDICT_PAUSED,  /* our token, permission or version: hold the destination, lose nothing, alert
                      */
    VERDICT_AMEND,   /* again at once, encoded with judgement.amend; once per bit, then REFUSED */
};

/* One row of a batch that the platform named in its answer. */
struct named_row {
    unsigned index; /* in batch->events */
    span code, message;
    int64_t later_ms; /* it is wanted, but not before so long; 0: it is wrong */
};

struct judgement {
    enum verdict verdict;
    int64_t retry_after_ms; /* RETRY: at least so long; 0 = the usual back-off */
    unsigned amend;
    span amend_with; /* AMEND: for batch->amend_with; in arena */
    span code;       /* the platform's error class: "100/2804003", "duplicate_profile"; in arena */
    const char *remark; /* DELIVERED, and counted by this word too; NULL: nothing to add */
    span message;       /* the platform's words, PII-free as far as we can tell; in arena */
    /* In arena: the rows that are wrong or too early, by index, each once. These are refused, or
       become letters that are tried in time; the others stand with DELIVERED, and go again with
       SPLIT (without any the batch is halved). */
    const struct named_row *rows;
    unsigned row_count;
};

/*
 * An errand: a request that carries no events. An OAuth token before them, a status poll hours
 * after. Written by the destination as purely as encode() and judge(), sent by the pipeline, one at
 * a time for each outlet (pipeline/outlet_errand.c; docs/decisions/006-errands.md).
 */
struct errand {
    const char *what; /* "token", "status": for logs; NULL: there is nothing to do now */
    unsigned which;   /* the destination's own, for errand_answer() */
    struct http_call call;
    int64_t again_at;  /* nothing now: when to ask again at the latest; INT64_MAX = on news only */
    const char *stuck; /* credentials nobody can use: pauses the outlet with these words */
};

struct errand_count {
    span what; /* the platform's reason, in arena or static */
    int64_t count;
};
#define ERRAND_COUNTS 32u
struct errand_result {
    struct judgement judgement; /* DELIVERED: done; RETRY: after a back-off; PAUSED: hold */
    struct errand_count counts[ERRAND_COUNTS]; /* for /metrics */
    unsigned count;
    /* Not 0: the batch this is the last word on. Its row takes the answer in place of the first
       one, so that recall() does not bring it up again. */
    int64_t about;
};

/* A class of requests with limits of its own. Events of different lanes never share a request. */
struct lane {
    const char *name;
    unsigned events;     /* most in one request */
    unsigned bytes;      /* most in one body; DESIGN 10: near 200 KB pays best */
    unsigned per_second; /* requests; 0 = no known limit */
    unsigned per_minute;
    bool linger; /* worth waiting a moment (deliver's choice) to fill */
};

struct destination {
    const char *name;
    const char *title;   /* "Meta Conversions API" */
    const char *follows; /* contract and version this file was written from */
    const char *host;    /* default base_url, "https://graph.facebook.com" */
    const char *api_version;
    enum event_audience audience; /* which journal rows it reads */
    size_t settings_size;
    const struct option *options; /* besides the common ones; ends with name == NULL */
    uint64_t events; /* default allow-list, bits 1 << enum event_name; 0 = all it renames */
    enum consent_purpose asks; /* which purpose behaviour needs */
    enum consent_rule
        consent_orders;   /* default rule for class ORDER: REQUIRE, or TRANSACTIONAL (Klaviyo) */
    int64_t max_age_ms;   /* older events are not sent (counted); 0 = none */
    int64_t max_ahead_ms; /* further in the future are not sent */
    int64_t
        dedup_ms; /* how long the platform knows a copy; INT64_MAX = for ever; 0 = it does not */
    const struct lane *lanes; /* ends with name == NULL */
    unsigned
        in_flight; /* requests at a time, where it takes many small ones; 0 = as usual (pace.h) */
    /* An adjustment says what the order is worth by then, in place of what was said before: once a
       later one has arrived an earlier one must not come any more. Else each takes its amount off.
     */
    bool restates;
    bool container; /* a GTM server container: it feeds platforms itself, under ids of its own */
    bool fed;       /* by such a container: with both in a store every event would count twice */
    bool hashes;   /* nothing that names a person leaves readable: no name, zip, mail in any body */
    bool nameless; /* takes no identifiers of who said no: TRANSACTIONAL sends theirs as LIMITED */
    bool validates; /* in mode VALIDATE encode() asks for the platform's own validation */
    /* What an outlet remembers for its errands: zeroed at start, never written to disk, written by
       judge(), recall() and errand_answer() only. It holds tokens: never logged. */
    size_t memory_size;
    int64_t recall_ms; /* for so long a delivered batch may be asked about; 0 = never */

    /* The platform's name for this event; absent: it has none, the event is a counted skip. */
    span (*rename)(const struct settings *, const struct event *);
    /* The oldest this event may be, in place of max_age_ms; 0 = any. NULL = max_age_ms for all. */
    int64_t (*max_age)(const struct settings *, const struct event *);
    /* May an attempt whose answer was lost be repeated? NULL = always, within dedup_ms. */
    bool (*repeatable)(const struct settings *, const struct event *);
    /* Whose requests the lanes' rates count, when not this outlet's alone: outlets of one number
       share them. Never 0. NULL = each has its own. */
    uint64_t (*quota)(const struct settings *, struct arena *);
    unsigned (*lane)(const struct settings *, const struct event *); /* NULL = 0 */
    /* May these two of one lane share a request, where a request tells of one visitor? NULL =
       always. Must be an equivalence: a batch is compared by its first event alone. */
    bool (*together)(const struct settings *, const struct event *, const struct event *);
    /* Requests this event turns into, sent in order, each settled before the next. NULL = 1.
       An event of more than one part travels alone. */
    unsigned (*parts)(const struct settings *, const struct event *);
    /* Why this event cannot be sent by itself, as a machine word ("no_identifier"), or NULL when it
       can. Asked before batching, so that one bad event never spoils a batch. */
    const char *(*unfit)(const struct settings *, const struct event *, bool limited,
                         struct arena *);
    /* All events share a lane. Everything in ret_call lives in batch->arena. An absent body means
       that it would be larger than any platform takes: halve the batch without sending it. */
    void (*encode)(const struct settings *, const struct batch *, struct http_call *ret_call);
    /* response->status == 0: no answer came (then only RETRY makes sense). */
    void (*judge)(const struct settings *, const struct batch *, const struct http_response *,
                  struct judgement *ret_judgement);
    /* The three of an errand; all NULL where there are none. ready: may events go, or do they wait
       for an errand? errand: what to do now; `events_wait` says whether some would go if they
       could. errand_answer: status 0 = no answer came. */
    bool (*ready)(const struct settings *, const void *memory, int64_t now);
    void (*errand)(const struct settings *, const void *memory, bool events_wait, int64_t now,
                   struct arena *, struct errand *ret_errand);
    void (*errand_answer)(const struct settings *, void *memory, const struct errand *,
                          const struct http_response *, int64_t now, struct arena *,
                          struct errand_result *ret_result);
    /* At start, for each batch delivered within recall_ms: what was it answered? NULL with 0. */
    void (*recall)(void *memory, int64_t batch, span answer, int64_t at, struct arena *);
    const struct setup *setup; /* options, credentials, probe, limits: setup.h; NULL: none */
    /* Rows for `describe` and the docs: canonical name, theirs, remark. */
    void (*describe)(void (*row)(void *arg, const char *ours, const char *theirs,
                                 const char *remark),
                     void *arg);
    /* The same of what the platform answers: its code, our verdict, what it means. NULL: it has no
       codes of its own, HTTP says all. */
    void (*describe_answers)(void (*row)(void *arg, const char *code, const char *verdict,
                                         const char *remark),
                             void *arg);
};

/* The shared default by HTTP status: 2xx DELIVERED; 401, 403 PAUSED; 408, 425, 429, 3xx, 5xx and 0
   RETRY (Retry-After in seconds or date honoured); the rest REFUSED. */
void verdict_by_status(const struct http_response *response, int64_t now,
                       struct judgement *ret_judgement);
const char *verdict_text(enum verdict verdict);
/* Retry-After as milliseconds from `now` (seconds or HTTP date), at most a day; 0 when not given.
 */
int64_t verdict_retry_after(const struct http_response *response, int64_t now);
/* The platform's words for letters and logs: one line of at most ~300 bytes, with every word masked
   that may be an e-mail address, a phone number or a token (Meta quotes malformed tokens). */
span verdict_words(struct arena *arena, span words);

#endif
