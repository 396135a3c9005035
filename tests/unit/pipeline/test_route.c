/* Why an event goes or not: each word, the consent matrix, and the order an adjustment follows. */
#include "../../../src/pipeline/route.c"

#include "deliver_kit.h"

static struct reading_row row_of(struct kit *kit, enum event_name name)
{
    return (struct reading_row){.row = {.seq = 5, .shop = kit->shop_number, .name = name},
                                .event = kit_event(kit, name, "e")};
}

static const char *why(struct kit *kit, const struct reading_row *row)
{
    return route_wants(&kit->specs[0], row, &row->event.consent, kit->clock.at, &kit->arena).why;
}

#define check_why(row, expected)                                                                   \
    do {                                                                                           \
        const char *why_ = why(kit, (row));                                                        \
        assert_non_null(why_);                                                                     \
        assert_string_equal(why_, (expected));                                                     \
    } while (0)

static int64_t hour_for_orders(const struct settings *settings, const struct event *event)
{
    (void)settings;
    return names_class(event->name) == EVENT_CLASS_ORDER ? HOUR_MS : 0;
}

/* Where age depends on the event, max_age_ms says nothing. */
static void test_age_of_its_own(void **state)
{
    struct kit *kit = *state;
    struct reading_row row = row_of(kit, EVENT_PRODUCT_VIEWED);
    struct reading_row order = row_of(kit, EVENT_ORDER_PLACED);
    kit_destination.max_age_ms = 1;
    kit_destination.max_age = hour_for_orders;
    order.event.at = kit->clock.at - HOUR_MS;
    assert_null(why(kit, &order));
    order.event.at--;
    check_why(&order, "too_old");
    row.event.at = 1;
    assert_null(why(kit, &row));
    kit_destination.max_age = NULL;
    check_why(&row, "too_old");
}

static void test_words(void **state)
{
    struct kit *kit = *state;
    struct reading_row row = row_of(kit, EVENT_PRODUCT_VIEWED);
    assert_null(why(kit, &row));

    struct reading_row page = row_of(kit, EVENT_PAGE_VIEWED);
    check_why(&page, "unmapped");
    kit->settings.events = UINT64_C(1) << EVENT_ORDER_PLACED;
    check_why(&row, "not_in_events");
    kit->settings.events = UINT64_MAX;
    kit->settings.enabled = false;
    check_why(&row, "destination_disabled");
    kit->settings.enabled = true;

    row.event.at = kit->clock.at - 7 * DAY_MS;
    assert_null(why(kit, &row)); /* to the millisecond */
    row.event.at--;
    check_why(&row, "too_old");
    row.event.at = kit->clock.at + MINUTE_MS;
    assert_null(why(kit, &row));
    row.event.at++;
    check_why(&row, "in_future");
    kit_destination.max_age_ms = kit_destination.max_ahead_ms = 0; /* no limits */
    assert_null(why(kit, &row));
    row.event.at = 1;
    assert_null(why(kit, &row));

    row.event.bot.score = BOT_SURE - 1;
    assert_null(why(kit, &row));
    row.event.bot.score = BOT_SURE;
    check_why(&row, "bot");
    kit->shop.bots = BOTS_INCLUDE;
    assert_null(why(kit, &row));
    kit->shop.bots = BOTS_EXCLUDE;
    row.event.bot.score = 0;

    kit_unfit_id = "e";
    check_why(&row, "no_identifier");
    kit_unfit_id = NULL;
    row.trouble = "erased";
    check_why(&row, "erased");

    struct reading_row order = row_of(kit, EVENT_ORDER_PLACED);
    order.event.order.kind = KIND_TEST;
    check_why(&order, "test_order");
    kit_destination.validates = true; /* it will be asked, and records nothing */
    assert_null(why(kit, &order));
    kit_destination.validates = false;
    kit->settings.test_code = SPAN("TEST123");
    assert_null(why(kit, &order));
}

/* One line of the matrix: what was said then and is said now, in a region, by a default. */
struct said {
    enum consent_choice then, now;
    const char *region;
    enum consent_choice otherwise;
    const char *why;
};
#define G CONSENT_GRANTED
#define D CONSENT_DENIED
#define U CONSENT_UNKNOWN

