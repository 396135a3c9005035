/* One event in a batch that a platform will not have, at each real destination that sends batches:
   found in a few requests, a letter in the platform's words, its neighbours delivered once. */
#include "deliver_kit.h"

#include "../../../src/destinations/list.h"

#define EVENTS 100u

/* A platform's way to refuse: which row of the body, how it says so, how many requests that costs.
 */
struct platform {
    const struct destination *destination;
    enum event_name name; /* of the events */
    const char *rows;     /* path to the rows of a body */
    int status;           /* of a refusal; %u is the row */
    const char *refusal;
    int fine; /* of an acceptance; %u is how many rows there are */
    const char *accepted;
    unsigned most_requests;  /* by index two; halving takes two a step: 1 + 2 * log2(100) */
    const char *words;       /* what the letter has of them */
    const char *options[10]; /* names and values */
};

static const struct platform *platform;

/* Is it in this body? In which of how many rows; a body may be one event without a list. */
static bool has_poison(struct kit *kit, const char *body, unsigned *ret_row, unsigned *ret_count)
{
    const struct json_value *json;
    check_ok(json_parse(&kit->arena, span_of(body), &json, NULL));
    const struct json_value *rows = json_path(json, platform->rows);
    *ret_row = *ret_count = 0;
    for (const struct json_value *row = rows ? rows->first : NULL; row; row = row->next) {
        if (strstr(arena_text(&kit->arena, row->raw), "poison"))
            *ret_row = *ret_count;
        ++*ret_count;
    }
    return strstr(body, "poison") != NULL;
}

/* `text` with the number in place of its %u, if it has one. */
static span filled(struct kit *kit, const char *text, unsigned number)
{
    span all = span_of(text);
    size_t at = span_find(all, 0, '%');
    if (at == all.len)
        return all;
    return arena_print(&kit->arena, "%.*s%u%s", (int)at, text, number, text + at + 2);
}

static int answers(struct kit *kit, const char *body)
{
    unsigned row, count;
    if (strstr(body, "grant_type")) {
        kit->says = SPAN("{\"access_token\":\"ya29\",\"expires_in\":3599}");
        return 200;
    }
    bool refused = has_poison(kit, body, &row, &count);
    kit->says =
        refused ? filled(kit, platform->refusal, row) : filled(kit, platform->accepted, count);
    return refused ? platform->status : platform->fine;
}

static struct settings *settings_for(struct kit *kit)
{
    const struct destination *destination = platform->destination;
    struct settings *settings = arena_take(&kit->arena, destination->settings_size);
    *settings = kit->settings;
    settings->base_url = span_of(destination->host);
    settings->api_version = span_of(destination->api_version);
    for (const struct option *o = destination->options; o->name; o++)
        for (unsigned i = 0; platform->options[i]; i += 2)
            if (strcmp(o->name, platform->options[i]) == 0)
                *(span *)(void *)((char *)settings + o->offset) = span_of(platform->options[i + 1]);
    return settings;
}

static int64_t one_event(struct kit *kit, unsigned index)
{
    const char *id = arena_text(
        &kit->arena, index == 41 ? SPAN("poison") : arena_print(&kit->arena, "event-%u", index));
    struct event event = kit_order_event(kit, platform->name, id, id);
    event.order.id = event.order.transaction_id = span_of(id);
    event.source = SOURCE_BROWSER;
    event.who.email = SPAN("ada@example.com");
    event.client.ip = SPAN("203.0.113.7");
    event.client.user_agent = SPAN("Mozilla/5.0");
    event.client.url = SPAN("https://shop.example/products/shirt");
    event.value = money_of(5990, 2);
    event.currency = SPAN("EUR");
    return kit_append(kit, &event);
}

