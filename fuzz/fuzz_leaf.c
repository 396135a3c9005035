/*
 * The small readers of one value: times, money, ids, consent strings, user agents, addresses, click
 * ids, our signed links. Each row reads the text and holds what its header promises; most say that
 * what was read, written again, is read the same.
 *
 *   byte 0 the row   rest: the text
 */
#include <stdio.h>
#include <stdlib.h>

#include "hold.h"
#include "../src/base/date.h"
#include "../src/base/hash.h"
#include "../src/base/limits.h"
#include "../src/base/ulid.h"
#include "../src/event/bot.h"
#include "../src/event/touch.h"
#include "../src/net/addr.h"
#include "../src/net/mail.h"
#include "../src/sources/clicks.h"
#include "../src/sources/pick.h"
#include "../src/sources/ticket.h"

#define NOW INT64_C(1795536000000)

static const span hosts[] = {SPAN("shop.acme.example")};
static const span ignored[] = {SPAN("klarna.*"), SPAN("pay.example")};
static const struct shop shop = {.name = SPAN("acme"),
                                 .hosts = {hosts, 1},
                                 .cookie_domain = SPAN(".acme.example"),
                                 .link_secret = SPAN("key"),
                                 .link_parameter = SPAN("_l"),
                                 .ignored_referrers = {ignored, 2}};

static void date(struct arena *arena, span text)
{
    int64_t ms, again;
    if (date_parse(text, &ms) != OK)
        return;
    hold(date_parse(date_print_ms(arena, ms), &again) == OK && again == ms);
}

static void money(struct arena *arena, span text)
{
    static const span currencies[] = {SPAN("EUR"), SPAN("JPY"), SPAN("KWD"), SPAN("")};
    for (unsigned i = 0; i < COUNT_OF(currencies); i++) {
        struct money read, again;
        if (money_parse(text, currencies[i], &read) != OK)
            continue;
        hold(read.given && read.units <= MONEY_CEILING && read.units >= -MONEY_CEILING);
        hold(money_parse(money_print(arena, read), currencies[i], &again) == OK);
        hold(again.units == read.units && again.scale == read.scale);
    }
    (void)money_currency_valid(text);
}

static void number(struct arena *arena, span text)
{
    int64_t value, again;
    if (span_int(text, &value) == OK)
        hold(span_int(arena_print(arena, "%lld", (long long)value), &again) == OK &&
             again == value);
}

static void id(struct arena *arena, span text)
{
    if (ulid_valid(text))
        hold(text.len == ULID_LEN && ulid_time(text) >= 0);
    span visitor = pick_visitor(arena, text);
    hold(span_empty(visitor) || ulid_valid(visitor));
    hold(pick_bare_id(text).len <= text.len);
    hold(names_find(text) == EVENT_CUSTOM || span_is(text, names_text(names_find(text))));
}

static void base64(struct arena *arena, span text)
{
    span bytes;
    if (hash_from_base64(arena, text, &bytes) == OK)
        hold(span_equal(hash_to_base64(arena, bytes.ptr, bytes.len), text));
    span hex = hash_hex(arena, text);
    hold(span_empty(text) ? span_empty(hex) : hash_is_hex(hex, 64));
    hold(span_equal(hash_hex(arena, hex), hex));
}

static void consent(struct arena *arena, span text)
{
    struct consent before = {.source = SPAN("mine")}, after = before;
    (void)arena;
    if (consent_tcf(text, &after))
        hold(after.analytics && after.marketing && span_is(after.source, "tcf"));
    else
        hold(consent_same(&before, &after) && span_is(after.source, "mine"));
    hold(consent_choice_find(text) <= CONSENT_DENIED);
    (void)consent_is_strict_region(text);
}

static void agent(struct arena *arena, span text)
{
    for (unsigned hints = 0; hints < 8; hints++) {
        struct bot bot =
            bot_judge(arena, text, &(struct bot_hints){hints & 1, hints & 2, hints & 4});
        hold(bot.score >= 0 && bot.score <= 100);
        hold((bot.score == 0) == span_empty(bot.why) && span_utf8(bot.why));
    }
    (void)bot_hosted(text);
}

/* A page's URL and, after a line's end, its referrer. */
static void page(struct arena *arena, span text)
{
    size_t end = span_find(text, 0, '\n');
    span url = span_sub(text, 0, end), referrer = span_sub(text, end + 1, text.len);
    struct client client = {.fbc = referrer};
    (void)touch_of(&shop, url, referrer, NOW);
    clicks_take(arena, url, &client);
    clicks_fbc(arena, &shop, url, referrer, NOW, &client);
    const span taken[] = {client.gclid, client.gbraid, client.wbraid, client.ttclid, client.kx};
    for (unsigned i = 0; i < COUNT_OF(taken); i++)
        for (size_t j = 0; j < taken[i].len; j++)
            hold(taken[i].ptr[j] > ' ' && taken[i].ptr[j] < 0x7f);
    span whole = url, found = ticket_cut(arena, &shop, &url);
    hold(span_empty(found) ? span_equal(url, whole) : url.len < whole.len);
}

static void ticket(struct arena *arena, span text)
{
    static const uint8_t nonce[12] = "twelve bytes";
    span email = {0};
    hold(ticket_read(arena, &shop, text, NOW, &email) != TICKET_GOOD && span_empty(email));
    if (text.len == 0 || text.len > 300)
        return;
    span made = ticket_make(arena, &shop, text, NOW + 1000, nonce);
    hold(ticket_read(arena, &shop, made, NOW, &email) == TICKET_GOOD && span_equal(email, text));
    hold(ticket_read(arena, &shop, made, NOW + 2000, &email) == TICKET_EXPIRED);
}

static void address(struct arena *arena, span text)
{
    struct addr_range range;
    const struct addr_list trusted = {&range, 1};
    span host;
    uint16_t port;
    (void)arena;
    if (addr_range_parse(text, &range) == OK) {
        hold(range.prefix <= 128);
        (void)addr_in(&trusted, SPAN("10.1.2.3"));
    }
    if (addr_split(text, &host, &port) == OK)
        hold(host.len < text.len && host.len > 0);
    (void)addr_public(text);
    (void)addr_loopback_host(text);
    hold(addr_range_parse(SPAN("10.0.0.0/8"), &range) == OK);
    hold(addr_valid(addr_client(&trusted, SPAN("10.0.0.1"), text)));
    (void)mail_address_good(text);
}

static void (*const rows[])(struct arena *arena, span text) = {
    date, money, number, id, base64, consent, agent, page, ticket, address,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 1 || size > 8192)
        return 0;
    struct arena arena;
    arena_init(&arena, 16 * MIB);
    char *copy = malloc(size); /* exactly this size: reading past it is seen */
    hold(copy != NULL);
    memcpy(copy, bytes + 1, size - 1);
    rows[bytes[0] % COUNT_OF(rows)](&arena, (span){copy, size - 1});
    free(copy);
    arena_done(&arena);
    return 0;
}
