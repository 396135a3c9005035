/*
 * TikTok Events API 2.0 (which is served under v1.3).
 *
 * One POST carries up to 1,000 events of one pixel and is accepted or refused as a whole: one bad
 * row fails its neighbours, so a refusal means SPLIT: without the row that the words name, or in
 * halves where they name none. The answer is HTTP 200 whatever happened; what counts is the `code`
 * inside, and an answer without one came from somebody else. TikTok knows a copy by (pixel, event,
 * event_id) for 48 hours, so the id is the event's own, and the name must be the one the shop's
 * pixel uses: `Purchase` or, in shops set up before 2025, `CompletePayment`.
 *
 * TikTok has no event for a refund, a cancellation or a thing taken out of the cart: those are
 * counted skips. It states no greatest age and no rate (contract 3.7): seven days and ten requests
 * a second are ours, and options. What a merchant's own event carries besides value and items stays
 * here: TikTok's properties are a closed list (3.4).
 */
#include "tiktok.h"

#include "../base/clock.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "list.h"
#include "page.h"

#include <assert.h>

#define BODY_CEILING (64 * MIB) /* TikTok states none; the lane's bytes keep us far below */
#define NAME_CHARS   50u        /* of a custom event */
#define PLACE_CHARS  100u
#define PLACE_DIGITS 4u /* of an index in a place of theirs; more may be a phone number */
#define WAIT_BUSY    (10 * SECOND_MS)
#define PARTIAL      20001 /* some of it */
#define WAIT_SLOWLY  (5 * MINUTE_MS)
static_assert(offsetof(struct tiktok_settings, common) == 0,
              "settings are handed around as common");

/* ---- settings and options -------------------------------------------------------------------- */

#define TEXT_OPTION(name_, help_, member, ...)                                                     \
    {                                                                                              \
        .name = name_, .help = help_, .kind = OPTION_TEXT,                                         \
        .offset = offsetof(struct tiktok_settings, member), __VA_ARGS__                            \
    }
static const struct option options[] = {
    TEXT_OPTION("pixel_code", "Pixel code (C…), from Events Manager", pixel_code, .required = true),
    TEXT_OPTION("access_token", "Events API token of that pixel", access_token, .required = true,
                .secret = true),
    TEXT_OPTION("purchase_event_name", "As the shop's pixel sends it: Purchase, CompletePayment",
                purchase_name, .otherwise = "Purchase"),
    TEXT_OPTION("lead_event_name", "As the shop's pixel sends it: Lead, SubmitForm", lead_name,
                .otherwise = "Lead"),
    {.name = "max_age",
     .help = "Older events are not sent; TikTok publishes no limit",
     .kind = OPTION_DURATION,
     .offset = offsetof(struct tiktok_settings, common.max_age_ms),
     .otherwise = "7d"},
    {.name = "requests_per_second",
     .help = "At most; TikTok publishes no limit, and has one per token",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct tiktok_settings, common.per_second),
     .otherwise = "10"},
    {.name = NULL},
};

static const struct tiktok_settings *own(const struct settings *settings)
{
    return (const struct tiktok_settings *)(const void *)settings;
}

/* ---- names ----------------------------------------------------------------------------------- */

static const struct {
    enum event_name ours;
    const char *theirs, *remark;
} names[] = {
    {EVENT_PAGE_VIEWED, "Pageview", "the pixel on a page sends its own"},
    {EVENT_PRODUCT_VIEWED, "ViewContent", ""},
    {EVENT_COLLECTION_VIEWED, "ViewContent", "content_type product_group"},
    {EVENT_SEARCH_SUBMITTED, "Search", ""},
    {EVENT_PRODUCT_ADDED_TO_CART, "AddToCart", ""},
    {EVENT_CHECKOUT_STARTED, "InitiateCheckout", ""},
    {EVENT_PAYMENT_SUBMITTED, "AddPaymentInfo", ""},
    {EVENT_ORDER_PLACED, "Purchase", "or purchase_event_name; needs a value"},
    {EVENT_SUBSCRIBED, "Lead", "or lead_event_name"},
    {EVENT_SUBSCRIPTION_STARTED, "Subscribe", ""},
    {EVENT_ACCOUNT_CREATED, "CompleteRegistration", ""},
    {EVENT_PRODUCT_ADDED_TO_WISHLIST, "AddToWishlist", ""},
};

