/*
 * A tag manager's server container (sGTM).
 *
 * A container does nothing until a client of its own claims the request's path. The GA4 client is
 * in every container and claims what browsers' gtag sends, so by default we speak as gtag does:
 * one request per event, everything in the query (contract 5.2). A container with the Measurement
 * Protocol client may be sent GA4's JSON instead (`protocol: mp`), with all of ga4's shapes.
 *
 * What the container's tags know of the visitor is what a browser would have shown them: address,
 * agent, language and cookies go along as headers; advertising cookies only with that consent. The
 * event's id is the one the browser's tags use, so that Meta and TikTok know copies. Nothing that
 * names a person goes into the URL: no `uid`, for access logs keep URLs.
 *
 * gtag's protocol has no time: the container stamps events as they come. So what is older than
 * five minutes is not sent, but for orders, which are marked `late` (contract 5.4). Consent is said
 * by `gcs` and `npa`; `gcd` is left out, its tail differs between gtag's versions (5.3).
 */
#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "list.h"
#include "sgtm.h"

#include <assert.h>

#define FRESH_MS    (5 * MINUTE_MS)
#define OWN_PARAMS  2u     /* event_id, late */
#define TARGET_MOST 6000u  /* longer ones go in the body, as gtag's do */
#define HITS_BYTES  16000u /* of a body in gtag */
#define HEADERS     8u

static_assert(offsetof(struct sgtm_settings, stream) == 0, "settings are handed as the stream's");

enum lane_index { LANE_HIT, LANE_VISITOR };

/* ---- settings and options ---------------------------------------------------------------------
 */

static const struct option_word protocols[] = {
    {"g_collect", PROTOCOL_G_COLLECT},
    {"mp", PROTOCOL_MP},
    {NULL, 0},
};
static const struct option options[] = {
    {"url", "The container's address, https://sgtm.shop.example", OPTION_ORIGIN,
     offsetof(struct sgtm_settings, url), .required = true},
    {"measurement_id", "Measurement id that the container's GA4 tag expects, G-…", OPTION_TEXT,
     offsetof(struct sgtm_settings, stream.measurement_id), .required = true},
    {"protocol", "mp: the container has the Measurement Protocol client", OPTION_WORD,
     offsetof(struct sgtm_settings, protocol), .otherwise = "g_collect", .words = protocols},
    {"api_secret", "For protocol mp, where the container checks one", OPTION_TEXT,
     offsetof(struct sgtm_settings, stream.api_secret), .secret = true},
    {"browser_purchases", "The shop's own tag sends purchases too", OPTION_BOOL,
     offsetof(struct sgtm_settings, stream.browser_purchases), .otherwise = "false"},
    {"unattributed", "Orders of buyers GA never saw; default: skip if browser_purchases, else send",
     OPTION_WORD, offsetof(struct sgtm_settings, stream.unattributed),
     .words = analytics_unattributed_words},
    {"user_data", "For protocol mp: send hashed user-provided data", OPTION_BOOL,
     offsetof(struct sgtm_settings, stream.user_data), .otherwise = "false"},
    {.name = NULL},
};

static bool is_mp(const struct settings *settings)
{
    return sgtm_own(settings)->protocol == PROTOCOL_MP;
}

static unsigned choose_lane(const struct settings *settings, const struct event *event)
{
    (void)event;
    return is_mp(settings) ? LANE_VISITOR : LANE_HIT;
}

static int64_t max_age(const struct settings *settings, const struct event *event)
{
    if (is_mp(settings))
        return 72 * HOUR_MS;
    return names_class(event->name) == EVENT_CLASS_ORDER ? 0 : FRESH_MS;
}

/* ---- shapes -----------------------------------------------------------------------------------
 */