static const struct said matrix[] = {
    {G, G, "DE", D, NULL},
    {D, D, "DE", D, "consent_denied"},
    {D, G, "DE", D, "consent_denied"}, /* it must have held then */
    {G, D, "DE", D, "consent_denied_now"},
    {U, U, "DE", D, "consent_unknown"},
    {U, G, "DE", D, "consent_unknown"},
    {U, U, "DE", G, NULL}, /* the store's own word */
    {U, D, "DE", G, "consent_denied_now"},
    {U, U, "", D, "consent_unknown"},
    {U, U, "US", D, NULL}, /* regions: US granted */
    {U, D, "US", D, "consent_denied_now"},
    {D, D, "US", D, "consent_denied"},
    {G, G, "", D, NULL},
};

static void test_consent_matrix(void **state)
{
    struct kit *kit = *state;
    const struct consent_region us = {SPAN("US"), CONSENT_GRANTED};
    kit->shop.consent.regions = &us;
    kit->shop.consent.region_count = 1;
    for (size_t i = 0; i < COUNT_OF(matrix); i++) {
        const struct said *said = &matrix[i];
        struct reading_row row = row_of(kit, EVENT_PRODUCT_VIEWED);
        kit->shop.consent.otherwise = said->otherwise;
        row.event.consent.region = span_of(said->region);
        row.event.consent.marketing = said->then;
        struct consent now = row.event.consent;
        now.marketing = said->now;
        struct route_answer answer =
            route_wants(&kit->specs[0], &row, &now, kit->clock.at, &kit->arena);
        bool same = said->why ? answer.why && strcmp(answer.why, said->why) == 0 : !answer.why;
        if (!same)
            fail_msg("line %zu: %s", i, answer.why ? answer.why : "goes");
        assert_false(answer.limited);

        kit->settings.consent = CONSENT_LIMITED; /* goes in any case, but says so */
        answer = route_wants(&kit->specs[0], &row, &now, kit->clock.at, &kit->arena);
        assert_null(answer.why);
        assert_int_equal(answer.limited, said->why != NULL);
        kit->settings.consent = CONSENT_REQUIRE;
    }
}

static void test_purposes_and_orders(void **state)
{
    struct kit *kit = *state;
    struct reading_row view = row_of(kit, EVENT_PRODUCT_VIEWED);
    struct reading_row order = row_of(kit, EVENT_ORDER_PLACED);
    view.event.consent.marketing = order.event.consent.marketing = D;
    check_why(&view, "consent_denied");
    check_why(&order, "consent_denied");
    kit_destination.asks = CONSENT_FOR_ANALYTICS;
    assert_null(why(kit, &view)); /* analytics was granted */
    kit_destination.asks = CONSENT_FOR_MARKETING;

    kit_destination.consent_orders = CONSENT_TRANSACTIONAL; /* as Klaviyo */
    check_why(&view, "consent_denied");
    assert_null(why(kit, &order));
    kit->settings.consent_given = true; /* the store says require */
    check_why(&order, "consent_denied");
    kit->settings.consent = CONSENT_TRANSACTIONAL;
    assert_null(why(kit, &order));
    check_why(&view, "orders_only");
}

/* Google takes no identifiers of who said no, whatever the store's rule. */
static void test_transactional_where_nobody_is_named(void **state)
{
    struct kit *kit = *state;
    struct reading_row order = row_of(kit, EVENT_ORDER_PLACED);
    struct consent now = order.event.consent;
    kit->settings.consent = CONSENT_TRANSACTIONAL;
    kit->settings.consent_given = true;
    for (int nameless = 0; nameless < 2; nameless++) {
        kit_destination.nameless = nameless;
        order.event.consent.marketing = now.marketing = G;
        assert_false(route_wants(&kit->specs[0], &order, &now, kit->clock.at, &kit->arena).limited);
        now.marketing = D;
        struct route_answer answer =
            route_wants(&kit->specs[0], &order, &now, kit->clock.at, &kit->arena);
        assert_null(answer.why);
        assert_int_equal(answer.limited, nameless);
    }
    kit_destination.nameless = false;
}

