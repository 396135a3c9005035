/*
 * Recordings read: each tests/fixtures/audit/har/NAME.har must be seen as NAME.seen says, a line an
 * event, an e-mail or a cookie. And files that are none.
 */
#include "../../../src/audit/har.c"

#include "../base/check.h"

#define MEMORY (256u * MIB)

static struct arena arena;
static struct signature_set *signatures;

static void start(struct capture *capture)
{
    capture_init(capture, &arena, signatures, SEEN_HAR, SPAN("shop.harbour.example"));
}

static const char *place_text(enum capture_place place)
{
    static const char *const texts[] = {
        [CAPTURE_ELSEWHERE] = "elsewhere", [CAPTURE_HOME] = "home",
        [CAPTURE_PRODUCT] = "product",     [CAPTURE_CART] = "cart",
        [CAPTURE_CHECKOUT] = "checkout",   [CAPTURE_THANKS] = "thanks"};
    return texts[place];
}

static const char *phase_text(enum capture_phase phase)
{
    static const char *const texts[] = {[CAPTURE_UNKNOWN] = "unknown",
                                        [CAPTURE_BEFORE] = "before",
                                        [CAPTURE_GRANTED] = "granted",
                                        [CAPTURE_DENIED] = "denied"};
    return texts[phase];
}

static void tell(const struct capture *capture, struct buf *out)
{
    static const char *const hashed[] = {"", " hashed", " badly-hashed"};
    for (unsigned i = 0; i < capture->hit_count; i++) {
        const struct hit *hit = &capture->hits[i];
        const struct capture_exchange *exchange = &capture->exchanges[hit->exchange];
        span line = hit_line(&arena, hit);
        buf_print(out, "%s %s: %s: %.*s%s%s%s\n", place_text(exchange->place),
                  phase_text(exchange->phase), hit_kind_text(hit->kind), SPAN_ARG(line),
                  hashed[hit->hashed], hit->server ? " own-host" : "",
                  exchange->failed.ptr ? " failed" : "");
    }
    for (unsigned i = 0; i < capture->exchange_count; i++)
        if (capture->exchanges[i].email.ptr)
            buf_print(out, "e-mail in %.*s of %.*s\n", SPAN_ARG(capture->exchanges[i].email),
                      SPAN_ARG(capture->exchanges[i].url));
    for (unsigned i = 0; i < capture->cookie_count; i++)
        buf_print(out, "cookie %.*s of %.*s for %lld s%s%s\n", SPAN_ARG(capture->cookies[i].name),
                  SPAN_ARG(capture->cookies[i].domain), (long long)capture->cookies[i].lifetime,
                  capture->cookies[i].http_only ? " http-only" : "",
                  capture->cookies[i].on_document ? " on the page" : "");
}

