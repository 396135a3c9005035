/*
 * Private to google.c and google_*.c: settings, what an outlet remembers,
 * the shape of one conversion. (google_analytics.h and its files are another product's.)
 */
#ifndef DESTINATIONS_GOOGLE_H
#define DESTINATIONS_GOOGLE_H
#include "buyer.h"
#include "destination.h"
#include "field.h"
#include "sale.h"
#include "setup.h"

enum google_api { GOOGLE_DATA_MANAGER, GOOGLE_ADS };
struct google_settings {
    struct settings common; /* first: encode() and friends are handed its address */
    enum google_api api;
    span customer_id, login_customer_id, conversion_action;
    span refresh_token, client_id, client_secret;
    span service_account; /* the key file's content, JSON */
    span oauth_url, quota_project, developer_token;
    span merchant_id, feed_label, feed_language;
};
static inline const struct google_settings *google_own(const struct settings *settings)
{
    return (const struct google_settings *)(const void *)settings;
}

static inline bool google_is_ads(const struct settings *settings)
{
    return google_own(settings)->api == GOOGLE_ADS;
}

#define GOOGLE_TOKEN_ROOM   4096u
#define GOOGLE_REQUEST_ROOM 64u
#define GOOGLE_POLLS        512u /* requests whose fate is asked later; more are not asked */

struct google_poll {
    char request[GOOGLE_REQUEST_ROOM]; /* NUL-terminated */
    int64_t batch, accepted_at, due_at;
};
struct google_memory {
    char token[GOOGLE_TOKEN_ROOM]; /* NUL-terminated; "" = none */
    int64_t token_at, token_until; /* fetched; good until, ms */
    bool token_worked;             /* Google took it once */
    uint64_t token_of;             /* digest of the credentials it was got with */
    struct google_poll polls[GOOGLE_POLLS];
    unsigned poll_count;
    int64_t poll_at; /* the next one not before */
};

/* What Google may do with one event of the batch (contract 0.6). Where user data is denied no
   identifier is written; as Google asks for one, such an event is not sent at all
   (destination.nameless, google_ingest_unfit): this is for one that changed its mind meanwhile. */
struct google_consent {
    bool user_data, personal;
};
static inline struct google_consent google_consent_read(const struct batch *batch, unsigned index)
{
    bool denied = batch->ads_denied && batch->ads_denied[index];
    bool opted_out = batch->opted_out && batch->opted_out[index];
    return (struct google_consent){.user_data = !denied, .personal = !denied && !opted_out};
}

/* ---- google_ingest.c: one event of events:ingest ---- */

/* Why it cannot be sent, or NULL. */
const char *google_ingest_unfit(const struct settings *settings, const struct event *event,
                                bool limited, struct arena *arena);
void google_ingest_write(struct json *json, struct arena *arena, const struct settings *settings,
                         const struct event *event, struct google_consent consent);
void google_ingest_describe(void (*row)(void *arg, const char *ours, const char *theirs,
                                        const char *remark),
                            void *arg);

/* What both APIs share. */
struct google_person {
    span email, phone; /* digests; absent when not known */
};
void google_ingest_person(struct arena *arena, const struct event *event,
                          struct google_person *ret_person);
/* "gclid", "gbraid", "wbraid" with its id; NULL when no click is known. */
const char *google_ingest_click(struct arena *arena, const struct event *event, span *ret_id);
bool google_ingest_placed(const struct event *event); /* else an adjustment */
/* Account ids as people copy them, "123-456-7890", without the dashes. */
span google_digits(struct arena *arena, span text);

/* ---- google_upload.c: the Google Ads API ---- */

/* All but the body of the call, which is written into `body`. */
void google_upload_encode(const struct settings *settings, const struct batch *batch,
                          bool validate_only, struct http_call *ret_call, struct buf *body);
/* Where the answer (NULL: none that could be read) names errors of its own, these decide. */
void google_upload_judge(const struct batch *batch, const struct json_value *answer,
                         struct judgement *judgement);

void google_upload_describe(void (*row)(void *arg, const char *code, const char *verdict,
                                        const char *remark),
                            void *arg);

/* ---- google_errands.c: OAuth and diagnostics ---- */

bool google_errands_ready(const struct settings *settings, const void *memory, int64_t now);
void google_errands_next(const struct settings *settings, const void *memory, bool events_wait,
                         int64_t now, struct arena *arena, struct errand *ret_errand);
void google_errands_answer(const struct settings *settings, void *memory,
                           const struct errand *errand, const struct http_response *response,
                           int64_t now, struct arena *arena, struct errand_result *ret_result);
/* Can the service account's key sign? */
bool google_errands_signs(const struct google_settings *google, struct arena *arena);
/* Google took this request: its fate will be asked for. */
void google_errands_accepted(struct google_memory *memory, int64_t batch, span request,
                             int64_t now);
/* The same of an earlier process's request, unless it has had its last word. */
void google_errands_recall(void *memory, int64_t batch, span answer, int64_t at, struct arena *);
#define GOOGLE_POLL_LAST_MS DAY_MS /* after that nothing is asked any more */
/* 401 for a request encoded at `then`: the token goes, unless it is newer than that. True when
   another token may mend it; false when this one never worked. */
bool google_errands_unauthorized(struct google_memory *memory, int64_t then);

extern const struct setup google_setup; /* google_setup.c */

#endif
