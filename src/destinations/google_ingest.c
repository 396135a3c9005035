/*
 * The shape of one conversion in the Data Manager API (contract 2.3, 2.8–2.10).
 *
 * Google's own rules for people: gmail addresses lose their dots and what follows a plus, phones
 * keep theirs, titles and suffixes leave names, postal codes and countries stay plain. An address
 * goes whole or not at all. Click ids are nobody's to tidy: they go as they came, one of them, the
 * strongest first.
 *
 * A refund, cancellation or edit says the order's new worth under the same transaction id. Google
 * keeps all else of the first time, so only what it asks for goes along.
 */
#include "google.h"

#include "../base/date.h"
#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "page.h"

#define TRANSACTION_BYTES 512u
#define SESSION_CHARS     4000u /* of session attributes, encoded */

/* ---- people: leaves ---------------------------------------------------------------------------
 */

static bool is_gmail(span domain)
{
    return span_is(domain, "gmail.com") || span_is(domain, "googlemail.com");
}

static span email(struct arena *arena, span raw)
{
    span clean = clean_email(arena, raw);
    size_t at = span_find(clean, 0, '@');
    if (span_empty(clean) || !is_gmail(span_sub(clean, at + 1, clean.len)))
        return clean;
    char *kept = arena_take(arena, clean.len);
    size_t len = 0;
    for (size_t i = 0; i < at && clean.ptr[i] != '+'; i++)
        if (clean.ptr[i] != '.')
            kept[len++] = clean.ptr[i];
    if (len == 0)
        return (span){0};
    memcpy(kept + len, clean.ptr + at, clean.len - at);
    return (span){kept, len + clean.len - at};
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static span given_name(struct arena *arena, span raw)
{
    static const char *const titles[] = {"mr.", "mrs.", "ms.", "dr."};
    span name = clean_lower(arena, raw);
    for (unsigned i = 0; i < COUNT_OF(titles); i++) {
        size_t len = strlen(titles[i]);
        if (span_starts(name, titles[i]) && (name.len == len || is_blank(name.ptr[len])))
            return span_trim(span_sub(name, len, name.len));
    }
    return name;
}

/* The name without one suffix and what parts it from the name; absent when there is none. */
static span without_suffix(span name)
{
    static const char *const suffixes[] = {"jr", "jr.", "sr", "sr.", "2nd", "3rd",
                                           "ii", "iii", "iv", "v",   "vi",  "cpa",
                                           "dc", "dds", "vm", "jd",  "md",  "phd"};
    for (unsigned i = 0; i < COUNT_OF(suffixes); i++) {
        size_t len = strlen(suffixes[i]);
        if (!span_ends(name, suffixes[i]))
            continue;
        span rest = span_sub(name, 0, name.len - len), before = span_trim(rest);
        bool comma = span_ends(before, ",");
        if (!comma && before.len == rest.len)
            continue; /* the end of a word */
        return span_trim(span_sub(before, 0, before.len - comma));
    }
    return (span){0};
}

static span family_name(struct arena *arena, span raw)
{
    span name = clean_lower(arena, raw);
    for (span less; !span_empty(less = without_suffix(name));)
        name = less;
    return name;
}

static span region_code(struct arena *arena, span raw)
{
    span code = clean_country(arena, raw);
    char *text = arena_text(arena, code);
    for (size_t i = 0; i < code.len; i++)
        text[i] = (char)(text[i] - 'a' + 'A');
    return (span){text, code.len};
}

static span postal_code(struct arena *arena, span raw)
{
    (void)arena;
    return hash_is_hex(raw, 2 * HASH_SIZE) ? (span){0} : span_trim(raw);
}

static const struct field contact_fields[] = {
    FIELD_IN(struct buyer, "emailAddress", email, .clean = email, .hashed = true),
    FIELD_IN(struct buyer, "phoneNumber", phone, .hashed = true),
    FIELDS_END,
};
static const struct field address_fields[] = {
    FIELD_IN(struct buyer, "givenName", first_name, .clean = given_name, .hashed = true),
    FIELD_IN(struct buyer, "familyName", last_name, .clean = family_name, .hashed = true),
    FIELD_IN(struct buyer, "regionCode", country, .clean = region_code),
    FIELD_IN(struct buyer, "postalCode", zip, .clean = postal_code),
    FIELDS_END,
};

static void read_buyer(struct arena *arena, const struct event *event, struct buyer *buyer)
{
    buyer_read(arena, event, buyer);
    if (!span_starts(buyer->phone, "+") && !hash_is_hex(buyer->phone, 2 * HASH_SIZE))
        buyer->phone = (span){0}; /* another kind of digest */
}

/* The four are asked for together; a first and last name alone match nobody. */
static bool has_address(struct arena *arena, const struct buyer *buyer)
{
    for (const struct field *f = address_fields; f->key; f++)
        if (span_empty(field_text(arena, buyer, f)))
            return false;
    return true;
}

static bool has_contact(struct arena *arena, const struct buyer *buyer)
{
    for (const struct field *f = contact_fields; f->key; f++)
        if (!span_empty(field_text(arena, buyer, f)))
            return true;
    return false;
}

void google_ingest_person(struct arena *arena, const struct event *event,
                          struct google_person *ret_person)
{
    struct buyer buyer;
    read_buyer(arena, event, &buyer);
    *ret_person = (struct google_person){
        .email = field_text(arena, &buyer, &contact_fields[0]),
        .phone = field_text(arena, &buyer, &contact_fields[1]),
    };
}

static void write_people(struct json *json, struct arena *arena, const struct event *event)
{
    struct buyer buyer;
    read_buyer(arena, event, &buyer);
    bool address = has_address(arena, &buyer);
    if (!address && !has_contact(arena, &buyer))
        return;
    json_open(json, "userData", '{');
    json_open(json, "userIdentifiers", '[');
    for (const struct field *f = contact_fields; f->key; f++) {
        span text = field_text(arena, &buyer, f);
        if (span_empty(text))
            continue;
        json_open(json, NULL, '{');
        json_put_text(json, f->key, text);
        json_close(json, '}');
    }
    if (address) {
        json_open(json, NULL, '{');
        json_open(json, "address", '{');
        field_write(json, arena, &buyer, address_fields);
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

/* ---- clicks -----------------------------------------------------------------------------------
 */

/* A click id is letters, digits, '-' and '_' and its case counts. Cookies wrap it: "GCL.TIME.ID",
   or the newer "2.1.kID$iTIME$…" (contract 2.9). */
static span unwrap(span raw)
{
    if (span_starts(raw, "GCL.")) {
        size_t dot = span_find(raw, 4, '.');
        raw = span_sub(raw, dot + 1, raw.len);
    } else if (span_find(raw, 0, '$') < raw.len) {
        span rest = raw, part;
        raw = (span){0};
        while (span_empty(raw) && span_split(&rest, '$', &part)) {
            if (span_starts(part, "2.1."))
                part = span_sub(part, 4, part.len);
            if (span_starts(part, "k"))
                raw = span_sub(part, 1, part.len);
        }
    }
    for (size_t i = 0; i < raw.len; i++)
        if (raw.ptr[i] <= ' ' || raw.ptr[i] >= 0x7f)
            return (span){0};
    return raw;
}

struct click {
    const char *key;
    span id;
};

static span landing_query(const struct event *event)
{
    struct url url;
    span text = event->client.landing.url;
    return span_empty(text) || url_parse(text, &url) != OK ? (span){0} : url.query;
}

static struct click read_click(struct arena *arena, const struct event *event)
{
    const struct client *client = &event->client;
    const struct click known[] = {
        {"gclid", client->gclid},
        {"gbraid", client->gbraid},
        {"wbraid", client->wbraid},
    };
    span query = landing_query(event);
    for (unsigned i = 0; i < COUNT_OF(known); i++) {
        span id = unwrap(known[i].id);
        if (span_empty(id))
            id = unwrap(url_query_get(arena, query, known[i].key));
        if (!span_empty(id))
            return (struct click){known[i].key, id};
    }
    return (struct click){0};
}

const char *google_ingest_click(struct arena *arena, const struct event *event, span *ret_id)
{
    struct click click = read_click(arena, event);
    *ret_id = click.id;
    return click.key;
}

/* gad_source, gad_campaignid and whatever else begins so: from the URL, else as captured. */
static unsigned write_gad(struct json *json, struct arena *arena, const struct event *event)
{
    const struct json_value *gad = NULL;
    unsigned count = 0;
    span rest = landing_query(event), name, value;
    while (url_query_next(&rest, &name, &value))
        if (span_starts(name, "gad_") && !span_empty(value)) {
            json_put_text_at(json, name, url_decode(arena, value, true));
            count++;
        }
    if (count > 0 || span_empty(event->client.gad) ||
        json_parse(arena, event->client.gad, &gad, NULL) != OK)
        return count;
    for (const struct json_value *m = gad->first; m; m = m->next)
        if (span_starts(m->key, "gad_") && (m->kind == JSON_STRING || m->kind == JSON_NUMBER)) {
            json_put_text_at(json, m->key, m->text);
            count++;
        }
    return count;
}

/* Encoded, without the last `dropped` of: agent and referrer, referrer first. */
static span session_of(struct arena *arena, const struct event *event, unsigned dropped,
                       unsigned *ret_gad)
{
    const struct landing *landing = &event->client.landing;
    span url = page_clean(arena, landing->url), referrer = page_clean(arena, landing->referrer);
    struct buf buf;
    struct json json;
    buf_init(&buf, 64 * KIB);
    json_start(&json, &buf);
    json_open(&json, NULL, '{');
    *ret_gad = write_gad(&json, arena, event);
    if (landing->at > 0)
        json_put_text(&json, "session_start_time_usec",
                      arena_print(arena, "%lld000", (long long)landing->at));
    if (!span_empty(url))
        json_put_text(&json, "landing_page_url", url);
    if (!span_empty(referrer) && dropped < 1)
        json_put_text(&json, "landing_page_referrer", referrer);
    if (!span_empty(event->client.user_agent) && dropped < 2)
        json_put_text(&json, "landing_page_user_agent", event->client.user_agent);
    json_close(&json, '}');
    json_end(&json);
    span text = buf_ok(&buf) ? hash_to_base64url(arena, buf.ptr, buf.len) : (span){0};
    buf_done(&buf);
    return text;
}

/* Absent where no ad's click brought the visitor, and where it would be too long in any form. */
static span read_session(struct arena *arena, const struct event *event)
{
    span query = landing_query(event);
    bool clicked = !span_empty(url_query_get(arena, query, "gclid")) ||
                   !span_empty(url_query_get(arena, query, "gbraid"));
    for (unsigned dropped = 0; dropped < 3; dropped++) {
        unsigned gad;
        span text = session_of(arena, event, dropped, &gad);
        if (span_empty(text) || (gad == 0 && !clicked))
            break;
        if (text.len <= SESSION_CHARS)
            return text;
    }
    return (span){0};
}

/* ---- the conversion ---------------------------------------------------------------------------
 */

bool google_ingest_placed(const struct event *event)
{
    return event->name == EVENT_ORDER_PLACED;
}

static struct money value_of(const struct event *event, const struct sale *sale)
{
    return google_ingest_placed(event) ? sale->value : event->adjust.remaining;
}

const char *google_ingest_unfit(const struct settings *settings, const struct event *event,
                                bool limited, struct arena *arena)
{
    struct sale sale;
    struct buyer buyer;
    span transaction = shop_transaction_id(settings->shop, &event->order);
    sale_read(arena, settings, event, &sale);
    if (!value_of(event, &sale).given || span_empty(sale.currency))
        return "no_value";
    if (span_empty(transaction) || transaction.len > TRANSACTION_BYTES)
        return "no_transaction_id";
    if (limited) /* who did not agree is not told of, and nothing is left to match by */
        return "no_identifier";
    read_buyer(arena, event, &buyer);
    if (has_contact(arena, &buyer) || read_click(arena, event).key)
        return NULL;
    /* The Google Ads API takes no addresses, and asks nothing of adjustments but the order's id. */
    if (google_is_ads(settings) ? !google_ingest_placed(event) : has_address(arena, &buyer))
        return NULL;
    return "no_identifier";
}

/* Google does not match by IP in the EEA, the UK and Switzerland, so it is not told there. */
static void write_device(struct json *json, const struct event *event)
{
    span ip = buyer_public_ip(event->client.ip);
    if (consent_is_strict_region(event_region(event)))
        ip = (span){0};
    if (span_empty(ip) && span_empty(event->client.user_agent))
        return;
    json_open(json, "eventDeviceInfo", '{');
    if (!span_empty(event->client.user_agent))
        json_put_text(json, "userAgent", event->client.user_agent);
    if (!span_empty(ip))
        json_put_text(json, "ipAddress", ip);
    json_close(json, '}');
}

static void write_ads(struct json *json, struct arena *arena, const struct event *event,
                      const struct click *click)
{
    span session = google_ingest_placed(event) ? read_session(arena, event) : (span){0};
    if (!click->key && span_empty(session))
        return;
    json_open(json, "adIdentifiers", '{');
    if (click->key)
        json_put_text(json, click->key, click->id);
    if (!span_empty(session))
        json_put_text(json, "sessionAttributes", session);
    json_close(json, '}');
}

static void write_consent(struct json *json, struct google_consent consent)
{
    json_open(json, "consent", '{');
    json_put_text(json, "adUserData",
                  consent.user_data ? SPAN("CONSENT_GRANTED") : SPAN("CONSENT_DENIED"));
    json_put_text(json, "adPersonalization",
                  consent.personal ? SPAN("CONSENT_GRANTED") : SPAN("CONSENT_DENIED"));
    json_close(json, '}');
}

static void write_item(struct json *json, struct arena *arena, const struct item *item, span id)
{
    json_open(json, NULL, '{');
    json_put_text(json, "merchantProductId", id);
    json_put_text(json, "quantity",
                  arena_print(arena, "%lld", (long long)(item->quantity > 0 ? item->quantity : 1)));
    if (item->price.given)
        json_put_raw(json, "unitPrice", money_number(arena, item->price));
    json_close(json, '}');
}

static void write_cart(struct json *json, struct arena *arena, const struct settings *settings,
                       const struct event *event, const struct sale *sale)
{
    const struct google_settings *google = google_own(settings);
    if (sale->count == 0)
        return;
    json_open(json, "cartData", '{');
    if (!span_empty(google->merchant_id))
        json_put_text(json, "merchantId", google->merchant_id);
    if (!span_empty(google->feed_label))
        json_put_text(json, "merchantFeedLabel", google->feed_label);
    if (!span_empty(google->feed_language))
        json_put_text(json, "merchantFeedLanguageCode", google->feed_language);
    if (event->order.discount.given && event->order.discount.units > 0)
        json_put_raw(json, "transactionDiscount", money_number(arena, event->order.discount));
    if (!span_empty(event->order.coupon)) {
        json_open(json, "couponCodes", '[');
        json_put_text(json, NULL, event->order.coupon);
        json_close(json, ']');
    }
    json_open(json, "items", '[');
    for (unsigned i = 0; i < sale->count; i++) {
        span id = sale_product_id(arena, settings, &sale->items[i]);
        if (!span_empty(id))
            write_item(json, arena, &sale->items[i], id);
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void write_customer(struct json *json, const struct event *event)
{
    if (event->order.first_order == TRI_UNKNOWN)
        return;
    json_open(json, "userProperties", '{');
    json_put_text(json, "customerType",
                  event->order.first_order == TRI_YES ? SPAN("NEW") : SPAN("RETURNING"));
    json_close(json, '}');
}

void google_ingest_write(struct json *json, struct arena *arena, const struct settings *settings,
                         const struct event *event, struct google_consent consent)
{
    struct sale sale;
    struct click click = read_click(arena, event);
    bool placed = google_ingest_placed(event);
    int64_t at = placed || event->order.created_at <= 0 ? event->at : event->order.created_at;
    sale_read(arena, settings, event, &sale);
    json_open(json, NULL, '{');
    json_put_text(json, "transactionId", shop_transaction_id(settings->shop, &event->order));
    json_put_text(json, "eventTimestamp", date_print(arena, at));
    if (!placed)
        json_put_text(json, "lastUpdatedTimestamp", date_print(arena, event->at));
    json_put_text(json, "eventSource", SPAN("WEB"));
    json_put_raw(json, "conversionValue", money_number(arena, value_of(event, &sale)));
    json_put_text(json, "currency", sale.currency);
    if (consent.user_data) {
        write_people(json, arena, event);
        write_ads(json, arena, event, &click);
    }
    write_consent(json, consent);
    if (placed) {
        if (consent.user_data)
            write_device(json, event);
        bool braid = click.key && strcmp(click.key, "gclid") != 0; /* Google takes no cart there */
        if (!braid)
            write_cart(json, arena, settings, event, &sale);
        write_customer(json, event);
    }
    json_close(json, '}');
}

void google_ingest_describe(void (*row)(void *arg, const char *ours, const char *theirs,
                                        const char *remark),
                            void *arg)
{
    row(arg, "order.id, number or name", "transactionId", "by the shop's transaction_id");
    row(arg, "at", "eventTimestamp", "RFC 3339; of adjustments the order's");
    row(arg, "at of an adjustment", "lastUpdatedTimestamp", "RFC 3339");
    row(arg, "order.value, adjust.remaining", "conversionValue", "decimal number");
    row(arg, "order.currency", "currency", "upper case");
    field_describe(contact_fields, "who.", "userData.userIdentifiers[].", row, arg);
    field_describe(address_fields, "who.", "userData.userIdentifiers[].address.", row, arg);
    row(arg, "client.gclid, gbraid, wbraid", "adIdentifiers", "one, the first there is, verbatim");
    row(arg, "client.landing, client.gad", "adIdentifiers.sessionAttributes",
        "after an ad's click, at most 4000 characters");
    row(arg, "consent, GPC", "consent",
        "denied where marketing is; adPersonalization on opt-out too");
    row(arg, "client.user_agent, client.ip", "eventDeviceInfo", "no ip in the EEA, UK, CH");
    row(arg, "order.discount, coupon, items[]", "cartData", "not with gbraid or wbraid");
    row(arg, "order.first_order", "userProperties.customerType", "NEW, RETURNING");
}
