/*
 * Pinterest Conversions API v5 (contract 7; fields by Pinterest's OpenAPI 5.13).
 *
 * One POST carries up to 1,000 events of one ad account, and the answer has a status for each of
 * them in the order they were sent: what failed becomes a letter with Pinterest's words, its
 * neighbours stand. Only a body that is no good at all (400) is refused as a whole: it is halved.
 * Pinterest knows a copy by event_id for at least 24 hours; the id is the event's own, and the name
 * the one the shop's Pinterest tag uses. Money is text here, also in contents.
 *
 * People are normalised and hashed as for Meta (0.4), every identifier a list; we know nobody's
 * gender nor birthday, so ge and db stay away. An event needs an e-mail address, or address and
 * agent of a browser. Who opted out of sale or sharing goes with opt_out: true, everybody else with
 * false; `limited` sends nothing that identifies a person. There is no word for a refund, a
 * cancellation or a thing taken out of the cart: counted skips. Tests and mode validate go with
 * ?test=true, which Pinterest checks and does not record.
 */
#include "../base/clock.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "list.h"
#include "meta.h"
#include "page.h"
#include "setup.h"

#include <assert.h>

#define BODY_CEILING (64 * MIB) /* Pinterest states none; the lane's bytes keep us far below */

/* ---- settings and options -------------------------------------------------------------------- */

struct pinterest_settings {
    struct settings common; /* first: encode() and friends are handed its address */
    span ad_account_id, access_token, product_view_name, opt_out_type;
};
static_assert(offsetof(struct pinterest_settings, common) == 0, "handed around as common");

#define TEXT_OPTION(name_, help_, ...)                                                             \
    {                                                                                              \
        .name = #name_, .help = help_, .kind = OPTION_TEXT,                                        \
        .offset = offsetof(struct pinterest_settings, name_), __VA_ARGS__                          \
    }
static const struct option options[] = {
    TEXT_OPTION(ad_account_id, "Ad account id", .required = true),
    TEXT_OPTION(access_token, "Conversion access token of that ad account", .required = true,
                .secret = true),
    TEXT_OPTION(product_view_name, "As the shop's tag sends it: page_visit, view_content",
                .otherwise = "page_visit"),
    TEXT_OPTION(opt_out_type, "LDP adds limited data processing for who opted out"),
    {.name = NULL},
};

static const struct pinterest_settings *own(const struct settings *settings)
{
    return (const struct pinterest_settings *)(const void *)settings;
}

static void check(const struct settings *settings, struct arena *arena, option_say *say, void *arg)
{
    span id = own(settings)->ad_account_id;
    (void)arena;
    for (size_t i = 0; i < id.len; i++)
        if (id.ptr[i] < '0' || id.ptr[i] > '9') {
            say(arg, "ad_account_id", true, "must be digits, such as 549755885175");
            return;
        }
}

static const char *const notes[] = {
    "E-mail, phone, name, place and ids go out as SHA-256 digests; address, agent and click id as "
    "they are.",
    "Use the event ids of the shop's Pinterest tag, or no tag: copies are known by event_id.",
    "Refunds and cancellations do not go out: Pinterest has no event for them.",
    NULL,
};
static const struct limit limits[] = {
    {"7", "events in a request", "1000", BATCH_CEILING, "the batch is closed",
     "tests/unit/destinations/test_list.c"},
    {"7", "age of an event", "7 days", 7 * DAY_MS, "max_age_ms: a counted skip",
     "tests/unit/sandbox/test_sandbox_pinterest.c"},
    {.section = NULL},
};
static const struct setup setup = {
    .credentials = "Ads Manager > Conversions > Conversion access token > Generate. The ad account "
                   "id is in the address of Ads Manager.",
    .proves = "token and ad account are good, and the event is valid",
    .notes = notes,
    .limits = limits,
    .check = check,
};

/* ---- names ----------------------------------------------------------------------------------- */

