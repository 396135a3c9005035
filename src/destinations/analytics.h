/*
 * What Google Analytics hears of an event, the same for both ways there: the Measurement Protocol
 * (ga4.c) and a tag manager's server container (sgtm.c). Who somebody is to GA, what may be done
 * with it, how the event is called and what it says; how that is written is each way's own.
 *
 *   analytics.c           names, visitors, consent, what cannot be sent
 *   analytics_params.c    parameters and items
 *   analytics_person.c    user-provided data, normalised and hashed
 *   analytics_payload.c   the Measurement Protocol's body
 *   analytics_setup.c     options, credentials, probes and limits of both
 */
#ifndef DESTINATIONS_ANALYTICS_H
#define DESTINATIONS_ANALYTICS_H
#include "buyer.h"
#include "destination.h"
#include "field.h"
#include "sale.h"
#include "setup.h"

/* Contract 4.3. */
#define ANALYTICS_EVENTS     25u /* in one request */
#define ANALYTICS_PARAMS     25u /* of an event, all counted */
#define ANALYTICS_ITEMS      200u
#define ANALYTICS_BODY       (130000u - 1)
#define ANALYTICS_NAME_BYTES 40u
#define ANALYTICS_CHARS      100u /* of a value; pages have their own */
#define ANALYTICS_CATEGORIES 5u

/* Orders of buyers GA never saw (contract 4.6). */
enum analytics_unattributed {
    UNATTRIBUTED_AUTO, /* nothing written: skip where browser_purchases */
    UNATTRIBUTED_SEND,
    UNATTRIBUTED_SKIP
};
extern const struct option_word analytics_unattributed_words[];

/* The first member of both settings. */
struct analytics_stream {
    struct settings common;
    span measurement_id, api_secret;
    bool browser_purchases; /* the shop's own tag sends purchases too */
    bool user_data;
    enum analytics_unattributed unattributed;
};
static inline const struct analytics_stream *analytics_stream(const struct settings *settings)
{
    return (const struct analytics_stream *)(const void *)settings;
}

/* ---- analytics.c ---- */

span analytics_rename(const struct settings *settings, const struct event *event);
/* Purchases only: GA knows their copies by transaction_id, and nothing else's. */
bool analytics_repeatable(const struct settings *settings, const struct event *event);
/* One request tells of one visitor, of one device and one word on consent. */
bool analytics_together(const struct settings *settings, const struct event *a,
                        const struct event *b);
const char *analytics_unfit(const struct settings *settings, const struct event *event,
                            bool limited, struct arena *arena);
void analytics_describe_names(void (*row)(void *arg, const char *ours, const char *theirs,
                                          const char *remark),
                              void *arg);

struct analytics_visitor {
    span client_id; /* never absent */
    bool known;     /* to GA: the id comes from its cookie */
    span user_id;
    span session, session_number; /* digits */
    bool engaged;
};
/* `limited`: nothing of the visitor but a client id that is the event's alone. */
void analytics_visitor_read(struct arena *arena, const struct settings *settings,
                            const struct event *event, bool limited,
                            struct analytics_visitor *ret_visitor);
/* The id in a _ga cookie, an FPID cookie or "RAND.TIME" alone; points into it; else absent. */
span analytics_client_id(span cookie);

struct analytics_flags {
    bool ad_storage, ad_user_data, ad_personalization, analytics;
};
struct analytics_flags analytics_flags_read(const struct settings *settings,
                                            const struct event *event, bool limited, bool opted_out,
                                            bool ads_denied);

/* ---- analytics_params.c ---- */

struct analytics_param {
    span name, value;
    bool number; /* value is a JSON number */
};
struct analytics_item {
    span id, name, brand, variant, categories[ANALYTICS_CATEGORIES];
    struct money price, discount; /* of one piece; price is what was paid for it */
    int64_t quantity;
};
struct analytics_hit {
    span page, referrer, title;
    span currency; /* of value and items; absent without */
    struct analytics_param params[ANALYTICS_PARAMS];
    unsigned param_count;
    const struct analytics_item *items;
    unsigned item_count;
};
/* `room`: parameters that the caller may still want beside those of the hit. */
void analytics_hit_read(struct arena *arena, const struct settings *settings,
                        const struct event *event, bool limited, unsigned room,
                        struct analytics_hit *ret_hit);
/* At most so many characters, not bytes. */
span analytics_clip(span text, unsigned characters);
/* ^[A-Za-z][A-Za-z0-9_]*$ of at most 40, and none that GA keeps for itself. */
bool analytics_name_valid(span name);

/* ---- analytics_person.c ---- */

/* "user_data":{…} into the open object; nothing when nothing is known. */
void analytics_write_person(struct json *json, struct arena *arena, const struct event *event);
void analytics_describe_person(void (*row)(void *arg, const char *ours, const char *theirs,
                                           const char *remark),
                               void *arg);
clean_fn analytics_email; /* trim, lower, no spaces; gmail without dots and +suffix */

/* ---- analytics_payload.c ---- */

/* The Measurement Protocol's body; absent when it would be too large for several events. A single
   event always fits: it loses items from the end until it does. */
span analytics_payload(const struct settings *settings, const struct batch *batch);
/* "/mp/collect?measurement_id=…&api_secret=…", or the debug one, which records nothing. */
span analytics_payload_path(const struct settings *settings, const struct batch *batch);
/* Of a Measurement Protocol server: 2xx says nothing but "received"; the debug one tells. */
void analytics_payload_judge(const struct settings *settings, const struct batch *batch,
                             const struct http_response *response, struct judgement *ret_judgement);
void analytics_describe_payload(void (*row)(void *arg, const char *ours, const char *theirs,
                                            const char *remark),
                                void *arg);

/* ---- analytics_setup.c ---- */

extern const struct setup analytics_setup_ga4, analytics_setup_sgtm;

#endif