static const struct field item_fields[] = {
    FIELD_IN(struct analytics_item, "id", id),
    FIELD_IN(struct analytics_item, "nm", name),
    FIELD_IN(struct analytics_item, "br", brand),
    FIELD_IN(struct analytics_item, "ca", categories[0]),
    FIELD_IN(struct analytics_item, "c2", categories[1]),
    FIELD_IN(struct analytics_item, "c3", categories[2]),
    FIELD_IN(struct analytics_item, "c4", categories[3]),
    FIELD_IN(struct analytics_item, "c5", categories[4]),
    FIELD_IN(struct analytics_item, "va", variant),
    FIELD_IN(struct analytics_item, "pr", price),
    FIELD_IN(struct analytics_item, "ds", discount),
    FIELD_IN(struct analytics_item, "qt", quantity),
    FIELDS_END,
};
static const struct field page_fields[] = {
    FIELD_IN(struct analytics_hit, "dl", page),
    FIELD_IN(struct analytics_hit, "dr", referrer),
    FIELD_IN(struct analytics_hit, "dt", title),
    FIELD_IN(struct analytics_hit, "cu", currency),
    FIELDS_END,
};

struct hit {
    struct arena *arena;
    const struct settings *settings;
    const struct batch *batch;
    const struct event *event;
    bool limited, opted_out;
    struct analytics_visitor visitor;
    struct analytics_flags flags;
    struct analytics_hit said;
};

static void put(struct buf *out, struct arena *arena, const char *prefix, span name, span value)
{
    if (span_empty(value))
        return;
    if (out->len > 0)
        buf_add_char(out, '&');
    buf_add_text(out, prefix);
    buf_add_span(out, name);
    buf_add_char(out, '=');
    buf_add_span(out, url_encode(arena, value));
}

static void put_text(struct buf *out, struct arena *arena, const char *name, span value)
{
    put(out, arena, name, (span){0}, value);
}

/* '~' parts an item's members, so it is escaped before the whole is. */
static void add_member(struct buf *item, const char *key, span value)
{
    if (span_empty(value))
        return;
    if (item->len > 0)
        buf_add_char(item, '~');
    buf_add_text(item, key);
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '~')
            buf_add_text(item, "%7E");
        else
            buf_add_char(item, value.ptr[i]);
    }
}

/* "id44001~nmShirt~brAcme~pr29.95~qt2" */
static span item_text(struct arena *arena, const struct analytics_item *item)
{
    struct buf out;
    buf_init(&out, 64 * KIB);
    for (const struct field *field = item_fields; field->key; field++) {
        const void *member = (const char *)item + field->offset;
        switch (field->kind) {
        case FIELD_TEXT:
            add_member(&out, field->key, *(const span *)member);
            break;
        case FIELD_MONEY:
            if (((const struct money *)member)->given)
                add_member(&out, field->key, money_number(arena, *(const struct money *)member));
            break;
        case FIELD_INT:
            add_member(&out, field->key,
                       arena_print(arena, "%lld", (long long)*(const int64_t *)member));
            break;
        }
    }
    span text = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return text;
}

/* gtag's number of a page load: any will do, but the same when the event is sent again. */
static span page_load(struct arena *arena, const struct event *event)
{
    uint8_t d[HASH_SIZE];
    hash_sha256(event->id, d);
    uint32_t number = (uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3];
    return arena_print(arena, "%u", number & 0x7fffffffu);
}

/* What gtag says of all events of a page. */
static void write_shared(struct buf *out, const struct hit *hit)
{
    struct arena *arena = hit->arena;
    const struct analytics_visitor *visitor = &hit->visitor;
    put_text(out, arena, "v", SPAN("2"));
    put_text(out, arena, "tid", analytics_stream(hit->settings)->measurement_id);
    put_text(out, arena, "cid", visitor->client_id);
    put_text(out, arena, "_p", page_load(arena, hit->event));
    if (!span_empty(visitor->session)) {
        put_text(out, arena, "sid", visitor->session);
        put_text(out, arena, "sct", visitor->session_number);
        put_text(out, arena, "seg", visitor->engaged ? SPAN("1") : SPAN("0"));
    }
    if (!hit->limited)
        put_text(out, arena, "ul", clean_lower(arena, hit->event->client.language));
    put_text(out, arena, "gcs",
             arena_print(arena, "G1%d%d", hit->flags.ad_storage, hit->flags.analytics));
    if (!hit->flags.ad_personalization)
        put_text(out, arena, "npa", SPAN("1"));
    if (hit->opted_out)
        put_text(out, arena, "us_privacy", SPAN("1YYN"));
    if (!span_empty(hit->settings->test_code))
        put_text(out, arena, "_dbg", SPAN("1"));
    put_text(out, arena, "_s", SPAN("1"));
}