static const struct {
    enum event_name ours;
    const char *theirs, *remark;
} names[] = {
    {EVENT_PAGE_VIEWED, "page_visit", ""},
    {EVENT_PRODUCT_VIEWED, "page_visit", "or product_view_name"},
    {EVENT_COLLECTION_VIEWED, "view_category", ""},
    {EVENT_SEARCH_SUBMITTED, "search", ""},
    {EVENT_PRODUCT_ADDED_TO_CART, "add_to_cart", ""},
    {EVENT_CHECKOUT_STARTED, "initiate_checkout", ""},
    {EVENT_PAYMENT_SUBMITTED, "add_payment_info", ""},
    {EVENT_ORDER_PLACED, "checkout", "needs a value"},
    {EVENT_SUBSCRIBED, "lead", ""},
    {EVENT_SUBSCRIPTION_STARTED, "subscribe", ""},
    {EVENT_ACCOUNT_CREATED, "signup", ""},
    {EVENT_PRODUCT_ADDED_TO_WISHLIST, "add_to_wishlist", ""},
};

static span rename_event(const struct settings *settings, const struct event *event)
{
    if (event->name == EVENT_PRODUCT_VIEWED && !span_empty(own(settings)->product_view_name))
        return own(settings)->product_view_name;
    if (event->name == EVENT_CUSTOM)
        return SPAN("custom");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].ours == event->name)
            return span_of(names[i].theirs);
    return (span){0};
}

/* ---- leaf tables ----------------------------------------------------------------------------- */

static clean_fn keep_phone;

#define PERSON(key_, member_, clean_)                                                              \
    FIELD_IN(struct buyer, key_, member_, .clean = clean_, .hashed = true, .listed = true)
static const struct field person_fields[] = {
    PERSON("em", email, clean_email), /* first: unfit() asks for it */
    PERSON("ph", phone, keep_phone),           PERSON("fn", first_name, clean_name),
    PERSON("ln", last_name, clean_name),       PERSON("ct", city, clean_city),
    PERSON("st", region, meta_state),          PERSON("zp", zip, clean_zip),
    PERSON("country", country, clean_country), FIELDS_END,
};
static const struct field client_fields[] = {
    FIELD("client_ip_address", client.ip, .clean = meta_ip),
    FIELD("client_user_agent", client.user_agent),
    FIELDS_END,
};
static const struct field item_fields[] = {
    FIELD_IN(struct item, "item_name", name),
    FIELD_IN(struct item, "item_brand", brand),
    FIELD_IN(struct item, "item_price", price, .quoted = true),
    FIELD_IN(struct item, "quantity", quantity),
    FIELDS_END,
};
static const struct sale_words words = {"id", "item_category", item_fields, .untyped = true};

/* buyer_read() gives E.164, or somebody's digest, of which only SHA-256 gets past field.c. */
static span keep_phone(struct arena *arena, span raw)
{
    return span_starts(raw, "+") ? meta_phone(arena, raw) : (span){0};
}

/* ---- shapes ---------------------------------------------------------------------------------- */

static const char *unfit(const struct settings *settings, const struct event *event, bool limited,
                         struct arena *arena)
{
    struct sale sale;
    struct buyer buyer;
    sale_read(arena, settings, event, &sale);
    meta_read_person(arena, event, &buyer);
    if (event->name == EVENT_ORDER_PLACED && !sale.value.given)
        return "no_value"; /* Pinterest would take it, and could not use it */
    if (!span_empty(meta_ip(arena, event->client.ip)) && !span_empty(event->client.user_agent))
        return NULL;
    bool known = !limited && !span_empty(field_text(arena, &buyer, &person_fields[0]));
    return known ? NULL : "no_identifier";
}

static void write_user(struct json *json, struct arena *arena, const struct event *event,
                       bool limited)
{
    json_open(json, "user_data", '{');
    if (!limited) {
        struct buyer buyer;
        meta_read_person(arena, event, &buyer);
        field_write(json, arena, &buyer, person_fields);
        buyer_write_ids(json, arena, &buyer, clean_external_id);
        span click = page_click(arena, &event->client, "epik", event->client.epik);
        if (!span_empty(click))
            json_put_text(json, "click_id", click);
    }
    field_write(json, arena, event, client_fields);
    json_close(json, '}');
}

static void put(struct json *json, const char *key, span text)
{
    if (!span_empty(text))
        json_put_text(json, key, text);
}

