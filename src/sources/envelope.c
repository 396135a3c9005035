/*
 * The common part of both collect bodies, see envelope.h.
 *
 * Clocks: a browser's clock may be wrong by hours. The body says when it was sent by that clock
 * ("sent_at"); if this differs from our arrival time by more than five minutes, the difference is
 * added to every time in it. The raw time stays in raw_at, because the key of the dedup table is
 * the time as sent: a retry of the same event carries the same raw time, but another skew.
 *
 * Consent: what the page's consent tool said, whoever it was, or its TC string; Global Privacy
 * Control, by the header or the body's flag, denies sale_of_data on top of it, as of the event
 * (contracts/sources 7.1, 7.4, 7.5). Its time never lies in our future, or a later
 * withdrawal could not win against it.
 *
 * Click ids in the page's URL win over those from cookies (contracts/destinations 0.5).
 */
#include "envelope.h"
#include "clicks.h"
#include "pick.h"
#include "ticket.h"
#include "../base/clock.h"
#include "../base/limits.h"
#include "../event/touch.h"

#define SKEW_TOLERATED (5 * MINUTE_MS)

static span header_text(const struct http_request *request, const char *name)
{
    span text = span_trim(http_request_header(request, name));
    return text.len > 0 && text.len <= LIMIT_TEXT_BYTES && span_utf8(text) ? text : (span){0};
}

static void read_ids(struct arena *arena, const struct json_value *ids, struct event *seed)
{
    struct client *client = &seed->client;
#define READ_ID(name) client->name = pick_exact(ids, #name, LIMIT_TEXT_BYTES);
    EVENT_IDS(READ_ID)
#undef READ_ID
    client->client_id = pick_id(ids, "client_id");
    client->gad = pick_object(arena, ids, "gad", LIMIT_TEXT_BYTES);
    client->clicks = pick_object(arena, ids, "clicks", LIMIT_TEXT_BYTES);
    seed->order.cart_token = pick_id(ids, "cart_token");
    seed->order.checkout_token = pick_id(ids, "checkout_token");
}

static void read_page(struct arena *arena, const struct json_value *page, struct client *client)
{
    client->url = pick_url(page, "url");
    client->referrer = pick_url(page, "referrer");
    client->title = pick_text(arena, page, "title", LIMIT_TEXT_BYTES);
    client->language = pick_text(arena, page, "language", 64);
}

static enum consent_choice choice(const struct json_value *object, const char *key)
{
    const struct json_value *value = json_get(object, key);
    if (value && value->kind == JSON_TRUE)
        return CONSENT_GRANTED;
    if (value && value->kind == JSON_FALSE)
        return CONSENT_DENIED;
    return consent_choice_find(json_text(value));
}

/* Google's two further signals, folded into what they qualify: without leave to use a person's data
   for ads there is no ad platform to tell, without leave to personalise he has opted out. */
static void fold_ads(const struct json_value *said, struct consent *consent)
{
    if (choice(said, "ad_user_data") == CONSENT_DENIED)
        consent->marketing = CONSENT_DENIED;
    if (choice(said, "ad_personalization") == CONSENT_DENIED)
        consent->sale_of_data = CONSENT_DENIED;
}

static void read_consent(struct envelope *envelope, const struct json_value *root,
                         struct consent *consent)
{
    const struct json_value *said = json_get(root, "consent");
    const struct json_value *privacy = json_get(root, "privacy");
    if (said && said->kind == JSON_OBJECT) {
        consent->analytics = choice(said, "analytics");
        consent->marketing = choice(said, "marketing");
        consent->preferences = choice(said, "preferences");
        consent->sale_of_data = choice(said, "sale_of_data");
        consent->source = pick_text(envelope->arena, said, "source", 64);
        if (!consent->analytics && !consent->marketing)
            (void)consent_tcf(json_get_text(said, "tcf"), consent);
        fold_ads(said, consent);
        consent->at = pick_ms(said, "at");
        if (consent->at > 0)
            consent->at += envelope->skew;
    } else if (privacy && privacy->kind == JSON_OBJECT) {
        consent->analytics = choice(privacy, "analyticsProcessingAllowed");
        consent->marketing = choice(privacy, "marketingAllowed");
        consent->preferences = choice(privacy, "preferencesProcessingAllowed");
        consent->sale_of_data = choice(privacy, "saleOfDataAllowed");
        consent->source = SPAN("shopify_cpa");
    }
    if (!consent_spoken(consent))
        *consent = (struct consent){0};
    envelope->gpc = span_is(header_text(envelope->request, "Sec-GPC"), "1") ||
                    json_get_bool(root, "gpc", false) || json_get_bool(said, "gpc", false);
}

/* A link that we signed says who it is, whatever else the body says. */
static void take_ticket(struct envelope *envelope, span text)
{
    struct event *seed = &envelope->seed;
    enum ticket ticket = ticket_read(envelope->arena, envelope->shop, text,
                                     envelope->request->received_at, &seed->who.email);
    envelope->ticket = ticket_text(ticket);
    seed->who.linked = ticket == TICKET_GOOD;
}

