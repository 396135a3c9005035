/*
 * What every test file of this room includes: cmocka, a shop, a request, fixtures from
 * tests/fixtures/shopify, and short ways to say "decode this and look". FIXTURES comes from meson.
 */
#ifndef UNIT_SOURCES_SCENE_H
#define UNIT_SOURCES_SCENE_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../../src/base/date.h"
#include "../../../src/base/hash.h"
#include "../../../src/base/limits.h"
#include "../../../src/sources/source.h"

#define VISITOR "01JBZMEQJ835BT7PS613DWQAQP"
#define NOW     INT64_C(1795536000000) /* 2026-11-24T16:00:00Z: when requests arrive */

#define check_span(actual, expected) check_span_at((actual), SPAN(expected), __FILE__, __LINE__)
#define check_absent(actual)         assert_true(span_empty(actual))
#define check_money(actual, expected)                                                              \
    check_span_at(money_print(&scene.arena, (actual)), SPAN(expected), __FILE__, __LINE__)
#define check_word(actual, expected) assert_string_equal((actual) ? (actual) : "(none)", expected)

static inline void check_span_at(span actual, span expected, const char *file, int line)
{
    if (span_equal(actual, expected))
        return;
    print_error("%s:%d: \"%.*s\" instead of \"%.*s\"\n", file, line, SPAN_ARG(actual),
                SPAN_ARG(expected));
    _fail(file, line);
}

struct scene {
    struct arena arena;
    struct shop shop;
    struct http_header headers[12];
    struct http_request request;
    struct source_batch batch;
};
static struct scene scene;

static const span scene_hosts[] = {SPAN("*.acme.example"), SPAN("shop.acme.example")};
static const span scene_secrets[] = {SPAN(""), SPAN("old"), SPAN("hush")};
static const span scene_channels[] = {SPAN("web"), SPAN("580111")};

static inline int scene_open(void **state)
{
    (void)state;
    scene = (struct scene){0};
    arena_init(&scene.arena, LIMIT_REQUEST_ARENA);
    scene.shop = (struct shop){
        .name = SPAN("acme"),
        .hosts = {scene_hosts, 2},
        .currency = SPAN("EUR"),
        .cart_attribute = SPAN("_qz"),
        .cookie_domain = SPAN(".acme.example"),
        .dedup_window_ms = 7 * INT64_C(86400000),
        .shopify = {.domain = SPAN("acme.myshopify.com"),
                    .secrets = {scene_secrets, 3},
                    .notification_secret = SPAN("notify")},
        .orders = {.channels = {scene_channels, 2}},
    };
    scene.request = (struct http_request){
        .method = SPAN("POST"),
        .headers = scene.headers,
        .client_ip = SPAN("203.0.113.7"),
        .received_at = NOW,
    };
    return 0;
}

static inline int scene_close(void **state)
{
    (void)state;
    arena_done(&scene.arena);
    return 0;
}

static inline void scene_header(const char *name, span value)
{
    assert_true(scene.request.header_count < COUNT_OF(scene.headers));
    scene.headers[scene.request.header_count++] = (struct http_header){span_of(name), value};
}

/* The file's bytes, in the arena. */
static inline span scene_fixture(const char *name)
{
    char path[512], *text = arena_take(&scene.arena, 1 * MIB);
    snprintf(path, sizeof path, "%s/%s.json", FIXTURES, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("no fixture %s", path);
    size_t len = fread(text, 1, 1 * MIB, file);
    fclose(file);
    assert_true(len > 0 && len < 1 * MIB);
    return (span){text, len};
}

/* `text` with its one occurrence of `from` replaced. */
static inline span scene_replace(span text, const char *from, const char *to)
{
    const char *at = memmem(text.ptr, text.len, from, strlen(from));
    if (!at)
        fail_msg("nothing to replace: %s", from);
    size_t before = (size_t)(at - text.ptr);
    span head = arena_join(&scene.arena, span_sub(text, 0, before), span_of(to));
    return arena_join(&scene.arena, head, span_sub(text, before + strlen(from), text.len));
}

#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)
#define SCENE_RUN(tests)                                                                           \
    (cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, NULL, NULL))

#endif
