/* Audits: read back whole, listed newest first, the newest hundred kept. */
#include "../../../src/store/audits.c"

#include "kit.h"

static int64_t add(struct kit *kit, int64_t at)
{
    const struct audits_row row = {.at = at,
                                   .url = SPAN("https://shop.example/"),
                                   .live = true,
                                   .recorded = true,
                                   .fails = 1,
                                   .warns = 2,
                                   .passes = 3,
                                   .summary = SPAN("1 problem"),
                                   .body = SPAN("{\"findings\":[]}")};
    int64_t id = 0;
    kit_turn(kit);
    check_ok(audits_add(kit->store, &row, &id));
    kit_commit(kit);
    return id;
}

struct seen {
    unsigned count;
    int64_t newest, last;
};

static void look(void *arg, const struct audits_row *row)
{
    struct seen *seen = arg;
    if (seen->count++ == 0)
        seen->newest = row->at;
    assert_true(seen->count == 1 || row->id < seen->last);
    assert_true(span_is(row->summary, "1 problem") && row->body.ptr == NULL);
    seen->last = row->id;
}

static void test_read_back(void **state)
{
    struct kit *kit = *state;
    struct audits_row row = {0};
    int64_t id = add(kit, KIT_NOW);
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    check_ok(audits_read(kit->view, &arena, id, &row));
    assert_true(row.live && row.recorded && row.at == KIT_NOW);
    assert_int_equal(row.fails * 100 + row.warns * 10 + row.passes, 123);
    assert_true(span_is(row.url, "https://shop.example/"));
    assert_true(span_is(row.body, "{\"findings\":[]}"));
    assert_int_equal(audits_read(kit->view, &arena, id + 1, &row), MISSING);
    arena_done(&arena);
}

static void test_newest_kept(void **state)
{
    struct kit *kit = *state;
    struct seen seen = {0};
    for (int64_t i = 0; i < AUDITS_KEPT + 5; i++)
        add(kit, KIT_NOW + i);
    check_ok(audits_each(kit->view, look, &seen));
    assert_int_equal(seen.count, AUDITS_KEPT);
    assert_int_equal(seen.newest, KIT_NOW + AUDITS_KEPT + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {KIT_TEST(test_read_back), KIT_TEST(test_newest_kept)};
    return CHECK_RUN(tests);
}