static void write_event(struct buf *out, const struct hit *hit, unsigned most_items)
{
    struct arena *arena = hit->arena;
    const struct analytics_hit *said = &hit->said;
    put_text(out, arena, "en", analytics_rename(hit->settings, hit->event));
    put_text(out, arena, "_et", SPAN("100"));
    for (const struct field *field = page_fields; field->key; field++)
        put_text(out, arena, field->key, field_text(arena, said, field));
    put_text(out, arena, "ep.event_id", hit->event->id);
    if (hit->batch->now - hit->event->at > FRESH_MS)
        put_text(out, arena, "ep.late", SPAN("1"));
    for (unsigned i = 0; i < said->param_count; i++)
        put(out, arena, said->params[i].number ? "epn." : "ep.", said->params[i].name,
            said->params[i].value);
    for (unsigned i = 0; i < said->item_count && i < most_items; i++)
        put(out, arena, "pr", arena_print(arena, "%u", i + 1), item_text(arena, &said->items[i]));
}

/* ---- headers ----------------------------------------------------------------------------------
 */

static bool is_header_value(span text, const char *but)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || (unsigned char)text.ptr[i] > '~' ||
            strchr(but, text.ptr[i]))
            return false;
    return text.len > 0;
}

static void add_cookie(struct buf *out, const char *name, span value)
{
    if (is_header_value(value, ";, \"\\"))
        buf_print(out, "%s%s=%.*s", out->len ? "; " : "", name, SPAN_ARG(value));
}

/* "GCL." second "." id: how the Conversion Linker keeps a click (contract 0.5). */
static span click_cookie(struct arena *arena, const struct event *event, span click)
{
    int64_t at = event->client.landing.at > 0 ? event->client.landing.at : event->at;
    return span_empty(click)
               ? click
               : arena_print(arena, "GCL.%lld.%.*s", (long long)(at / SECOND_MS), SPAN_ARG(click));
}

static span cookies(const struct hit *hit)
{
    const struct client *client = &hit->event->client;
    span stream = analytics_stream(hit->settings)->measurement_id;
    struct buf out;
    buf_init(&out, 16 * KIB);
    if (hit->visitor.known && span_find(client->ga, 0, '.') < client->ga.len)
        add_cookie(&out, span_starts(client->ga, "FPID") ? "FPID" : "_ga", client->ga);
    if (span_starts(stream, "G-"))
        add_cookie(&out,
                   arena_text(hit->arena, arena_print(hit->arena, "_ga_%.*s",
                                                      SPAN_ARG(span_sub(stream, 2, stream.len)))),
                   client->ga_session);
    if (hit->flags.ad_storage) {
        add_cookie(&out, "_fbp", client->fbp);
        add_cookie(&out, "_fbc", client->fbc);
        add_cookie(&out, "_ttp", client->ttp);
        add_cookie(&out, "_gcl_aw", click_cookie(hit->arena, hit->event, client->gclid));
        add_cookie(&out, "_gcl_gb", click_cookie(hit->arena, hit->event, client->wbraid));
    }
    span text = arena_copy(hit->arena, buf_span(&out));
    buf_done(&out);
    return text;
}

