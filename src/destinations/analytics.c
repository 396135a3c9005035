/*
 * Names, visitors and consent for Google Analytics.
 *
 * GA knows a visitor by the client id in its _ga cookie. An order whose buyer it never saw gets an
 * id derived from what we know of them: the same for the same visitor or customer, never an id that
 * a browser could have, and nothing can be read from it. GA then counts a new user without a
 * source; and a copy that the shop's own tag sent could not be recognised, because GA compares
 * purchases of one visitor only. Hence `unattributed` (contract 4.6).
 */
#include "analytics.h"

#include "../base/hash.h"
#include "page.h"

/* A second of 2017 to 2021: long before any cookie that is alive. */
#define DERIVED_SECOND  1500000000u
#define DERIVED_SECONDS 0x7ffffffu
#define USER_ID_CHARS   256u

/* ---- names ------------------------------------------------------------------------------------
 */

static const struct {
    enum event_name ours;
    const char *theirs, *remark;
} names[] = {
    {EVENT_PAGE_VIEWED, "page_view", ""},
    {EVENT_PRODUCT_VIEWED, "view_item", ""},
    {EVENT_COLLECTION_VIEWED, "view_item_list", ""},
    {EVENT_SEARCH_SUBMITTED, "search", ""},
    {EVENT_PRODUCT_ADDED_TO_CART, "add_to_cart", ""},
    {EVENT_PRODUCT_REMOVED_FROM_CART, "remove_from_cart", ""},
    {EVENT_CART_VIEWED, "view_cart", ""},
    {EVENT_CHECKOUT_STARTED, "begin_checkout", ""},
    {EVENT_CHECKOUT_SHIPPING, "add_shipping_info", ""},
    {EVENT_PAYMENT_SUBMITTED, "add_payment_info", ""},
    {EVENT_ORDER_PLACED, "purchase", "known by transaction_id"},
    {EVENT_ORDER_REFUNDED, "refund", "with the items given back"},
    {EVENT_ORDER_CANCELLED, "refund", "of what is left"},
    {EVENT_SUBSCRIBED, "generate_lead", ""},
    {EVENT_SUBSCRIPTION_STARTED, "subscribe", "custom event"},
    {EVENT_ACCOUNT_CREATED, "sign_up", ""},
    {EVENT_PRODUCT_ADDED_TO_WISHLIST, "add_to_wishlist", ""},
};

/* A merchant's own event must not pass for one of ours: a bare "purchase" would count as one. */
static bool is_own_name(span name)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (span_is(name, names[i].theirs))
            return false;
    return analytics_name_valid(name);
}

span analytics_rename(const struct settings *settings, const struct event *event)
{
    (void)settings;
    if (event->name == EVENT_CUSTOM)
        return is_own_name(event->name_text) ? event->name_text : (span){0};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].ours == event->name)
            return span_of(names[i].theirs);
    return (span){0};
}

void analytics_describe_names(void (*row)(void *arg, const char *ours, const char *theirs,
                                          const char *remark),
                              void *arg)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        row(arg, names_text(names[i].ours), names[i].theirs, names[i].remark);
    row(arg, "custom names", "the same", "letters, digits, _; up to 40; none that GA reserves");
}

bool analytics_repeatable(const struct settings *settings, const struct event *event)
{
    (void)settings;
    return event->name == EVENT_ORDER_PLACED;
}

/* ---- orders -----------------------------------------------------------------------------------
 */

const struct option_word analytics_unattributed_words[] = {
    {"send", UNATTRIBUTED_SEND},
    {"skip", UNATTRIBUTED_SKIP},
    {NULL, 0},
};

static bool skips_unattributed(const struct analytics_stream *stream)
{
    if (stream->unattributed != UNATTRIBUTED_AUTO)
        return stream->unattributed == UNATTRIBUTED_SKIP;
    return stream->browser_purchases;
}

const char *analytics_unfit(const struct settings *settings, const struct event *event,
                            bool limited, struct arena *arena)
{
    bool known = !limited && !span_empty(analytics_client_id(event->client.ga));
    if (event->name == EVENT_PAGE_VIEWED && span_empty(page_of(arena, settings, event)))
        return "no_page";
    if (event->name == EVENT_SEARCH_SUBMITTED && span_empty(event->query))
        return "no_search_term";
    if (names_class(event->name) != EVENT_CLASS_ORDER)
        return NULL;
    /* An empty one would make all orders copies of the first. */
    if (span_empty(shop_transaction_id(settings->shop, &event->order)))
        return "no_transaction_id";
    struct sale sale;
    sale_read(arena, settings, event, &sale);
    if (!sale.value.given)
        return "no_value";
    /* A refund follows its order, which was asked this. */
    if (event->name == EVENT_ORDER_PLACED && !known &&
        skips_unattributed(analytics_stream(settings)))
        return "unattributed";
    return NULL;
}

/* ---- visitors ---------------------------------------------------------------------------------
 */

static bool is_digits(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0 && s.len <= 20;
}

static bool is_token(span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '+' || c == '/' || c == '-' || c == '_' || c == '='))
            return false;
    }
    return s.len > 0;
}

