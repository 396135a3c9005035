/* Consent and privacy flags on the wire, attempt by attempt, as the real destinations write them:
   what a visitor says between two attempts goes with the second, and stops what is left of an event
   of several requests. */
#include "deliver_kit.h"

#include "../../../src/destinations/list.h"

#define VISITOR "01JDVISITOR000000000000000"

static void settle_on(struct kit *kit, const struct destination *destination,
                      const char *const *options)
{
    struct settings *settings = arena_take(&kit->arena, destination->settings_size);
    *settings = kit->settings;
    settings->base_url = span_of(destination->host);
    settings->api_version = span_of(destination->api_version);
    for (const struct option *o = destination->options; o->name; o++)
        for (unsigned i = 0; options[i]; i += 2)
            if (strcmp(o->name, options[i]) == 0)
                *(span *)(void *)((char *)settings + o->offset) = span_of(options[i + 1]);
    kit->specs[0].destination = destination;
    kit->specs[0].settings = settings;
    kit_open(kit);
    kit_run(kit);
}

static struct event american_order(struct kit *kit, unsigned lines)
{
    struct event event = kit_order_event(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    struct item *items = arena_array(&kit->arena, struct item, lines);
    for (unsigned i = 0; i < lines; i++)
        items[i] = (struct item){.line_id = arena_print(&kit->arena, "%u", i + 1),
                                 .variant_id = SPAN("44001"),
                                 .name = SPAN("Shirt"),
                                 .price = money_of(5990, 2),
                                 .quantity = 1};
    event.order.id = SPAN("5551");
    event.order.items = items;
    event.order.item_count = lines;
    event.who.visitor = SPAN(VISITOR);
    event.who.email = SPAN("ada@example.com");
    event.consent.region = SPAN("US-CA");
    event.client.ip = SPAN("203.0.113.7");
    event.client.user_agent = SPAN("Mozilla/5.0");
    event.client.url = SPAN("https://shop.example/products/shirt");
    return event;
}

/* What the visitor says now. */
static void visitor_says(struct kit *kit, struct consent consent)
{
    consent.source = SPAN("api");
    consent.at = kit->clock.at + 1;
    const struct visitor_row row = {.visitor = SPAN(VISITOR), .consent = consent};
    kit_begin(kit);
    check_ok(visitor_put(kit->store, kit->shop_number, &row));
    kit_commit(kit);
    kit->clock.at += OUTLET_RECHECK_MS;
}

static struct outcome_row outcome_of(struct kit *kit)
{
    struct outcome_row row = {0};
    check_ok(outcome_get(kit->view, &kit->arena, kit->shop_number, SPAN("o_1"),
                         span_of(kit->specs[0].destination->name), &row));
    return row;
}

/* The first attempt is too early for the platform; then the visitor opts out (GPC). */
static void opts_out_between(struct kit *kit, const char *before, const char *after)
{
    struct event event = american_order(kit, 1);
    kit_append(kit, &event);
    kit_run_silent(kit);
    kit->clock.at += SECOND_MS; /* the lane lingers */
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 1);
    assert_null(strstr(kit->sent[0].body, after));
    if (before)
        assert_non_null(strstr(kit->sent[0].body, before));
    visitor_says(kit,
                 (struct consent){.marketing = CONSENT_GRANTED, .sale_of_data = CONSENT_DENIED});
    kit_answer(kit, 0, 503);
    kit->clock.at += MINUTE_MS;
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 2);
    assert_non_null(strstr(kit->sent[1].body, after));
    if (before)
        assert_null(strstr(kit->sent[1].body, before));
    /* and if all is refused by now, nothing goes */
    visitor_says(kit, (struct consent){.marketing = CONSENT_DENIED});
    kit_answer(kit, 1, 503);
    kit->clock.at += MINUTE_MS;
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 2);
    struct outcome_row outcome = outcome_of(kit);
    assert_int_equal(outcome.state, OUTCOME_SKIPPED);
    check_span(outcome.reason, "consent_denied_now");
}

static void test_meta_ldu(void **state)
{
    static const char *const options[] = {
        "pixel_id", "1234567890", "access_token", "EAAG", "ldu_states", "CA=1000", NULL};
    settle_on(*state, &destination_meta, options);
    opts_out_between(*state, NULL,
                     "\"data_processing_options\":[\"LDU\"],\"data_processing_options_country\":1,"
                     "\"data_processing_options_state\":1000");
}

static void test_tiktok_limited_data_use(void **state)
{
    static const char *const options[] = {"pixel_code", "C0EXAMPLE", "access_token", "tt", NULL};
    settle_on(*state, &destination_tiktok, options);
    opts_out_between(*state, "\"limited_data_use\":false", "\"limited_data_use\":true");
}