/* What the visitor's browser would have sent along, and ours. */
static unsigned make_headers(const struct settings *settings, const struct hit *hit,
                             const char *type, struct http_header *headers)
{
    const struct client *client = &hit->event->client;
    const struct http_header candidates[] = {
        {SPAN("X-Gtm-Server-Preview"), settings->test_code},
        {SPAN("User-Agent"), client->user_agent},
        {SPAN("X-Forwarded-For"), buyer_public_ip(client->ip)},
        {SPAN("Accept-Language"), client->language},
        {SPAN("Referer"), hit->said.page},
        {SPAN("Cookie"), hit->limited ? (span){0} : cookies(hit)},
    };
    unsigned count = 0, most = hit->limited ? 1 : COUNT_OF(candidates);
    if (type)
        headers[count++] = (struct http_header){SPAN("Content-Type"), span_of(type)};
    for (unsigned i = 0; i < most; i++)
        if (is_header_value(candidates[i].value, ""))
            headers[count++] = candidates[i];
    return count;
}

/* ---- encode -----------------------------------------------------------------------------------
 */

/* base_url, where somebody wrote one; else the container's. */
span sgtm_container(const struct settings *settings)
{
    span url = sgtm_own(settings)->url;
    if (!span_is(settings->base_url, destination_sgtm.host))
        url = settings->base_url;
    while (span_ends(url, "/"))
        url.len--;
    return url;
}

static struct hit read_hit(const struct settings *settings, const struct batch *batch)
{
    struct hit hit = {
        .arena = batch->arena,
        .settings = settings,
        .batch = batch,
        .event = batch->events[0],
        .limited = batch->limited && batch->limited[0],
        .opted_out = batch->opted_out && batch->opted_out[0],
    };
    analytics_visitor_read(hit.arena, settings, hit.event, hit.limited, &hit.visitor);
    hit.flags = analytics_flags_read(settings, hit.event, hit.limited, hit.opted_out,
                                     batch->ads_denied && batch->ads_denied[0]);
    analytics_hit_read(hit.arena, settings, hit.event, hit.limited, OWN_PARAMS, &hit.said);
    return hit;
}