static void check_platform(struct kit *kit)
{
    kit->specs[0].destination = platform->destination;
    kit->specs[0].settings = settings_for(kit);
    kit->script = answers;
    kit_open(kit);
    kit_run(kit);
    int64_t poison = 0;
    kit->news_get_lost = true; /* all in one batch */
    for (unsigned i = 0; i < EVENTS; i++) {
        int64_t seq = one_event(kit, i);
        poison = i == 41 ? seq : poison;
    }
    kit_news(kit);
    kit_pass(kit, MINUTE_MS);
    span name = span_of(platform->destination->name);
    assert_int_equal(count_get(COUNT_DELIVERIES, SPAN("acme"), name, SPAN("delivered")),
                     EVENTS - 1);
    assert_int_equal(count_get(COUNT_DELIVERIES, SPAN("acme"), name, SPAN("refused")), 1);
    struct letter_row letter = kit_letter(kit, poison);
    assert_int_equal(letter.state, LETTER_DEAD);
    if (!strstr(arena_text(&kit->arena, letter.words), platform->words))
        fail_msg("%.*s, not %s", SPAN_ARG(letter.words), platform->words);
    assert_in_range(kit->sent_count, 2, platform->most_requests);
    assert_int_equal(kit_bookmark(kit, platform->destination->name).low, kit->seq);
}

#define HALVING 15u

static const struct platform platforms[] = {
    {&destination_meta,
     EVENT_PRODUCT_VIEWED,
     "data",
     400,
     "{\"error\":{\"message\":\"Invalid parameter\",\"type\":\"OAuthException\",\"code\":100,"
     "\"error_subcode\":2804019,\"is_transient\":false,\"error_user_title\":\"A bad value\"}}",
     200,
     "{\"events_received\":%u,\"messages\":[],\"fbtrace_id\":\"A\"}",
     HALVING,
     "bad",
     {"pixel_id", "1234567890", "access_token", "EAAG"}},
    {&destination_tiktok,
     EVENT_PRODUCT_VIEWED,
     "data",
     200,
     "{\"code\":40002,\"message\":\"data.%u.properties.value: Not a valid number\","
     "\"request_id\":\"1\",\"data\":{}}",
     200,
     "{\"code\":0,\"message\":\"OK\",\"request_id\":\"1\",\"data\":{}}",
     2,
     "Not a valid",
     {"pixel_code", "C0EXAMPLE", "access_token", "tt"}},
    {&destination_google,
     EVENT_ORDER_PLACED,
     "events",
     400,
     "{\"error\":{\"code\":400,\"message\":\"There was a "
     "problem.\",\"status\":\"INVALID_ARGUMENT\","
     "\"details\":[{\"fieldViolations\":[{\"field\":\"events[%u].currency\",\"description\":\"The "
     "currency code is not supported.\",\"reason\":\"INVALID_CURRENCY_CODE\"}]}]}}",
     200,
     "{\"requestId\":\"r-1\"}",
     3,
     "not supported", /* one is the token's */
     {"customer_id", "1234567890", "conversion_action", "55", "refresh_token", "rt", "client_id",
      "cid", "client_secret", "cs"}},
    {&destination_klaviyo,
     EVENT_PRODUCT_VIEWED,
     "data.attributes.events-bulk-create.data",
     400,
     "{\"errors\":[{\"status\":400,\"code\":\"invalid\",\"title\":\"Invalid input.\",\"detail\":"
     "\"A property is bad.\",\"source\":{\"pointer\":\"/data/attributes\"}}]}",
     202,
     "",
     HALVING,
     "bad",
     {"private_key", "pk"}},
};

#define TEST(name, index)                                                                          \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        platform = &platforms[index];                                                              \
        assert_ptr_equal(platform->destination, &destination_##name);                              \
        check_platform(*state);                                                                    \
    }
TEST(meta, 0)
TEST(tiktok, 1)
TEST(google, 2)
TEST(klaviyo, 3)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_meta),
        KIT_TEST(test_tiktok),
        KIT_TEST(test_google),
        KIT_TEST(test_klaviyo),
    };
    return CHECK_RUN(tests);
}