static void test_pinterest_opt_out(void **state)
{
    static const char *const options[] = {"ad_account_id", "549755885175", "access_token", "pin",
                                          NULL};
    settle_on(*state, &destination_pinterest, options);
    opts_out_between(*state, "\"opt_out\":false", "\"opt_out\":true");
}

/* Placed Order is there when consent ends, the lines of the order are not: they stay here. */
static void test_klaviyo_stops_between_parts(void **state)
{
    static const char *const options[] = {"private_key", "pk_test", NULL};
    struct kit *kit = *state;
    settle_on(kit, &destination_klaviyo, options);
    struct settings *settings = (struct settings *)(uintptr_t)kit->specs[0].settings;
    settings->consent = CONSENT_REQUIRE;
    settings->consent_given = true;
    kit->says = SPAN("{}");
    struct event event = american_order(kit, 2);
    int64_t seq = kit_append(kit, &event);
    kit_run_silent(kit);
    assert_non_null(strstr(kit->sent[0].body, "\"Placed Order\""));
    kit_answer(kit, 0, 202);
    kit_run_silent(kit);
    assert_non_null(strstr(kit->sent[1].body, "\"ordered_product_5551_1\""));
    visitor_says(kit, (struct consent){.marketing = CONSENT_DENIED});
    kit_answer(kit, 1, 202);
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 2);
    assert_int_equal(outcome_of(kit).state, OUTCOME_DELIVERED);
    struct batch_row row;
    check_ok(batch_get(kit->view, &kit->arena, outcome_of(kit).batch, &row));
    check_span(row.answer, "part 1/3: 202 {}; part 2/3: 202 {}; part 3/3: 0 consent_denied_now");
    kit->clock.at += OUTLET_IDLE_MS;
    kit_run_silent(kit);
    assert_int_equal(kit_bookmark(kit, "klaviyo").low, seq);
}

/* As a transaction it goes on, whatever was said: the default for orders at Klaviyo. */
static void test_klaviyo_transaction_goes_on(void **state)
{
    static const char *const options[] = {"private_key", "pk_test", NULL};
    struct kit *kit = *state;
    settle_on(kit, &destination_klaviyo, options);
    kit->says = SPAN("{}");
    struct event event = american_order(kit, 2);
    kit_append(kit, &event);
    kit_run_silent(kit);
    visitor_says(kit, (struct consent){.marketing = CONSENT_DENIED});
    kit_answer(kit, 0, 202);
    kit_run_silent(kit);
    kit_answer(kit, 1, 202);
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 3);
}

/* The id of another profile goes with the next attempt of this request, and with no other. */
static void test_klaviyo_names_the_profile(void **state)
{
    static const char *const options[] = {"private_key", "pk_test", NULL};
    struct kit *kit = *state;
    settle_on(kit, &destination_klaviyo, options);
    struct event event = american_order(kit, 1);
    kit_append(kit, &event);
    kit_run_silent(kit);
    kit->says = SPAN("{\"errors\":[{\"status\":409,\"code\":\"duplicate_profile\",\"meta\":"
                     "{\"duplicate_profile_id\":\"01ABC\"}}]}");
    kit_answer(kit, 0, 409);
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 2);
    assert_non_null(strstr(kit->sent[1].body, "\"id\":\"01ABC\""));
    assert_null(strstr(kit->sent[1].body, "ada@example.com"));
    kit->says = SPAN("{}");
    kit_answer(kit, 1, 202);
    kit_run_silent(kit);
    assert_non_null(strstr(kit->sent[2].body, "ada@example.com"));
    assert_null(strstr(kit->sent[2].body, "01ABC"));
}

/* 3500 a minute is 58 a second: with four at a time an answer would have to come in 70 ms. */
static void test_klaviyo_sends_many_at_a_time(void **state)
{
    static const char *const options[] = {"private_key", "pk_test", NULL};
    struct kit *kit = *state;
    settle_on(kit, &destination_klaviyo, options);
    for (unsigned i = 0; i < 40; i++) {
        const char *id = arena_text(&kit->arena, arena_print(&kit->arena, "o_%u", i + 1));
        struct event event = kit_order_event(kit, EVENT_ORDER_PLACED, id, id);
        event.who.email = SPAN("ada@example.com");
        kit_append(kit, &event);
    }
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 16);
}