/* An event too long for a body loses items from its end, never its value. */
static span event_text(const struct hit *hit)
{
    struct buf out;
    buf_init(&out, MIB);
    for (unsigned most_items = ANALYTICS_ITEMS;; most_items /= 2) {
        buf_reset(&out);
        write_event(&out, hit, most_items);
        if (out.len <= HITS_BYTES || most_items == 0)
            break;
    }
    span text = arena_copy(hit->arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static void encode_hit(const struct settings *settings, const struct batch *batch,
                       struct http_call *ret_call)
{
    assert(batch->count == 1);
    struct hit hit = read_hit(settings, batch);
    struct http_header *headers = arena_array(batch->arena, struct http_header, HEADERS);
    struct buf shared;
    buf_init(&shared, 64 * KIB);
    write_shared(&shared, &hit);
    span event = event_text(&hit), base = sgtm_container(settings);
    bool long_one = shared.len + event.len > TARGET_MOST;
    *ret_call = (struct http_call){
        .method = "POST",
        .url = arena_print(batch->arena, "%.*s/g/collect?%.*s%s%.*s", SPAN_ARG(base),
                           SPAN_ARG(buf_span(&shared)), long_one ? "" : "&",
                           SPAN_ARG(long_one ? (span){0} : event)),
        .headers = headers,
        .header_count =
            make_headers(settings, &hit, long_one ? "text/plain;charset=UTF-8" : NULL, headers),
        .body = long_one ? event : SPAN(""),
    };
    buf_done(&shared);
}

static void encode(const struct settings *settings, const struct batch *batch,
                   struct http_call *ret_call)
{
    if (!is_mp(settings)) {
        encode_hit(settings, batch, ret_call);
        return;
    }
    struct hit hit = read_hit(settings, batch);
    struct http_header *headers = arena_array(batch->arena, struct http_header, HEADERS);
    *ret_call = (struct http_call){
        .method = "POST",
        .url = arena_join(batch->arena, sgtm_container(settings),
                          analytics_payload_path(settings, batch)),
        .headers = headers,
        .header_count = make_headers(settings, &hit, "application/json", headers),
        .body = analytics_payload(settings, batch),
    };
}

/* ---- judge ------------------------------------------------------------------------------------
 */

static void judge(const struct settings *settings, const struct batch *batch,
                  const struct http_response *response, struct judgement *ret_judgement)
{
    struct judgement judgement;
    struct batch plain = *batch;
    plain.test &= is_mp(settings); /* gtag's path has no debug twin: a preview answers as usual */
    analytics_payload_judge(settings, &plain, response, &judgement);
    if (response->status == 400) { /* no client claims the path: nothing is wrong with the event */
        judgement.verdict = VERDICT_PAUSED;
        judgement.code = SPAN("no_client");
        judgement.message = SPAN("no client of the container claims the request");
    }
    *ret_judgement = judgement;
}

/* ---- the struct -------------------------------------------------------------------------------
 */

static void describe(void (*row)(void *arg, const char *ours, const char *theirs,
                                 const char *remark),
                     void *arg)
{
    analytics_describe_names(row, arg);
    row(arg, "client.ga", "cid", "else derived from the visitor or customer");
    row(arg, "client.ga_session", "sid, sct, seg", "GS1 and GS2 cookies");
    row(arg, "client.language", "ul", "lower case");
    row(arg, "consent", "gcs", "G1, advertising, analytics");
    row(arg, "consent.marketing, sale_of_data", "npa", "1: no personal advertising");
    row(arg, "sale_of_data denied, GPC", "us_privacy", "1YYN");
    field_describe(page_fields, "", "", row, arg);
    row(arg, "id", "ep.event_id", "the browser's, for Meta's and TikTok's tags");
    row(arg, "at", "ep.late", "1 for orders older than five minutes; others are not sent");
    row(arg, "order.id, number or name", "ep.transaction_id", "by orders.transaction_id");
    row(arg, "order.value, value", "epn.value", "decimal number");
    row(arg, "order.tax", "epn.tax", "decimal number");
    row(arg, "order.shipping", "epn.shipping", "decimal number");
    row(arg, "order.coupon", "ep.coupon", "");
    row(arg, "order.first_order", "ep.customer_type", "new or returning");
    row(arg, "query", "ep.search_term", "");
    field_describe(item_fields, "items[].", "pr1…pr200 ", row, arg);
    row(arg, "client.ip", "X-Forwarded-For", "header; public addresses only");
    row(arg, "client.user_agent", "User-Agent", "header");
    row(arg, "client.ga, ga_session", "Cookie", "header; _ga, _ga_STREAM or FPID");
    row(arg, "client.fbp, fbc, ttp, gclid, wbraid", "Cookie", "header; with marketing consent");
    row(arg, "protocol mp", "as ga4", "to /mp/collect");
}

static const struct lane lanes[] = {
    [LANE_HIT] = {.name = "hit", .events = 1, .bytes = HITS_BYTES},
    [LANE_VISITOR] = {.name = "visitor", .events = ANALYTICS_EVENTS, .bytes = ANALYTICS_BODY},
    {.name = NULL},
};

const struct destination destination_sgtm = {
    .name = "sgtm",
    .title = "Google Tag Manager server container",
    .follows = "GA4's web protocol /g/collect v2, as gtag speaks it; Measurement Protocol",
    .host = "https://sgtm.invalid", /* `url` says where; there is no host of the platform's */
    .api_version = "2",
    .settings_size = sizeof(struct sgtm_settings),
    .options = options,
    .audience = AUDIENCE_ANALYTICS,
    .asks = CONSENT_FOR_ANALYTICS,
    .consent_orders = CONSENT_REQUIRE,
    .max_age_ms = FRESH_MS,
    .max_ahead_ms = MINUTE_MS,
    .dedup_ms = 24 * HOUR_MS,
    .container = true,
    .lanes = lanes,
    .rename = analytics_rename,
    .max_age = max_age,
    .repeatable = analytics_repeatable,
    .lane = choose_lane,
    .together = analytics_together,
    .unfit = analytics_unfit,
    .encode = encode,
    .judge = judge,
    .setup = &analytics_setup_sgtm,
    .describe = describe,
};