static void write_custom(struct json *json, struct arena *arena, const struct settings *settings,
                         const struct event *event, bool opted_out)
{
    struct sale sale;
    span type = opted_out ? own(settings)->opt_out_type : (span){0};
    if (event->name == EVENT_PAGE_VIEWED && span_empty(type))
        return;
    sale_read(arena, settings, event, &sale);
    json_open(json, "custom_data", '{');
    if (sale.value.given) {
        json_put_text(json, "currency", sale.currency);
        json_put_text(json, "value", money_print(arena, sale.value));
    }
    sale_write_contents(json, arena, settings, &sale, &words);
    if (event->name == EVENT_PRODUCT_VIEWED || event->name == EVENT_PRODUCT_ADDED_TO_CART)
        put(json, "content_name", sale.count > 0 ? sale.items[0].name : (span){0});
    if (event->name == EVENT_COLLECTION_VIEWED)
        put(json, "content_category", event->collection_title);
    if (sale.pieces > 0 &&
        (event->name == EVENT_PRODUCT_ADDED_TO_CART || event->name == EVENT_CHECKOUT_STARTED ||
         event->name == EVENT_ORDER_PLACED))
        json_put_int(json, "num_items", sale.pieces);
    if (names_class(event->name) == EVENT_CLASS_ORDER)
        put(json, "order_id", event->order.id);
    if (event->name == EVENT_SEARCH_SUBMITTED && !buyer_named_in(event->query, &event->who))
        put(json, "search_string", event->query);
    put(json, "opt_out_type", type);
    json_close(json, '}');
}

static void write_event(struct json *json, const struct settings *settings,
                        const struct batch *batch, unsigned index)
{
    struct arena *arena = batch->arena;
    const struct event *event = batch->events[index];
    bool limited = batch->limited && batch->limited[index];
    bool opted_out = limited || (batch->opted_out && batch->opted_out[index]);
    span page = page_of(arena, settings, event);
    json_open(json, NULL, '{');
    json_put_text(json, "event_name", rename_event(settings, event));
    json_put_text(json, "action_source", SPAN("web"));
    json_put_int(json, "event_time", event->at / SECOND_MS);
    json_put_text(json, "event_id", event->id);
    put(json, "event_source_url", limited ? url_bare(page) : page);
    json_put_bool(json, "opt_out", opted_out);
    write_user(json, arena, event, limited);
    write_custom(json, arena, settings, event, opted_out);
    json_close(json, '}');
}

/* ---- encode ---------------------------------------------------------------------------------- */

static void encode(const struct settings *settings, const struct batch *batch,
                   struct http_call *ret_call)
{
    struct http_header *headers = arena_array(batch->arena, struct http_header, 2);
    bool test = batch->test || settings->mode == OUTLET_VALIDATE;
    struct buf body;
    struct json json;
    headers[0] = (struct http_header){
        SPAN("Authorization"),
        arena_print(batch->arena, "Bearer %.*s", SPAN_ARG(own(settings)->access_token))};
    headers[1] = (struct http_header){SPAN("Content-Type"), SPAN("application/json")};
    buf_init(&body, BODY_CEILING);
    json_start(&json, &body);
    json_open(&json, NULL, '{');
    json_open(&json, "data", '[');
    for (unsigned i = 0; i < batch->count; i++)
        write_event(&json, settings, batch, i);
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    *ret_call = (struct http_call){
        .method = "POST",
        .url = arena_print(batch->arena, "%.*s/%.*s/ad_accounts/%.*s/events%s",
                           SPAN_ARG(settings->base_url), SPAN_ARG(settings->api_version),
                           SPAN_ARG(own(settings)->ad_account_id), test ? "?test=true" : ""),
        .headers = headers,
        .header_count = 2,
        .body = buf_ok(&body) ? arena_copy(batch->arena, buf_span(&body)) : (span){0},
    };
    buf_done(&body);
}

/* ---- judge ----------------------------------------------------------------------------------- */

/* Each event has its status, in our order: "processed" or "failed". The others stand. */
static void judge_events(const struct batch *batch, const struct json_value *list,
                         struct judgement *judgement)
{
    struct named_row *rows = arena_array(batch->arena, struct named_row, batch->count);
    const struct json_value *one = list->first;
    *judgement = (struct judgement){.verdict = VERDICT_DELIVERED, .rows = rows};
    for (unsigned i = 0; one && i < batch->count; i++, one = one->next) {
        if (!span_is(json_get_text(one, "status"), "failed"))
            continue;
        judgement->code = SPAN("event_failed");
        judgement->message = verdict_words(batch->arena, json_get_text(one, "error_message"));
        rows[judgement->row_count++] = (struct named_row){i, judgement->code, judgement->message};
    }
    if (batch->count == 1 && judgement->row_count == 1)
        judgement->verdict = VERDICT_REFUSED;
    else if (list->count != batch->count)
        judgement->code = SPAN("events_received_mismatch");
}