/* TikTok publishes neither an age nor a rate: both are the merchant's to set. */
static void test_tiktok_age_and_rate(void **state)
{
    static const char *const options[] = {"pixel_code", "C0EXAMPLE", "access_token", "tt", NULL};
    struct kit *kit = *state;
    settle_on(kit, &destination_tiktok, options);
    struct settings *settings = (struct settings *)(uintptr_t)kit->specs[0].settings;
    settings->max_age_ms = HOUR_MS;
    settings->per_second = 1;
    kit->script = kit_all_well;
    kit->says = SPAN("{\"code\":0}");
    struct event old = american_order(kit, 1);
    old.at -= 2 * HOUR_MS;
    kit_append(kit, &old);
    kit_run(kit);
    check_span(outcome_of(kit).reason, "too_old");
    for (unsigned i = 0; i < 4; i++) {
        const char *id = i & 1 ? "o_3" : "o_2";
        struct event event = american_order(kit, 1);
        event.id = event.order.key = span_of(id);
        event.at = kit->clock.at;
        event.order.kind = i & 1 ? KIND_TEST : KIND_WEB; /* so that each closes the batch before */
        settings->test_code = SPAN("TEST1");
        kit_append(kit, &event);
    }
    kit_pass(kit, 10 * SECOND_MS);
    assert_int_equal(kit->sent_count, 4);
    for (unsigned i = 1; i < 4; i++)
        assert_in_range(kit->sent[i].at - kit->sent[i - 1].at, SECOND_MS, 2 * SECOND_MS);
}

#define MANY (BATCH_CEILING + 1)

/* One more event than a request may hold: each goes once, and no request is over either limit. */
static void keeps_to_the_limits(struct kit *kit, const struct destination *destination,
                                const char *const *options, unsigned lane, const char *mark,
                                const char *answer)
{
    settle_on(kit, destination, options);
    kit->news_get_lost = true; /* all at once */
    for (unsigned i = 0; i < MANY; i++) {
        struct event event = american_order(kit, 1);
        event.name = EVENT_PRODUCT_VIEWED;
        event.name_text = SPAN("product_viewed");
        event.id = arena_print(&kit->arena, "event-%04u-", i);
        event.order = (struct order){0};
        kit_append(kit, &event);
    }
    kit_news(kit);
    kit->says = span_of(answer);
    const struct lane *limit = &destination->lanes[lane];
    unsigned events = 0, full = 0, answered = 0;
    for (unsigned round = 0; round < 100; round++) {
        kit_run_silent(kit);
        for (; answered < kit->sent_count; answered++) {
            const char *body = kit->sent[answered].body;
            unsigned rows = 0;
            for (const char *at = body; (at = strstr(at, mark)); at++)
                rows++;
            assert_in_range(rows, 1, limit->events);
            assert_true(strlen(body) <= limit->bytes);
            events += rows;
            full += strlen(body) > limit->bytes / 2;
            kit_answer(kit, answered, destination == &destination_klaviyo ? 202 : 200);
        }
        kit->clock.at += SECOND_MS;
    }
    assert_int_equal(events, MANY);
    assert_true(full > 0); /* and it was not by sending crumbs */
    assert_int_equal(kit_bookmark(kit, destination->name).low, kit->seq);
}

static void test_meta_limits(void **state)
{
    static const char *const options[] = {"pixel_id", "1234567890", "access_token", "EAAG", NULL};
    keeps_to_the_limits(*state, &destination_meta, options, 0, "\"event_id\":\"event-",
                        "{\"events_received\":1}");
}

static void test_tiktok_limits(void **state)
{
    static const char *const options[] = {"pixel_code", "C0EXAMPLE", "access_token", "tt", NULL};
    keeps_to_the_limits(*state, &destination_tiktok, options, 0, "\"event_id\":\"event-",
                        "{\"code\":0}");
}

static void test_klaviyo_limits(void **state)
{
    static const char *const options[] = {"private_key", "pk_test", NULL};
    keeps_to_the_limits(*state, &destination_klaviyo, options, 1,
                        "\"unique_id\":\"viewed_product_event-", "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_meta_ldu),
        KIT_TEST(test_tiktok_limited_data_use),
        KIT_TEST(test_pinterest_opt_out),
        KIT_TEST(test_klaviyo_stops_between_parts),
        KIT_TEST(test_klaviyo_transaction_goes_on),
        KIT_TEST(test_klaviyo_names_the_profile),
        KIT_TEST(test_klaviyo_sends_many_at_a_time),
        KIT_TEST(test_tiktok_age_and_rate),
        KIT_TEST(test_meta_limits),
        KIT_TEST(test_tiktok_limits),
        KIT_TEST(test_klaviyo_limits),
    };
    return CHECK_RUN(tests);
}
