/* Which days a report is of, and that each is found by its name. */
#include "../../../src/story/reports.c"

#include "../store/kit.h"

#include "../../../src/base/date.h"
#include "../../../src/base/limits.h"

static struct shop shop = {
    .name = SPAN("acme"), .currency = SPAN("EUR"), .timezone = SPAN("Europe/Berlin")};

static int64_t at(const char *text)
{
    int64_t ms = 0;
    check_ok(date_parse(span_of(text), &ms));
    return ms;
}

static struct story told(struct kit *kit)
{
    static const struct shop *const shops[] = {&shop};
    return (struct story){.view = kit->view,
                          .arena = &kit->arena,
                          .shops = shops,
                          .shop_count = 1,
                          .now = at("2026-11-24T23:30:00Z")}; /* the 25th in Berlin */
}

static void test_days(void **state)
{
    struct kit *kit = *state;
    struct story story = told(kit);
    static const struct {
        const char *from, *to, *begins, *ends;
    } periods[] = {
        {NULL, NULL, "2026-11-18T23:00:00Z", "2026-11-25T23:00:00Z"}, /* seven, today's in it */
        {NULL, "2026-10-26", "2026-10-19T22:00:00Z",
         "2026-10-26T23:00:00Z"}, /* over a clock change */
        {"2026-03-29", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, /* 23 hours */
        {"2026-11-01", NULL, "2026-10-31T23:00:00Z", "2026-11-25T23:00:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(periods); i++) {
        struct reports_wish wish = {0};
        struct error error = {""};
        check_ok(reports_period(&story, &shop, span_of(periods[i].from), span_of(periods[i].to),
                                &wish, &error));
        assert_int_equal(wish.from, at(periods[i].begins));
        assert_int_equal(wish.until, at(periods[i].ends));
        assert_ptr_equal(wish.shop, &shop);
    }
}

static void test_days_that_are_none(void **state)
{
    struct kit *kit = *state;
    struct story story = told(kit);
    static const struct {
        const char *from, *to, *words;
    } periods[] = {
        {"yesterday", NULL, "`from` wants a day"},
        {NULL, "2026-02-30", "`to` wants a day"},
        {"2026-11-03", "2026-11-02", "`from` is after `to`"},
        {"2024-01-01", "2026-01-01", "at most 400 days"},
    };
    for (size_t i = 0; i < COUNT_OF(periods); i++) {
        struct reports_wish wish = {.from = 5};
        struct error error = {""};
        assert_int_equal(reports_period(&story, &shop, span_of(periods[i].from),
                                        span_of(periods[i].to), &wish, &error),
                         INVALID);
        assert_non_null(strstr(error.text, periods[i].words));
        assert_int_equal(wish.from, 5); /* untouched */
    }
}

static void put_order(struct kit *kit, int64_t number, bool both)
{
    char id[24];
    snprintf(id, sizeof id, "o_%lld", (long long)number);
    struct order_row row = {.shop = kit->shop,
                            .state = ORDER_SENT,
                            .id = span_of(id),
                            .order_id = span_of(id + 2),
                            .server_seq = number,
                            .browser_seq = both ? number : 0,
                            .first_at = at("2026-11-24T12:00:00Z"),
                            .created_at = at("2026-11-24T12:00:00Z"),
                            .updated_at = at("2026-11-24T12:00:00Z"),
                            .currency = SPAN("EUR"),
                            .value = money_of(1000 * number + 50, 2)};
    check_ok(order_put(kit->store, &row));
}

static void test_recovery(void **state)
{
    struct kit *kit = *state;
    struct story story = told(kit);
    struct reports_wish wish;
    struct error error;
    struct buf out;
    struct json json;
    const struct json_value *root;
    kit_turn(kit);
    put_order(kit, 1, true);
    put_order(kit, 2, true);
    put_order(kit, 3, false);
    kit_commit(kit);
    check_ok(reports_period(&story, &shop, (span){0}, (span){0}, &wish, &error));
    buf_init(&out, MIB);
    json_start(&json, &out);
    check_ok(reports_write(&story, SPAN("recovery"), &wish, REPORTS_JSON, &json, &out));
    check_ok(json_parse(&kit->arena, buf_span(&out), &root, NULL));
    const struct json_value *day = json_get(root, "days")->first;
    while (day && !span_is(json_get_text(day, "day"), "2026-11-24"))
        day = day->next;
    assert_non_null(day);
    assert_int_equal(json_get_int(json_get(day, "orders"), "both", -1), 2);
    assert_int_equal(json_get_int(json_get(day, "orders"), "server_only", -1), 1);
    assert_int_equal(json_get_int(json_get(day, "orders"), "browser_only", -1), 0);
    buf_reset(&out);
    assert_int_equal(reports_write(&story, SPAN("recoverie"), &wish, REPORTS_TEXT, &json, &out),
                     MISSING);
    assert_int_equal(out.len, 0);
    check_ok(reports_write(&story, SPAN("recovery"), &wish, REPORTS_CSV, &json, &out));
    buf_add_char(&out, '\0');
    assert_non_null(strstr(out.ptr, "2026-11-24,"));
    assert_non_null(strstr(out.ptr, "30.50")); /* what the server alone told */
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_days),
        KIT_TEST(test_days_that_are_none),
        KIT_TEST(test_recovery),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
