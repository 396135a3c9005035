/* Pages: shared by those who stand at the same place, gaps filled, gone when nobody holds them. */
#include "../../../src/pipeline/reading.c"

#include "deliver_kit.h"

#define VISITOR "01JDVISITOR000000000000000"

static struct reading_cache cache_of(struct kit *kit)
{
    return (struct reading_cache){.view = kit->view};
}

static struct reading *take(struct kit *kit, struct reading_cache *cache, int64_t after)
{
    struct reading *page = NULL;
    check_ok(reading_take(cache, kit->shop_number, SPAN("EUR"), after, kit->clock.at, &page));
    return page;
}

static void test_shared(void **state)
{
    struct kit *kit = *state;
    struct reading_cache cache = cache_of(kit);
    kit_product(kit, "a");
    kit_product(kit, "b");
    struct reading *one = take(kit, &cache, 0), *two = take(kit, &cache, 0);
    assert_ptr_equal(one, two);
    assert_int_equal(one->count, 2);
    check_span(one->rows[1].event.id, "b");
    struct reading *other = take(kit, &cache, 1); /* begins before, and has what is asked for */
    assert_ptr_equal(one, other);
    struct reading *none = NULL;
    assert_int_equal(reading_take(&cache, kit->shop_number, SPAN("EUR"), 2, kit->clock.at, &none),
                     MISSING);
    kit->clock.at += READING_FRESH_MS; /* old: consent is asked anew */
    struct reading *later = take(kit, &cache, 0);
    assert_ptr_not_equal(one, later);
    check_span(one->rows[0].event.id, "a"); /* but whoever holds it keeps it */
    reading_drop(one);
    reading_drop(two);
    reading_drop(other);
    reading_drop(later);
    reading_forget(&cache, INT64_MAX);
    assert_null(cache.pages);
}

static void test_shared_while_it_lives(void **state)
{
    struct kit *kit = *state;
    struct reading_cache cache = cache_of(kit);
    kit_product(kit, "a");
    struct reading *one = take(kit, &cache, 0);
    assert_true(reading_is_end(&cache, one));
    cache.turn++;
    reading_forget(&cache, INT64_MAX); /* the cache has let go, we have not */
    struct reading *two = take(kit, &cache, 0);
    assert_ptr_equal(one, two);
    assert_false(reading_is_end(&cache, two)); /* there may be more by now */
    cache.erased++;
    struct reading *three = take(kit, &cache, 0); /* somebody was forgotten since */
    assert_ptr_not_equal(one, three);
    reading_drop(one);
    reading_drop(two);
    reading_drop(three);
    reading_forget(&cache, INT64_MAX);
    assert_null(cache.pages);
    assert_int_equal(cache.bytes, 0);
}

static void put_visitor(struct kit *kit, enum consent_choice marketing, int64_t at)
{
    const struct visitor_row row = {
        .visitor = SPAN(VISITOR),
        .first_at = at,
        .last_at = at,
        .consent = {.marketing = marketing, .source = SPAN("api"), .region = SPAN("US"), .at = at},
        .client = {.ip = SPAN("203.0.113.7"),
                   .user_agent = SPAN("Browser/1"),
                   .fbp = SPAN("fb.1.1.2"),
                   .url = SPAN("https://acme.example/elsewhere")},
    };
    kit_begin(kit);
    check_ok(visitor_put(kit->store, kit->shop_number, &row));
    kit_commit(kit);
}

static void put_person(struct kit *kit)
{
    struct person_row row = {.shop = kit->shop_number,
                             .who = {.email = SPAN("ada@example.com"), .country = SPAN("DE")},
                             .created_at = kit->clock.at,
                             .updated_at = kit->clock.at};
    kit_begin(kit);
    check_ok(person_put(kit->store, &row));
    check_ok(
        visitor_own(kit->store, kit->shop_number, SPAN(VISITOR), kit->clock.at - 1000, row.id, 0));
    kit_commit(kit);
}

