/*
 * A visitor with 100,000 anonymous events says who he is. Nobody else may notice: his past is told
 * a slice a turn, the newest STITCH_MOST of it, while others are served in between.
 */
#include "stage.h"

#include "../../../src/pipeline/backfill.h"
#include "../../../src/pipeline/identity.h"
#include "../../../src/store/journal.h"

#define LAPTOP SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W3")
#define OTHER  SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W4")
#define PAST   100000u

static struct event page(struct stage *stage, span visitor, span email)
{
    static unsigned n;
    return (struct event){
        .id = arena_print(&stage->arena, "page-%u", n++),
        .name = EVENT_PAGE_VIEWED,
        .source = SOURCE_BROWSER,
        .who = {.visitor = visitor, .email = email},
        .client = {.url = SPAN("https://shop.acme.example/products/shirt"),
                   .user_agent = SPAN("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"),
                   .ip = SPAN("203.0.113.7")},
    };
}

/* Written as RECORD would have, without its turns; another visitor's rows lie between. */
static void write_past(struct stage *stage)
{
    struct store *store;
    struct error error;
    record_close(stage->recorder);
    assert_int_equal(store_open(stage->path, &stage->clock.clock, &store, &error), OK);
    for (unsigned i = 0; i < PAST;) {
        assert_int_equal(store_begin(store), OK);
        for (unsigned end = i + 10000; i < end; i++) {
            struct event event = page(stage, i % 10 ? LAPTOP : OTHER, (span){0});
            event.at = event.received_at = stage->clock.at - DAY_MS + i;
            event.name_text = span_of(names_text(event.name));
            event.store = stage->shop.name;
            struct buf out;
            buf_init(&out, LIMIT_EVENT_BYTES);
            event_write(&out, &event);
            struct journal_row row = {
                .shop = 1,
                .name = event.name,
                .source = event.source,
                .event_id = event.id,
                .at = event.at,
                .received_at = event.received_at,
                .visitor = event.who.visitor,
                .audience = AUDIENCE_ALL,
                .body = buf_span(&out),
            };
            int64_t seq;
            assert_int_equal(journal_append(store, &row, &seq), OK);
            buf_done(&out);
        }
        assert_int_equal(store_commit(store), OK);
        arena_reset(&stage->arena);
    }
    store_close(store);
    stage_open_recorder(stage);
}

static unsigned told(struct stage *stage, int64_t from, int64_t *ret_oldest)
{
    struct journal_row *rows;
    unsigned count = 0, found = 0;
    int64_t head = head_of(stage->view);
    *ret_oldest = INT64_MAX;
    for (int64_t after = from; after < head; after = rows[count - 1].seq) {
        assert_int_equal(journal_follow(stage->view, &stage->arena, after, 1000, &rows, &count),
                         OK);
        if (count == 0)
            break;
        for (unsigned i = 0; i < count; i++)
            if (rows[i].source == SOURCE_DERIVED) {
                found++;
                if (rows[i].at < *ret_oldest)
                    *ret_oldest = rows[i].at;
            }
    }
    return found;
}

static void a_hundred_thousand_looks_block_nobody(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    write_past(&stage);
    int64_t head = head_of(stage.view), oldest, slowest = 0;
    stage.clock.at += HOUR_MS;
    int64_t began = clock_monotonic_us();
    stage_push(&stage, page(&stage, LAPTOP, SPAN("ada@example.com")), (span){0});
    int64_t claim = clock_monotonic_us() - began;
    unsigned turns = 0;
    struct stitch_row row;
    while (stitch_next(stage.view, &stage.arena, &row) == OK) {
        int64_t at = clock_monotonic_us();
        stage_push(&stage, page(&stage, OTHER, (span){0}),
                   (span){0}); /* is answered in this turn */
        int64_t took = clock_monotonic_us() - at;
        slowest = took > slowest ? took : slowest;
        turns++;
        arena_reset(&stage.arena);
        stage_forget_news(&stage);
    }
    int64_t all = clock_monotonic_us() - began;
    unsigned count = told(&stage, head, &oldest);
    print_message("# %u rows: claim %lld ms, %u turns in %lld ms, the slowest %lld ms\n", PAST,
                  (long long)claim / 1000, turns, (long long)all / 1000, (long long)slowest / 1000);
    assert_int_equal(count, STITCH_MOST);
    /* The newest: what a flow can still use. */
    assert_true(oldest >= stage.clock.at - HOUR_MS - DAY_MS + PAST - STITCH_MOST * 10 / 9 - 20);
    assert_true(turns <= STITCH_MOST / BACKFILL_ROWS / 4 + 40);
    stage_done(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_thousand_looks_block_nobody),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("stitch", tests, NULL, NULL);
}