static size_t characters(span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

static span rename_event(const struct settings *settings, const struct event *event)
{
    if (event->name == EVENT_CUSTOM)
        return characters(event->name_text) <= NAME_CHARS ? event->name_text : (span){0};
    if (event->name == EVENT_ORDER_PLACED && !span_empty(own(settings)->purchase_name))
        return own(settings)->purchase_name;
    if (event->name == EVENT_SUBSCRIBED && !span_empty(own(settings)->lead_name))
        return own(settings)->lead_name;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].ours == event->name)
            return span_of(names[i].theirs);
    return (span){0};
}

static const char *unfit(const struct settings *settings, const struct event *event, bool limited,
                         struct arena *arena)
{
    if (event->name == EVENT_ORDER_PLACED) {
        struct sale sale;
        sale_read(arena, settings, event, &sale);
        if (!sale.value.given)
            return "no_value"; /* TikTok would take it, and could not use it */
    }
    /* A web event needs its page; a shop that has a host always has one. */
    if (settings->shop->hosts.count == 0 && span_empty(page_of(arena, settings, event)))
        return "no_page";
    return tiktok_unmatched(arena, event, limited);
}

/* ---- shapes (user, properties: tiktok_shapes.c) ------------------------------------------------
 */

static const struct field event_fields[] = {
    FIELD("event_id", id),
    FIELDS_END,
};

static void write_page(struct json *json, const struct settings *settings, struct arena *arena,
                       const struct event *event, bool limited)
{
    span page = page_of(arena, settings, event);
    span referrer = page_clean(arena, event->client.referrer);
    if (limited) { /* a click id in the query would be an identifier again */
        page = url_bare(page);
        referrer = url_bare(referrer);
    }
    if (span_empty(page) && span_empty(referrer))
        return;
    json_open(json, "page", '{');
    if (!span_empty(page))
        json_put_text(json, "url", page);
    if (!span_empty(referrer))
        json_put_text(json, "referrer", referrer);
    json_close(json, '}');
}

static void write_event(struct json *json, const struct settings *settings,
                        const struct batch *batch, unsigned index)
{
    struct arena *arena = batch->arena;
    const struct event *event = batch->events[index];
    bool limited = batch->limited && batch->limited[index];
    bool opted_out = batch->opted_out && batch->opted_out[index];
    json_open(json, NULL, '{');
    json_put_text(json, "event", rename_event(settings, event));
    json_put_int(json, "event_time", event->at / SECOND_MS);
    field_write(json, arena, event, event_fields);
    tiktok_write_user(json, arena, event, limited);
    write_page(json, settings, arena, event, limited);
    tiktok_write_properties(json, arena, settings, event);
    json_put_bool(json, "limited_data_use", limited || opted_out);
    json_close(json, '}');
}

/* ---- encode -----------------------------------------------------------------------------------
 */

/* No partner_name: one that TikTok did not register is an error of its own (40063). */
static void write_body(struct json *json, const struct settings *settings,
                       const struct batch *batch)
{
    json_open(json, NULL, '{');
    json_put_text(json, "event_source", SPAN("web"));
    json_put_text(json, "event_source_id", own(settings)->pixel_code);
    /* A code in the config is the merchant looking at Test Events: it goes along in live mode too.
     */
    if (!span_empty(settings->test_code))
        json_put_text(json, "test_event_code", settings->test_code);
    json_open(json, "data", '[');
    for (unsigned i = 0; i < batch->count; i++)
        write_event(json, settings, batch, i);
    json_close(json, ']');
    json_close(json, '}');
}