/* "GA1." depth "." RAND "." TIME, depth "1" or "1-2"; "FPID2.2." BASE64 "." TIME; "RAND.TIME". */
span analytics_client_id(span cookie)
{
    bool managed = span_starts(cookie, "FPID");
    span rest = cookie, part, last = {0}, before = {0};
    unsigned count = 0;
    while (count < 6 && span_split(&rest, '.', &part)) {
        before = last;
        last = part;
        count++;
    }
    bool shaped = count == 2 || (count >= 4 && (managed || span_starts(cookie, "GA1.")));
    if (!shaped || cookie.len == 0 || last.ptr + last.len != cookie.ptr + cookie.len)
        return (span){0};
    if (!is_digits(last) || !(managed ? is_token(before) : is_digits(before)))
        return (span){0};
    return (span){before.ptr, before.len + 1 + last.len};
}

/* GS2: "s1747132561$o3$g1$t…", in any order; what we do not know is passed over. */
static void read_session_pairs(span pairs, struct analytics_visitor *visitor)
{
    span pair;
    while (span_split(&pairs, '$', &pair)) {
        span value = span_sub(pair, 1, pair.len);
        if (span_starts(pair, "s") && is_digits(value))
            visitor->session = value;
        else if (span_starts(pair, "o") && is_digits(value))
            visitor->session_number = value;
        else if (span_is(pair, "g1"))
            visitor->engaged = true;
    }
}

/* "GS1." depth "." session "." number "." engaged "." …, or "GS2." depth "." pairs (contract 4.6).
 */
static void read_session(span cookie, struct analytics_visitor *visitor)
{
    span version, depth, session, number, engaged;
    if (!span_split(&cookie, '.', &version) || !span_split(&cookie, '.', &depth))
        return;
    if (span_is(version, "GS2") && span_split(&cookie, '.', &session)) {
        read_session_pairs(session, visitor);
    } else if (span_is(version, "GS1") && span_split(&cookie, '.', &session) &&
               is_digits(session)) {
        visitor->session = session;
        if (span_split(&cookie, '.', &number) && is_digits(number))
            visitor->session_number = number;
        visitor->engaged = span_split(&cookie, '.', &engaged) && span_is(engaged, "1");
    }
}

static span derive(struct arena *arena, const struct settings *settings, const char *kind,
                   span value)
{
    uint8_t d[HASH_SIZE];
    hash_sha256(arena_print(arena, "ga\n%.*s\n%s\n%.*s", SPAN_ARG(settings->shop->name), kind,
                            SPAN_ARG(value)),
                d);
    uint32_t random = (uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3];
    uint32_t second = (uint32_t)d[4] << 24 | (uint32_t)d[5] << 16 | (uint32_t)d[6] << 8 | d[7];
    return arena_print(arena, "%u.%u", random, DERIVED_SECOND + (second & DERIVED_SECONDS));
}

static span derived_id(struct arena *arena, const struct settings *settings,
                       const struct event *event, bool limited)
{
    const struct who *who = &event->who;
    span email = span_empty(who->email) ? (span){0} : clean_email(arena, who->email);
    const struct {
        const char *kind;
        span value;
    } tries[] = {
        {"visitor", who->visitor}, {"customer", who->customer_id}, {"email", email},
        {"phone", who->phone},     {"order", event->order.key},
    };
    for (unsigned i = 0; !limited && i < COUNT_OF(tries); i++)
        if (!span_empty(tries[i].value))
            return derive(arena, settings, tries[i].kind, tries[i].value);
    return derive(arena, settings, "event", event->id);
}

void analytics_visitor_read(struct arena *arena, const struct settings *settings,
                            const struct event *event, bool limited,
                            struct analytics_visitor *ret_visitor)
{
    struct analytics_visitor visitor = {0};
    span user = event->who.customer_id;
    if (!limited) {
        visitor.client_id = analytics_client_id(event->client.ga);
        visitor.known = !span_empty(visitor.client_id);
        read_session(event->client.ga_session, &visitor);
        if (span_find(user, 0, '@') == user.len) /* GA forbids e-mail addresses here */
            visitor.user_id = analytics_clip(user, USER_ID_CHARS);
    }
    if (!visitor.known)
        visitor.client_id = derived_id(arena, settings, event, limited);
    *ret_visitor = visitor;
}

bool analytics_together(const struct settings *settings, const struct event *a,
                        const struct event *b)
{
    const struct who *one = &a->who, *other = &b->who;
    (void)settings;
    /* Without either, each event may get an id of its own. */
    if (span_empty(analytics_client_id(a->client.ga)) && span_empty(one->visitor))
        return false;
    return span_equal(a->client.ga, b->client.ga) && span_equal(one->visitor, other->visitor) &&
           span_equal(one->customer_id, other->customer_id) &&
           span_equal(one->email, other->email) && span_equal(one->phone, other->phone) &&
           span_equal(a->client.ip, b->client.ip) &&
           span_equal(a->client.user_agent, b->client.user_agent) &&
           a->consent.marketing == b->consent.marketing;
}

/* ---- consent ----------------------------------------------------------------------------------
 */

struct analytics_flags analytics_flags_read(const struct settings *settings,
                                            const struct event *event, bool limited, bool opted_out,
                                            bool ads_denied)
{
    struct consent consent = event->consent;
    consent.region = event_region(event);
    bool ads = !limited && !ads_denied &&
               consent_settle(&consent, &settings->shop->consent, CONSENT_FOR_MARKETING) ==
                   CONSENT_GRANTED;
    return (struct analytics_flags){.ad_storage = ads,
                                    .ad_user_data = ads,
                                    .ad_personalization = ads && !opted_out,
                                    .analytics = !limited};
}