static span read_all(const char *path)
{
    FILE *file = fopen(path, "re");
    struct buf text;
    char bytes[4096];
    assert_non_null(file);
    buf_init(&text, 4 * MIB);
    for (size_t len; (len = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(&text, bytes, len);
    fclose(file);
    span kept = arena_copy(&arena, buf_span(&text));
    buf_done(&text);
    return kept;
}

static const char *const names[] = {"good",   "doubled",  "same_id",     "ignored",    "sanitized",
                                    "no_ids", "no_money", "plain_email", "odd_bodies", "x_linkedin",
                                    "bodies", "firefox",  "safari"};

static void test_recordings(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        struct capture capture;
        struct error error;
        struct buf seen;
        start(&capture);
        const char *path = arena_print(&arena, "%s/%s.har", FIXTURES, names[i]).ptr;
        assert_int_equal(har_read_file(&capture, path, NULL, &error), OK);
        assert_int_equal(capture.unread, 0);
        buf_init(&seen, MIB);
        tell(&capture, &seen);
        span want = read_all(arena_print(&arena, "%s/%s.seen", FIXTURES, names[i]).ptr);
        span got = arena_copy(&arena, buf_span(&seen));
        buf_done(&seen);
        if (!span_equal(got, want))
            fail_msg("%s.har was seen as\n%.*s", names[i], SPAN_ARG(got));
    }
}

/* The store's own pages and scripts, each once, pages without their query. */
static void test_bodies(void **state)
{
    (void)state;
    struct capture capture;
    struct error error;
    struct har_bodies bodies = {0};
    start(&capture);
    assert_int_equal(har_read_file(&capture, FIXTURES "/bodies.har", &bodies, &error), OK);
    assert_int_equal(bodies.count, 3);
    assert_true(bodies.items[0].page && bodies.items[2].page);
    assert_true(span_is(bodies.items[0].answer.url, "https://shop.harbour.example/"));
    assert_int_equal(bodies.items[0].answer.header_count, 2);
    const struct evidence_answer *script =
        har_script(&bodies, SPAN("https://shop.harbour.example/theme.js?v=2"));
    assert_non_null(script);
    assert_true(span_starts(script->body, "!function(){fbq('init'"));
    assert_null(har_script(&bodies, SPAN("https://cdn.other.example/x.js")));
}

/* Nothing of a buyer or a session stays in what a report could be made of. */
static void test_private(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        struct arena kept;
        struct capture capture;
        struct error error;
        arena_init(&kept, MEMORY);
        capture_init(&capture, &kept, signatures, SEEN_HAR, SPAN("shop.harbour.example"));
        const char *path = arena_print(&arena, "%s/%s.har", FIXTURES, names[i]).ptr;
        assert_int_equal(har_read_file(&capture, path, NULL, &error), OK);
        for (unsigned x = 0; x < capture.exchange_count; x++) {
            const struct capture_exchange *exchange = &capture.exchanges[x];
            assert_false(holds(exchange->url, "?") || holds(exchange->url, "ann"));
            assert_false(holds(exchange->page, "?") || holds(exchange->page, "ann"));
        }
        for (unsigned x = 0; x < capture.hit_count; x++) {
            span line = hit_line(&kept, &capture.hits[x]);
            assert_false(holds(line, "@") || holds(line, "SECRET"));
        }
        arena_done(&kept);
    }
}

static void refused(span text)
{
    struct capture capture;
    struct error error = {""};
    start(&capture);
    assert_int_equal(har_read(&capture, text, NULL, &error), INVALID);
    assert_true(*error.text != '\0');
}

static void test_hostile(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"log\":",
        "{\"log\":{\"entries\":",
        "{\"log\":{\"entries\":[",
        "{\"log\":{\"entries\":[]}}",
        "{\"log\":{\"entries\":{}}}",
        "{\"log\":{\"entries\":[1,2,{}]}}",
        "{\"log\":{\"entries\":[{\"request\":{\"url\":\"javascript:1\"}}]}}",
        "{\"log\\",
        "{\"log\":{\"entries\":[{\"request\":{\"url\":\"https://a/\"}",
        "{\"log\":{\"entries\":[,,,]}}",
    };
    for (unsigned i = 0; i < COUNT_OF(texts); i++)
        refused(span_of(texts[i]));
    char deep[4096];
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"log\":{\"entries\":[", 19);
    refused((span){deep, sizeof deep});
}

static void test_broken_entry_is_counted(void **state)
{
    (void)state;
    struct capture capture;
    struct error error;
    start(&capture);
    span text = SPAN(
        "\xEF\xBB\xBF { \"x\": [1,{\"]\":\"}\"}], \"log\" : {\"entries\" : [ "
        "{\"request\":{\"method\":\"GET\","
        "\"url\":\"https://shop.harbour.example/cart?a=ann@b.example\"}}, {\"request\":tru}, 7 ,\n"
        "{\"request\":{\"url\":\"https://a.example/\"}} ] } }");
    assert_int_equal(har_read(&capture, text, NULL, &error), OK);
    assert_int_equal(capture.exchange_count, 2);
    assert_int_equal(capture.unread, 2);
    assert_true(span_is(capture.exchanges[0].url, "https://shop.harbour.example/cart"));
    assert_true(span_is(capture.exchanges[0].email, "parameter a"));
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, MEMORY);
    return signature_open(&signatures) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    signature_close(signatures);
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recordings),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_private),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_broken_entry_is_counted),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