static void encode(const struct settings *settings, const struct batch *batch,
                   struct http_call *ret_call)
{
    struct http_header *headers = arena_array(batch->arena, struct http_header, 2);
    struct buf body;
    struct json json;
    headers[0] = (struct http_header){SPAN("Access-Token"), own(settings)->access_token};
    headers[1] = (struct http_header){SPAN("Content-Type"), SPAN("application/json")};
    buf_init(&body, BODY_CEILING);
    json_start(&json, &body);
    write_body(&json, settings, batch);
    json_end(&json);
    *ret_call = (struct http_call){
        .method = "POST",
        /* TikTok's paths end with a slash, and without it there is nothing. */
        .url = arena_print(batch->arena, "%.*s/open_api/%.*s/event/track/",
                           SPAN_ARG(settings->base_url), SPAN_ARG(settings->api_version)),
        .headers = headers,
        .header_count = 2,
        .body = buf_ok(&body) ? arena_copy(batch->arena, buf_span(&body)) : (span){0},
    };
    buf_done(&body);
}

/* ---- judge ------------------------------------------------------------------------------------
 */

/* Contract 3.7. The first row that fits decides. */
static const struct {
    int64_t from, to;
    enum verdict verdict;
    int64_t wait_ms;
    const char *what;
} errors[] = {
    {PARTIAL, PARTIAL, VERDICT_DELIVERED, 0, "partial success: kept as code and message"},
    {40000, 40000, VERDICT_SPLIT, 0, "bad parameters"},
    {40001, 40001, VERDICT_PAUSED, 0, "permission"},
    {40002, 40002, VERDICT_SPLIT, 0, "bad parameters"},
    {40003, 40003, VERDICT_PAUSED, 0, "permission"},
    {40006, 40006, VERDICT_PAUSED, 0, "API version"},
    {40050, 40050, VERDICT_DELIVERED, 0, "this request was here before"},
    {40051, 40051, VERDICT_PAUSED, 0, "API version"},
    {40061, 40062, VERDICT_SPLIT, 0, "size of the batch; PII not hashed"},
    {40063, 40063, VERDICT_PAUSED, 0, "partner name"},
    {40100, 40100, VERDICT_RETRY, WAIT_BUSY, "too frequent"},
    {40101, 40101, VERDICT_PAUSED, 0, "partner"},
    {40102, 40105, VERDICT_PAUSED, 0, "the token"},
    {40132, 40132, VERDICT_RETRY, WAIT_BUSY, "too frequent"},
    {40200, 40202, VERDICT_RETRY, 0, "task and write conflicts"},
    {40300, 40301, VERDICT_PAUSED, 0, "permission"},
    {41001, 41002, VERDICT_PAUSED, 0, "the interface, its fields: offline"},
    {50000, 59999, VERDICT_RETRY, 0, "system and RPC errors"},
    {60001, 60001, VERDICT_RETRY, WAIT_SLOWLY, "maintenance"},
};

/* Where in the request, "data.0.user.email": the part before the colon, when its form shows that
   it is no personal data; else absent. */
static span place_of(span message)
{
    size_t colon = span_find(message, 0, ':');
    span place = span_sub(message, 0, colon);
    unsigned digits = 0;
    bool is_known = span_starts(place, "data.") || span_starts(place, "Batch.");
    if (colon == message.len || place.len > PLACE_CHARS || !is_known)
        return (span){0};
    for (size_t i = span_find(place, 0, '.'); i < place.len; i++) {
        char c = place.ptr[i];
        digits = c >= '0' && c <= '9' ? digits + 1 : 0;
        if (digits > PLACE_DIGITS || !(digits || (c >= 'a' && c <= 'z') || c == '_' || c == '.'))
            return (span){0};
    }
    return place;
}

/* verdict_words() masks long words, and the place is one: it is what a merchant must read. */
static span words_of(struct arena *arena, span message)
{
    span place = place_of(message);
    if (span_empty(place))
        return verdict_words(arena, message);
    span rest = span_sub(message, place.len + 1, message.len);
    return arena_print(arena, "%.*s: %.*s", SPAN_ARG(place), SPAN_ARG(verdict_words(arena, rest)));
}