static void test_gaps_are_filled(void **state)
{
    struct kit *kit = *state;
    struct reading_cache cache = cache_of(kit);
    put_visitor(kit, CONSENT_GRANTED, kit->clock.at - 10);
    put_person(kit);
    struct event bare = kit_event(kit, EVENT_PRODUCT_VIEWED, "bare");
    bare.who.visitor = SPAN(VISITOR);
    kit_append(kit, &bare);
    struct event full = bare;
    full.id = SPAN("full");
    full.client.ip = SPAN("198.51.100.1"); /* the agent must not be another device's */
    full.client.fbp = SPAN("fb.1.9.9");
    full.who.email = SPAN("other@example.com");
    kit_append(kit, &full);
    struct event before = bare;
    before.id = SPAN("before");
    before.at -= 5000; /* the visitor was nobody's then */
    kit_append(kit, &before);

    struct reading *page = take(kit, &cache, 0);
    const struct event *got = &page->rows[0].event;
    check_span(got->who.email, "ada@example.com");
    check_span(got->who.country, "DE");
    check_span(got->client.ip, "203.0.113.7");
    check_span(got->client.user_agent, "Browser/1");
    check_span(got->client.fbp, "fb.1.1.2");
    assert_true(span_empty(got->client.url));
    got = &page->rows[1].event;
    check_span(got->who.email, "other@example.com");
    check_span(got->client.ip, "198.51.100.1");
    assert_true(span_empty(got->client.user_agent));
    check_span(got->client.fbp, "fb.1.9.9");
    got = &page->rows[2].event;
    assert_true(span_empty(got->who.email));
    reading_drop(page);
    reading_forget(&cache, INT64_MAX);
}

/* The rows' bodies are gone once a page is made: what an event keeps as it came is its own. */
static void test_what_is_kept_verbatim_outlives_the_rows(void **state)
{
    struct kit *kit = *state;
    struct reading_cache cache = cache_of(kit);
    struct event asked = kit_event(kit, EVENT_PRODUCT_VIEWED, "asked");
    asked.custom = SPAN("{\"size\":\"M\"}");
    kit_append(kit, &asked);
    struct reading *page = take(kit, &cache, 0);
    check_span(page->rows[0].event.custom, "{\"size\":\"M\"}");
    reading_drop(page);
    reading_forget(&cache, INT64_MAX);
}

static void test_consent_then_and_now(void **state)
{
    struct kit *kit = *state;
    struct reading_cache cache = cache_of(kit);
    put_visitor(kit, CONSENT_DENIED, kit->clock.at + 1000); /* withdrawn after the event */
    struct event event = kit_event(kit, EVENT_PRODUCT_VIEWED, "e");
    event.who.visitor = SPAN(VISITOR);
    kit_append(kit, &event);
    struct event silent = event;
    silent.id = SPAN("silent");
    silent.consent = (struct consent){0};
    kit_append(kit, &silent);
    struct reading *page = take(kit, &cache, 0);
    assert_int_equal(page->rows[0].event.consent.marketing, CONSENT_GRANTED);
    assert_int_equal(page->rows[0].consent_now.marketing, CONSENT_DENIED);
    check_span(page->rows[0].consent_now.region, "DE");
    assert_int_equal(page->rows[1].event.consent.marketing, CONSENT_UNKNOWN); /* came later */
    put_visitor(kit, CONSENT_GRANTED, kit->clock.at + 2000);
    assert_int_equal(reading_consent(&cache, &kit->arena, &page->rows[0]).marketing,
                     CONSENT_GRANTED);
    reading_drop(page);
    reading_forget(&cache, INT64_MAX);
}

