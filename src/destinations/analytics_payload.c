/*
 * The Measurement Protocol's request and answer (contract 4), for Google's own server and for a
 * container that has the Measurement Protocol client.
 *
 * Who the visitor is, what device they had and what they agreed to is said once for the whole
 * request; where its events differ in consent, the strictest word counts for all. The server
 * answers 2xx to anything, so nothing can be learnt from it but that it was received; the debug
 * path tells what is wrong and records nothing.
 */
#include "analytics.h"

#include "../base/clock.h"
#include "../base/url.h"

#define ENGAGEMENT_MS 100 /* without any, GA shows the event in no session */
#define OWN_PARAMS    8u /* session_id, engagement_time_msec, page_…, debug_mode, currency, items */
#define ROOM          (4u << 20)

/* ---- shapes -----------------------------------------------------------------------------------
 */

static const struct field item_fields[] = {
    FIELD_IN(struct analytics_item, "item_id", id),
    FIELD_IN(struct analytics_item, "item_name", name),
    FIELD_IN(struct analytics_item, "item_brand", brand),
    FIELD_IN(struct analytics_item, "item_variant", variant),
    FIELD_IN(struct analytics_item, "item_category", categories[0]),
    FIELD_IN(struct analytics_item, "item_category2", categories[1]),
    FIELD_IN(struct analytics_item, "item_category3", categories[2]),
    FIELD_IN(struct analytics_item, "item_category4", categories[3]),
    FIELD_IN(struct analytics_item, "item_category5", categories[4]),
    FIELD_IN(struct analytics_item, "price", price),
    FIELD_IN(struct analytics_item, "discount", discount),
    FIELD_IN(struct analytics_item, "quantity", quantity),
    FIELDS_END,
};
static const struct field page_fields[] = {
    FIELD_IN(struct analytics_hit, "page_location", page),
    FIELD_IN(struct analytics_hit, "page_referrer", referrer),
    FIELD_IN(struct analytics_hit, "page_title", title),
    FIELDS_END,
};

struct flags {
    bool limited, opted_out, ads_denied;
};

static struct flags flags_of(const struct batch *batch)
{
    struct flags flags = {0};
    for (unsigned i = 0; i < batch->count; i++) {
        flags.limited |= batch->limited && batch->limited[i];
        flags.opted_out |= batch->opted_out && batch->opted_out[i];
        flags.ads_denied |= batch->ads_denied && batch->ads_denied[i];
    }
    return flags;
}

/* GA knows no future. */
static int64_t micros(const struct batch *batch, const struct event *event)
{
    return 1000 * (event->at < batch->now ? event->at : batch->now);
}