void envelope_init(struct envelope *envelope, const struct http_request *request,
                   const struct shop *shop, struct arena *arena, const struct json_value *root,
                   enum event_source source, unsigned room)
{
    *envelope = (struct envelope){.request = request, .shop = shop, .arena = arena};
    envelope->events = arena_array(arena, struct event, room);
    envelope->refusals = arena_array(arena, struct source_refusal, room);

    int64_t sent = pick_ms(root, "sent_at");
    int64_t skew = sent > 0 ? request->received_at - sent : 0;
    if (skew > SKEW_TOLERATED || skew < -SKEW_TOLERATED)
        envelope->skew = skew;

    struct event *seed = &envelope->seed;
    seed->store = shop->name;
    seed->source = source;
    seed->received_at = request->received_at;
    read_ids(arena, json_get(root, "ids"), seed);
    read_page(arena, json_get(root, "page"), &seed->client);
    span link = ticket_cut(arena, shop, &seed->client.url);
    ticket_cut(arena, shop, &seed->client.referrer);
    clicks_take(arena, seed->client.url, &seed->client);
    seed->client.ip = request->client_ip;
    seed->client.user_agent = header_text(request, "User-Agent");

    seed->aside.automated = json_get_bool(root, "webdriver", false);

    const struct json_value *who = json_get(root, "who");
    seed->who.visitor = pick_visitor(arena, json_get_text(root, "visitor"));
    seed->who.email = pick_exact(who, "email", LIMIT_TEXT_BYTES);
    seed->who.phone = pick_exact(who, "phone", LIMIT_TEXT_BYTES);
    seed->who.customer_id = pick_id(who, "customer_id");
    take_ticket(envelope,
                pick_either(pick_exact(json_get(root, "ids"), "link", TICKET_BYTES), link));
    read_consent(envelope, root, &seed->consent);
}

void envelope_time(const struct envelope *envelope, int64_t sent, struct event *event)
{
    event->raw_at = sent;
    event->at = sent > 0 ? sent + envelope->skew : 0;
}

void envelope_refuse(struct envelope *envelope, span id, const char *error, const char *detail)
{
    envelope->refusals[envelope->refusal_count++] = (struct source_refusal){
        .id = id, .error = error, .detail = arena_copy(envelope->arena, span_of(detail))};
}

/* The dedup table is keyed by the raw time and remembers one window of it (DESIGN 5): an event
   whose own clock is outside could not be told from its copy, however well it is corrected. */
static const char *raw_trouble(const struct envelope *envelope, const struct event *event)
{
    int64_t now = event->received_at;
    if (event->raw_at <= 0)
        return NULL; /* event_check says time_missing */
    if (event->raw_at > now + LIMIT_AHEAD_MS)
        return "time_ahead";
    return event->raw_at < now - envelope->shop->dedup_window_ms ? "time_too_old" : NULL;
}

void envelope_take(struct envelope *envelope, const struct event *event)
{
    const char *trouble = raw_trouble(envelope, event);
    if (trouble) {
        envelope_refuse(envelope, event->id, trouble, "at, as sent, is outside the dedup window");
        return;
    }
    struct event *kept = &envelope->events[envelope->event_count];
    struct error error;
    *kept = *event;
    int64_t now = kept->received_at; /* a clock that is ahead must not outdo later touches */
    if (kept->name == EVENT_PAGE_VIEWED)
        kept->aside.came = touch_of(envelope->shop, kept->client.url, kept->client.referrer,
                                    kept->at < now ? kept->at : now);
    clicks_fbc(envelope->arena, envelope->shop, kept->client.url, kept->client.referrer, kept->at,
               &kept->client);
    if (consent_spoken(&kept->consent)) {
        if (kept->consent.at <= 0)
            kept->consent.at = kept->at;
        consent_not_after(&kept->consent, now);
    }
    if (envelope->gpc)
        consent_gpc(&kept->consent, kept->at < now ? kept->at : now);
    if (event_check(kept, kept->received_at, envelope->shop->dedup_window_ms, &error) == OK) {
        envelope->event_count++;
        return;
    }
    /* "word: sentence" */
    span sentence = span_of(error.text);
    size_t colon = span_find(sentence, 0, ':');
    const char *word = arena_text(envelope->arena, span_sub(sentence, 0, colon));
    sentence = span_trim(span_sub(sentence, colon + 1, sentence.len));
    envelope_refuse(envelope, event->id, word, arena_text(envelope->arena, sentence));
}

void envelope_finish(const struct envelope *envelope, struct source_batch *ret_batch)
{
    *ret_batch = (struct source_batch){
        .events = {envelope->events, envelope->event_count},
        .refusals = envelope->refusals,
        .refusal_count = envelope->refusal_count,
        .ticket = envelope->ticket,
    };
}