static void judge(const struct settings *settings, const struct batch *batch,
                  const struct http_response *response, struct judgement *ret_judgement)
{
    (void)settings;
    const struct json_value *root = NULL;
    struct judgement judgement;
    verdict_by_status(response, batch->now, &judgement);
    bool is_json = response->status > 0 && !span_empty(response->body) &&
                   json_parse(batch->arena, response->body, &root, NULL) == OK;
    const struct json_value *list = json_get(is_json ? root : NULL, "events");
    if (!list && is_json) /* 422 says it inside an error */
        list = json_get(json_get(root, "details"), "events");
    if (list && list->kind == JSON_ARRAY && list->count > 0 &&
        (judgement.verdict == VERDICT_DELIVERED || response->status == 422)) {
        judge_events(batch, list, &judgement);
    } else if (judgement.verdict == VERDICT_DELIVERED ||
               (!is_json && judgement.verdict == VERDICT_REFUSED && response->status != 413)) {
        judgement.verdict = VERDICT_RETRY; /* somebody else answered; copies are known */
        judgement.code = SPAN("unexpected_answer");
    } else if (response->status == 404 || response->status == 410) {
        judgement.verdict = VERDICT_PAUSED; /* the ad account, the version: no event's fault */
    } else if (judgement.verdict == VERDICT_REFUSED && batch->count > 1) {
        judgement.verdict = VERDICT_SPLIT; /* one of them, and nobody says which */
    }
    span message = json_get_text(is_json ? root : NULL, "message");
    if (judgement.row_count == 0 && !span_empty(message))
        judgement.message = verdict_words(batch->arena, message);
    *ret_judgement = judgement;
}

/* ---- the struct ------------------------------------------------------------------------------ */

static void describe(void (*row)(void *arg, const char *ours, const char *theirs,
                                 const char *remark),
                     void *arg)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        row(arg, names_text(names[i].ours), names[i].theirs, names[i].remark);
    row(arg, "custom names", "custom", "whatever they are");
    row(arg, "id", "event_id", "");
    row(arg, "at", "event_time", "seconds");
    row(arg, "client.url, landing, shop", "event_source_url", "without secrets");
    row(arg, "consent limited, sale_of_data denied, GPC", "opt_out", "true, else false");
    field_describe(person_fields, "who.", "user_data.", row, arg);
    row(arg, "who.customer_id, who.visitor", "user_data.external_id", "normalised, SHA-256");
    row(arg, "epik of the page, cookie _epik, landing", "user_data.click_id", "as it is");
    field_describe(client_fields, "", "user_data.", row, arg);
    row(arg, "order.value, value", "custom_data.value", "decimal text");
    row(arg, "order.currency, currency", "custom_data.currency", "upper case");
    row(arg, "items[] by product_id", "custom_data.content_ids[], contents[].id", "text");
    field_describe(item_fields, "items[].", "custom_data.contents[].", row, arg);
    row(arg, "order.id", "custom_data.order_id", "text");
    row(arg, "query", "custom_data.search_string", "");
    row(arg, "opt_out_type", "custom_data.opt_out_type", "for who opted out");
}

static const struct lane lanes[] = {
    {.name = "events",
     .events = BATCH_CEILING,
     .bytes = 200 * KIB,
     .per_minute = 5000,
     .linger = true},
    {.name = NULL},
};

const struct destination destination_pinterest = {
    .name = "pinterest",
    .title = "Pinterest Conversions API",
    .follows = "Conversions API v5, developers.pinterest.com/docs/api/v5/events-create",
    .host = "https://api.pinterest.com",
    .api_version = "v5",
    .settings_size = sizeof(struct pinterest_settings),
    .options = options,
    .audience = AUDIENCE_ADS,
    .asks = CONSENT_FOR_MARKETING,
    .consent_orders = CONSENT_REQUIRE,
    .max_age_ms = 7 * DAY_MS,
    .max_ahead_ms = MINUTE_MS,
    .dedup_ms = DAY_MS, /* contract 7: 24 h to 7 d */
    .lanes = lanes,
    .hashes = true,
    .validates = true,
    .rename = rename_event,
    .unfit = unfit,
    .encode = encode,
    .judge = judge,
    .describe = describe,
    .setup = &setup,
};