static void write_params(struct json *json, const struct settings *settings,
                         const struct batch *batch, const struct event *event, bool limited,
                         unsigned most_items)
{
    struct arena *arena = batch->arena;
    struct analytics_visitor visitor;
    struct analytics_hit hit;
    analytics_visitor_read(arena, settings, event, limited, &visitor);
    analytics_hit_read(arena, settings, event, limited, OWN_PARAMS, &hit);
    if (!span_empty(visitor.session))
        json_put_text(json, "session_id", visitor.session);
    json_put_int(json, "engagement_time_msec", ENGAGEMENT_MS);
    if (!span_empty(settings->test_code))
        json_put_int(json, "debug_mode", 1);
    field_write(json, arena, &hit, page_fields);
    if (!span_empty(hit.currency))
        json_put_text(json, "currency", hit.currency);
    for (unsigned i = 0; i < hit.param_count; i++) {
        const struct analytics_param *param = &hit.params[i];
        if (param->number)
            json_put_raw_at(json, param->name, param->value);
        else
            json_put_text_at(json, param->name, param->value);
    }
    unsigned count = hit.item_count < most_items ? hit.item_count : most_items;
    if (count == 0)
        return;
    json_open(json, "items", '[');
    for (unsigned i = 0; i < count; i++) {
        json_open(json, NULL, '{');
        field_write(json, arena, &hit.items[i], item_fields);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_consent(struct json *json, const struct settings *settings,
                          const struct batch *batch, struct flags said, bool *ret_user_data)
{
    bool user_data = true, personal = true;
    for (unsigned i = 0; i < batch->count; i++) {
        struct analytics_flags flags = analytics_flags_read(
            settings, batch->events[i], said.limited, said.opted_out, said.ads_denied);
        user_data &= flags.ad_user_data;
        personal &= flags.ad_personalization;
    }
    json_open(json, "consent", '{');
    json_put_text(json, "ad_user_data", user_data ? SPAN("GRANTED") : SPAN("DENIED"));
    json_put_text(json, "ad_personalization", personal ? SPAN("GRANTED") : SPAN("DENIED"));
    json_close(json, '}');
    *ret_user_data = user_data;
}

static void write_visitor(struct json *json, const struct settings *settings,
                          const struct batch *batch)
{
    const struct event *first = batch->events[0];
    struct flags said = flags_of(batch);
    struct analytics_visitor visitor;
    bool may_match;
    analytics_visitor_read(batch->arena, settings, first, said.limited, &visitor);
    json_put_text(json, "client_id", visitor.client_id);
    if (!span_empty(visitor.user_id))
        json_put_text(json, "user_id", visitor.user_id);
    json_put_int(json, "timestamp_micros", micros(batch, first));
    write_consent(json, settings, batch, said, &may_match);
    if (said.limited)
        return;
    span ip = buyer_public_ip(first->client.ip);
    if (!span_empty(ip))
        json_put_text(json, "ip_override", ip);
    if (!span_empty(first->client.user_agent))
        json_put_text(json, "user_agent", first->client.user_agent);
    if (may_match && analytics_stream(settings)->user_data)
        analytics_write_person(json, batch->arena, first);
}

static void write_body(struct json *json, const struct settings *settings,
                       const struct batch *batch, unsigned most_items)
{
    bool limited = flags_of(batch).limited;
    json_open(json, NULL, '{');
    write_visitor(json, settings, batch);
    json_open(json, "events", '[');
    for (unsigned i = 0; i < batch->count; i++) {
        const struct event *event = batch->events[i];
        json_open(json, NULL, '{');
        json_put_text(json, "name", analytics_rename(settings, event));
        if (micros(batch, event) != micros(batch, batch->events[0]))
            json_put_int(json, "timestamp_micros", micros(batch, event));
        json_open(json, "params", '{');
        write_params(json, settings, batch, event, limited, most_items);
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

/* ---- request and answer -----------------------------------------------------------------------
 */

span analytics_payload(const struct settings *settings, const struct batch *batch)
{
    struct buf body;
    buf_init(&body, ROOM);
    for (unsigned most_items = ANALYTICS_ITEMS;; most_items /= 2) {
        struct json json;
        buf_reset(&body);
        json_start(&json, &body);
        write_body(&json, settings, batch, most_items);
        json_end(&json);
        if (body.len <= ANALYTICS_BODY || batch->count > 1 || most_items == 0)
            break;
    }
    bool fits = buf_ok(&body) && body.len <= ANALYTICS_BODY;
    span text = fits ? arena_copy(batch->arena, buf_span(&body)) : (span){0};
    buf_done(&body);
    return text;
}

static bool is_debug(const struct settings *settings, const struct batch *batch)
{
    return batch->test || settings->mode == OUTLET_VALIDATE;
}

span analytics_payload_path(const struct settings *settings, const struct batch *batch)
{
    const struct analytics_stream *stream = analytics_stream(settings);
    return arena_print(batch->arena, "%s?measurement_id=%.*s&api_secret=%.*s",
                       is_debug(settings, batch) ? "/debug/mp/collect" : "/mp/collect",
                       SPAN_ARG(url_encode(batch->arena, stream->measurement_id)),
                       SPAN_ARG(url_encode(batch->arena, stream->api_secret)));
}

/* {"validationMessages":[{"fieldPath":…,"description":…,"validationCode":…}]}; empty: all is well.
 */
static void judge_debug(const struct batch *batch, const struct http_response *response,
                        struct judgement *judgement)
{
    const struct json_value *root = NULL;
    struct arena *arena = batch->arena;
    if (json_parse(arena, response->body, &root, NULL) != OK ||
        !json_get(root, "validationMessages")) {
        *judgement = (struct judgement){.verdict = VERDICT_RETRY,
                                        .code = SPAN("no_validation"),
                                        .message = SPAN("the answer is not a validation")};
        return;
    }
    const struct json_value *first = json_get(root, "validationMessages")->first;
    if (!first)
        return;
    judgement->verdict = batch->count > 1 ? VERDICT_SPLIT : VERDICT_REFUSED;
    judgement->code = verdict_words(arena, json_get_text(first, "validationCode"));
    judgement->message = verdict_words(
        arena, arena_print(arena, "%.*s: %.*s", SPAN_ARG(json_get_text(first, "fieldPath")),
                           SPAN_ARG(json_get_text(first, "description"))));
}

void analytics_payload_judge(const struct settings *settings, const struct batch *batch,
                             const struct http_response *response, struct judgement *ret_judgement)
{
    struct judgement judgement;
    int status = response->status;
    verdict_by_status(response, batch->now, &judgement);
    if (judgement.verdict == VERDICT_DELIVERED) {
        if (span_starts(span_trim(response->body), "<")) {
            judgement = (struct judgement){.verdict = VERDICT_RETRY,
                                           .code = SPAN("no_collector"),
                                           .message = SPAN("a web page answered")};
        } else if (is_debug(settings, batch)) {
            judge_debug(batch, response, &judgement);
        } else {
            struct analytics_visitor visitor;
            analytics_visitor_read(batch->arena, settings, batch->events[0],
                                   flags_of(batch).limited, &visitor);
            if (!visitor.known)
                judgement.code = span_of(judgement.remark = "unattributed");
        }
    } else if (status == 400 || status == 413 || status == 422) {
        if (batch->count > 1)
            judgement.verdict = VERDICT_SPLIT;
    } else if (judgement.verdict == VERDICT_REFUSED) {
        judgement.verdict = VERDICT_PAUSED; /* it judges no events: this is not the right place */
    }
    *ret_judgement = judgement;
}

void analytics_describe_payload(void (*row)(void *arg, const char *ours, const char *theirs,
                                            const char *remark),
                                void *arg)
{
    row(arg, "client.ga", "client_id", "else derived from the visitor or customer");
    row(arg, "who.customer_id", "user_id", "never an e-mail address");
    row(arg, "at", "timestamp_micros", "never in the future");
    row(arg, "consent.marketing", "consent.ad_user_data", "GRANTED or DENIED");
    row(arg, "consent.marketing, sale_of_data", "consent.ad_personalization", "GRANTED or DENIED");
    row(arg, "client.ip", "ip_override", "public addresses only");
    row(arg, "client.user_agent", "user_agent", "");
    analytics_describe_person(row, arg);
    row(arg, "client.ga_session", "params.session_id", "GS1 and GS2 cookies");
    field_describe(page_fields, "client.", "params.", row, arg);
    row(arg, "order.id, number or name", "params.transaction_id", "by orders.transaction_id");
    row(arg, "order.value, value", "params.value", "decimal number");
    row(arg, "order.currency, currency", "params.currency", "upper case");
    row(arg, "order.tax", "params.tax", "decimal number");
    row(arg, "order.shipping", "params.shipping", "decimal number");
    row(arg, "order.coupon", "params.coupon", "");
    row(arg, "order.first_order", "params.customer_type", "new or returning");
    row(arg, "collection", "params.item_list_id, item_list_name", "");
    row(arg, "query", "params.search_term", "");
    field_describe(item_fields, "items[].", "params.items[].", row, arg);
}