/* One bad row fails all, but it is named: only it is refused. */
static void name_row(const struct batch *batch, span message, struct judgement *judgement)
{
    span rest = place_of(message), root, number;
    int64_t index;
    if (!span_split(&rest, '.', &root) || !span_split(&rest, '.', &number) ||
        span_int(number, &index) != OK || index < 0 || index >= (int64_t)batch->count)
        return;
    struct named_row *row = arena_new(batch->arena, struct named_row);
    *row = (struct named_row){(unsigned)index, judgement->code, judgement->message};
    judgement->rows = row;
    judgement->row_count = 1;
}

/* What is wrong with the request itself is our configuration: no event is to blame for it. */
static bool is_ours(span message)
{
    return span_starts(message, "event_source") || span_starts(message, "test_event_code") ||
           span_starts(message, "partner_name");
}

/* JSON with blanks for its marks, so that it is words, and what may be personal in it is masked. */
static span data_words(struct arena *arena, const struct json_value *data)
{
    if (!data)
        return (span){0};
    char *text = arena_text(arena, data->raw);
    for (size_t i = 0; i < data->raw.len; i++)
        if (strchr("{}[]\",", text[i]))
            text[i] = ' ';
    return verdict_words(arena, (span){text, data->raw.len});
}

static void judge_code(const struct batch *batch, const struct http_response *response,
                       int64_t code, const struct json_value *root, struct judgement *judgement)
{
    span message = json_get_text(root, "message");
    const struct json_value *data = json_get(root, "data");
    if (judgement->verdict == VERDICT_DELIVERED || judgement->verdict == VERDICT_REFUSED)
        judgement->verdict = VERDICT_SPLIT; /* a code we do not know, in whatever status */
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        if (code < errors[i].from || code > errors[i].to)
            continue;
        judgement->verdict = errors[i].verdict;
        judgement->retry_after_ms = errors[i].wait_ms;
        break;
    }
    judgement->code = arena_print(batch->arena, "%lld", (long long)code);
    judgement->message = words_of(batch->arena, message);
    if (code == PARTIAL) /* what of it did not work is in `data` only */
        judgement->message =
            span_trim(arena_print(batch->arena, "%.*s %.*s", SPAN_ARG(judgement->message),
                                  SPAN_ARG(data_words(batch->arena, data))));
    if (judgement->verdict == VERDICT_SPLIT && is_ours(message))
        judgement->verdict = VERDICT_PAUSED;
    else if (judgement->verdict == VERDICT_SPLIT && batch->count == 1)
        judgement->verdict = VERDICT_REFUSED;
    else if (judgement->verdict == VERDICT_SPLIT)
        name_row(batch, message, judgement);
    if (judgement->verdict == VERDICT_RETRY) { /* not documented, but if they ask */
        int64_t asked = verdict_retry_after(response, batch->now);
        if (asked > judgement->retry_after_ms)
            judgement->retry_after_ms = asked;
    }
}

static void judge(const struct settings *settings, const struct batch *batch,
                  const struct http_response *response, struct judgement *ret_judgement)
{
    (void)settings;
    const struct json_value *root = NULL;
    struct judgement judgement;
    int64_t code = -1;
    verdict_by_status(response, batch->now, &judgement);
    bool is_code = response->status > 0 && !span_empty(response->body) &&
                   json_parse(batch->arena, response->body, &root, NULL) == OK &&
                   span_int(json_get_id(root, "code"), &code) == OK;
    if (is_code && code != 0) {
        judge_code(batch, response, code, root, &judgement);
    } else if (is_code) {
        if (judgement.verdict != VERDICT_DELIVERED) /* a success in an error: rather twice */
            judgement.verdict = VERDICT_RETRY;
    } else if (response->status == 413) { /* a proxy that takes less than TikTok */
        judgement.verdict = batch->count > 1 ? VERDICT_SPLIT : VERDICT_REFUSED;
    } else if (judgement.verdict != VERDICT_RETRY) { /* not TikTok: it always says a code */
        judgement.verdict = VERDICT_RETRY;
        if (response->status / 100 == 2)
            judgement.code = SPAN("unexpected_answer");
    }
    *ret_judgement = judgement;
}