static void test_the_visitors_word_for_an_event_nobody_spoke_with(void **state)
{
    struct kit *kit = *state;
    struct reading_cache cache = cache_of(kit);
    put_visitor(kit, CONSENT_GRANTED, kit->clock.at - 1000);
    struct event silent = kit_order_event(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    silent.consent = (struct consent){0};
    silent.who.visitor = SPAN(VISITOR);
    kit_append(kit, &silent);
    struct reading *page = take(kit, &cache, 0);
    assert_int_equal(page->rows[0].event.consent.marketing, CONSENT_GRANTED);
    reading_drop(page);
    reading_forget(&cache, INT64_MAX);
}

/* A tab left open still says yes; meanwhile another said no, and later yes again: at the event's
   own time it was no. */
static void test_an_open_tabs_old_word(void **state)
{
    struct kit *kit = *state;
    struct reading_cache cache = cache_of(kit);
    put_visitor(kit, CONSENT_DENIED, kit->clock.at - 1000);
    struct event event = kit_event(kit, EVENT_PRODUCT_VIEWED, "e");
    event.who.visitor = SPAN(VISITOR);
    event.at = kit->clock.at;
    event.consent.at = kit->clock.at - 5000;
    kit_append(kit, &event);
    struct reading *page = take(kit, &cache, 0);
    assert_int_equal(page->rows[0].event.consent.marketing, CONSENT_DENIED);
    reading_drop(page);
    reading_forget(&cache, INT64_MAX);
}

/* Global Privacy Control and nothing else was said with it: who said yes before has said yes. */
static void test_a_signal_alone_is_not_all_that_was_said(void **state)
{
    struct kit *kit = *state;
    struct reading_cache cache = cache_of(kit);
    put_visitor(kit, CONSENT_GRANTED, kit->clock.at - 1000);
    struct event event = kit_event(kit, EVENT_PRODUCT_VIEWED, "e");
    event.who.visitor = SPAN(VISITOR);
    event.consent = (struct consent){0};
    consent_gpc(&event.consent, kit->clock.at);
    kit_append(kit, &event);
    struct reading *page = take(kit, &cache, 0);
    assert_int_equal(page->rows[0].event.consent.marketing, CONSENT_GRANTED);
    assert_int_equal(page->rows[0].event.consent.sale_of_data, CONSENT_DENIED);
    reading_drop(page);
    reading_forget(&cache, INT64_MAX);
}

static void test_bodies_that_are_no_events(void **state)
{
    struct kit *kit = *state;
    struct reading_cache cache = cache_of(kit);
    const span bodies[] = {SPAN(""), SPAN("{\"id\":"), SPAN("[]"), SPAN("{}")};
    const char *const troubles[] = {"erased", "unreadable", "unreadable", "erased"};
    kit_begin(kit);
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        const struct journal_row row = {.shop = kit->shop_number,
                                        .name = EVENT_PRODUCT_VIEWED,
                                        .event_id = SPAN("e"),
                                        .at = kit->clock.at,
                                        .received_at = kit->clock.at,
                                        .audience = AUDIENCE_ALL,
                                        .body = bodies[i]};
        check_ok(journal_append(kit->store, &row, &kit->seq));
    }
    kit_commit(kit);
    struct reading *page = take(kit, &cache, 0);
    assert_int_equal(page->count, COUNT_OF(bodies));
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        assert_string_equal(page->rows[i].trouble, troubles[i]);
    reading_drop(page);
    reading_forget(&cache, INT64_MAX);
}

static void test_some_rows_and_no_others(void **state)
{
    struct kit *kit = *state;
    struct reading_cache cache = cache_of(kit);
    const int64_t seqs[] = {1, 3, 99};
    kit_product(kit, "a");
    kit_product(kit, "b");
    kit_product(kit, "c");
    struct reading *page;
    check_ok(reading_these(&cache, SPAN("EUR"), seqs, COUNT_OF(seqs), kit->clock.at, &page));
    assert_int_equal(page->count, 3);
    check_span(page->rows[0].event.id, "a");
    check_span(page->rows[1].event.id, "c");
    assert_string_equal(page->rows[2].trouble, "row_gone");
    assert_int_equal(page->rows[2].row.seq, 99);
    assert_true(cache.bytes > 0);
    reading_drop(page);
    assert_int_equal(cache.bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_shared),
        KIT_TEST(test_shared_while_it_lives),
        KIT_TEST(test_gaps_are_filled),
        KIT_TEST(test_what_is_kept_verbatim_outlives_the_rows),
        KIT_TEST(test_consent_then_and_now),
        KIT_TEST(test_an_open_tabs_old_word),
        KIT_TEST(test_a_signal_alone_is_not_all_that_was_said),
        KIT_TEST(test_the_visitors_word_for_an_event_nobody_spoke_with),
        KIT_TEST(test_bodies_that_are_no_events),
        KIT_TEST(test_some_rows_and_no_others),
    };
    return CHECK_RUN(tests);
}