static void test_region_from_the_address(void **state)
{
    struct kit *kit = *state;
    const struct consent_region us = {SPAN("US"), CONSENT_GRANTED};
    kit->shop.consent.regions = &us;
    kit->shop.consent.region_count = 1;
    struct reading_row row = row_of(kit, EVENT_ORDER_PLACED);
    row.event.consent = (struct consent){0};
    check_why(&row, "consent_unknown");
    row.event.who.country = SPAN("US");
    assert_null(why(kit, &row));
    row.event.who.billing.country = SPAN("FR");
    check_why(&row, "consent_unknown");
    row.event.who.shipping.country = SPAN("US");
    assert_null(why(kit, &row));
    row.event.consent.region = SPAN("FR");
    check_why(&row, "consent_unknown");
}

static void test_opt_out_is_passed_on(void **state)
{
    struct kit *kit = *state;
    struct reading_row row = row_of(kit, EVENT_PRODUCT_VIEWED);
    struct consent now = row.event.consent;
    assert_false(route_wants(&kit->specs[0], &row, &now, kit->clock.at, &kit->arena).opted_out);
    now.sale_of_data = D;
    assert_true(route_wants(&kit->specs[0], &row, &now, kit->clock.at, &kit->arena).opted_out);
    now.sale_of_data = G;
    row.event.consent.sale_of_data = D;
    assert_true(route_wants(&kit->specs[0], &row, &now, kit->clock.at, &kit->arena).opted_out);
}

static void set_outcome(struct kit *kit, enum outcome_state outcome)
{
    const struct outcome_row row = {.shop = kit->shop_number,
                                    .subject = SPAN("o_1"),
                                    .destination = SPAN("fake"),
                                    .name = EVENT_ORDER_PLACED,
                                    .seq = 3,
                                    .state = outcome,
                                    .reason = SPAN(""),
                                    .at = kit->clock.at};
    kit_begin(kit);
    check_ok(outcome_put(kit->store, &row));
    kit_commit(kit);
}

static enum route_follow follow(struct kit *kit, enum event_name name, int64_t low)
{
    struct reading_row row = row_of(kit, name);
    row.event.order.key = SPAN("o_1");
    struct lowmark mark;
    lowmark_init(&mark, low, NULL, 0);
    for (int64_t seq = low + 1; seq <= row.row.seq; seq++)
        assert_true(lowmark_read(&mark, seq));
    enum route_follow answer = route_follow(kit->view, &kit->arena, &kit->specs[0], &row, &mark);
    lowmark_done(&mark);
    return answer;
}

static void test_follow(void **state)
{
    struct kit *kit = *state;
    assert_int_equal(follow(kit, EVENT_PRODUCT_VIEWED, 0), ROUTE_GO);
    assert_int_equal(follow(kit, EVENT_ORDER_PLACED, 0), ROUTE_GO);
    assert_int_equal(follow(kit, EVENT_ORDER_REFUNDED, 3), ROUTE_WAIT);
    assert_int_equal(follow(kit, EVENT_ORDER_REFUNDED, 4), ROUTE_NEVER); /* all before is settled */
    set_outcome(kit, OUTCOME_WAITING);
    assert_int_equal(follow(kit, EVENT_ORDER_REFUNDED, 4), ROUTE_WAIT);
    set_outcome(kit, OUTCOME_DELIVERED);
    assert_int_equal(follow(kit, EVENT_ORDER_REFUNDED, 0), ROUTE_GO);
    assert_int_equal(follow(kit, EVENT_ORDER_FULFILLED, 0), ROUTE_GO);
    const enum outcome_state bad[] = {OUTCOME_REFUSED, OUTCOME_SKIPPED, OUTCOME_UNKNOWN};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        set_outcome(kit, bad[i]);
        assert_int_equal(follow(kit, EVENT_ORDER_CANCELLED, 0), ROUTE_NEVER);
    }
    kit_orders_named = false; /* orders never come here: nothing to wait for */
    assert_int_equal(follow(kit, EVENT_ORDER_CANCELLED, 0), ROUTE_GO);
    kit_orders_named = true;
    kit->settings.events = UINT64_C(1) << EVENT_ORDER_CANCELLED;
    assert_int_equal(follow(kit, EVENT_ORDER_CANCELLED, 0), ROUTE_GO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_words),
        KIT_TEST(test_age_of_its_own),
        KIT_TEST(test_consent_matrix),
        KIT_TEST(test_purposes_and_orders),
        KIT_TEST(test_transactional_where_nobody_is_named),
        KIT_TEST(test_region_from_the_address),
        KIT_TEST(test_opt_out_is_passed_on),
        KIT_TEST(test_follow),
    };
    return CHECK_RUN(tests);
}