/* ---- the struct --------------------------------------------------------------------------------
 */

static void describe(void (*row)(void *arg, const char *ours, const char *theirs,
                                 const char *remark),
                     void *arg)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        row(arg, names_text(names[i].ours), names[i].theirs, names[i].remark);
    row(arg, "custom names", "the same", "up to 50 characters");
    row(arg, "custom properties", "none", "TikTok's are a closed list");
    field_describe(event_fields, "", "", row, arg);
    row(arg, "at", "event_time", "seconds");
    row(arg, "client.url, landing, shop", "page.url", "without secrets");
    row(arg, "client.referrer", "page.referrer", "without secrets");
    field_describe(tiktok_person_fields, "who.", "user.", row, arg);
    row(arg, "who.customer_id, who.visitor", "user.external_id", "lower case, SHA-256");
    field_describe(tiktok_place_fields, "who.", "user.", row, arg);
    row(arg, "ttclid of the page, client.ttclid, landing", "user.ttclid", "as it is");
    row(arg, "client.ttp", "user.ttp", "as it is");
    row(arg, "client.language", "user.locale", "");
    field_describe(tiktok_client_fields, "", "user.", row, arg);
    row(arg, "order.value, value", "properties.value", "decimal number");
    row(arg, "order.currency, currency", "properties.currency", "upper case");
    row(arg, "order.id", "properties.order_id", "text");
    row(arg, "query", "properties.search_string, properties.query", "");
    row(arg, "items[0].name, collection_title", "properties.description", "");
    row(arg, "items[] by product_id", "properties.content_ids[]", "text");
    field_describe(tiktok_item_fields, "items[].", "properties.contents[].", row, arg);
    row(arg, "items[].categories[0]", "properties.contents[].content_category", "");
    row(arg, "consent limited, sale_of_data denied, GPC", "limited_data_use", "true, else false");
    row(arg, "test_code", "test_event_code", "of the whole request");
}

static void describe_answers(void (*row)(void *arg, const char *code, const char *verdict,
                                         const char *remark),
                             void *arg)
{
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        char code[64];
        int len = snprintf(code, sizeof code, "%lld", (long long)errors[i].from);
        if (errors[i].to != errors[i].from)
            len +=
                snprintf(code + len, sizeof code - (size_t)len, "-%lld", (long long)errors[i].to);
        row(arg, code, verdict_text(errors[i].verdict), errors[i].what);
    }
    row(arg, "any other", verdict_text(VERDICT_SPLIT), "down to the event that is to blame");
}

static const struct lane lanes[] = {
    {.name = "events",
     .events = BATCH_CEILING,
     .bytes = 200 * KIB,
     .per_second = 10,
     .linger = true},
    {.name = NULL},
};

const struct destination destination_tiktok = {
    .name = "tiktok",
    .title = "TikTok Events API",
    .follows = "Events API 2.0 (v1.3), business-api.tiktok.com/portal/docs",
    .host = "https://business-api.tiktok.com",
    .api_version = "v1.3",
    .settings_size = sizeof(struct tiktok_settings),
    .options = options,
    .audience = AUDIENCE_ADS,
    .asks = CONSENT_FOR_MARKETING,
    .consent_orders = CONSENT_REQUIRE,
    .max_age_ms = 7 * DAY_MS,
    .max_ahead_ms = MINUTE_MS,
    .dedup_ms = 48 * HOUR_MS,
    .fed = true,
    .lanes = lanes,
    .hashes = true,
    .rename = rename_event,
    .unfit = unfit,
    .encode = encode,
    .judge = judge,
    .setup = &tiktok_setup,
    .describe = describe,
    .describe_answers = describe_answers,
};
