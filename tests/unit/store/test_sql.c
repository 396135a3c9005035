/* The thin layer over SQLite's statements. */
#include "../../../src/store/sql.c"

#include "kit.h"

static struct sql *sql_of(struct kit *kit)
{
    return &kit->store->view.sql;
}

static void test_values(void **state)
{
    struct kit *kit = *state;
    struct sql_query q = sql_query(sql_of(kit), "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?");
    sql_bind_int(&q, INT64_MIN);
    sql_bind_text(&q, SPAN("a\0b"));
    sql_bind_text(&q, SPAN(""));
    sql_bind_text(&q, (span){0});
    sql_bind_blob(&q, "\0\xff", 2);
    sql_bind_blob(&q, NULL, 0);
    sql_bind_money(&q, (struct money){-5, 3, true});
    sql_bind_money(&q, (struct money){0});
    check_ok(sql_one(&q));
    assert_true(sql_int(&q) == INT64_MIN);
    check_span(sql_text(&q, &kit->arena), "a\0b");
    check_span(sql_text(&q, &kit->arena), "");
    check_absent(sql_text(&q, &kit->arena));
    check_span(sql_peek(&q), "\0\xff");
    check_span(sql_peek(&q), "");
    struct money money = sql_money(&q);
    assert_true(money.given && money.units == -5 && money.scale == 3);
    money = sql_money(&q);
    assert_false(money.given);
    check_ok(sql_end(&q));
}

static void test_errors_stick(void **state)
{
    struct kit *kit = *state;
    struct sql *sql = sql_of(kit);
    sql->failed = false;
    struct sql_query q = sql_query(sql, "SELECT x FROM nowhere WHERE y = ?");
    sql_bind_int(&q, 1);
    sql_bind_text(&q, SPAN("x"));
    assert_false(sql_next(&q));
    assert_false(sql_next(&q));
    assert_int_equal(sql_end(&q), BROKEN);
    assert_non_null(strstr(sql->trouble, "nowhere"));
    assert_true(sql->failed);
    /* In the middle of a query as well. */
    q = sql_query(sql, "SELECT abs(v) FROM (SELECT 1 AS v UNION ALL SELECT ?)");
    sql_bind_int(&q, INT64_MIN);
    assert_true(sql_next(&q));
    assert_false(sql_next(&q));
    assert_int_equal(sql_end(&q), BROKEN);
    assert_non_null(strstr(sql->trouble, "overflow"));
    /* A statement that failed once is good again. */
    q = sql_query(sql, "SELECT 5");
    assert_int_equal(sql_value(&q), 5);
}

static void test_statements_are_kept(void **state)
{
    struct kit *kit = *state;
    static const char text[] = "SELECT ?";
    for (int i = 0; i < 3; i++) {
        struct sql_query q = sql_query(sql_of(kit), text);
        sql_bind_int(&q, i);
        assert_int_equal(sql_value(&q), i);
    }
    unsigned found = 0;
    for (unsigned i = 0; i < SQL_SLOTS; i++)
        found += sql_of(kit)->slots[i].text == text;
    assert_int_equal(found, 1);
}

static void test_grow(void **state)
{
    struct kit *kit = *state;
    int64_t *numbers = NULL;
    for (unsigned count = 0; count < 1000; count++) {
        numbers = sql_grow(&kit->arena, numbers, count, sizeof *numbers);
        numbers[count] = count * 3;
        for (unsigned i = 0; i <= count; i++)
            assert_int_equal(numbers[i], i * 3);
    }
}

static void test_key_numbers(void **state)
{
    (void)state;
    uint8_t key[8];
    const struct {
        int64_t number;
        unsigned bytes;
        span key;
    } cases[] = {
        {0x1234, 2, SPAN("\x12\x34")},
        {0x12345, 2, SPAN("\xff\xff")},
        {-1, 2, SPAN("\0\0")},
        {1, 4, SPAN("\0\0\0\1")},
        {INT64_MAX, 4, SPAN("\xff\xff\xff\xff")},
        {258, 8, SPAN("\0\0\0\0\0\0\1\2")},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        sql_key_number(key, cases[i].bytes, cases[i].number);
        assert_memory_equal(key, cases[i].key.ptr, cases[i].bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_values),
        KIT_TEST(test_errors_stick),
        KIT_TEST(test_statements_are_kept),
        KIT_TEST(test_grow),
        cmocka_unit_test(test_key_numbers),
    };
    return CHECK_RUN(tests);
}
