/* The dashboard's files: the page on its own paths and no other, asked again; the rest kept. */
#include "../../../src/admin/files.c"
#include "kit.h"

static void test_page(void **state)
{
    (void)state;
    static const char *const mine[] = {
        "/",         "/orders", "/orders/a%20b", "/events/x", "/people/7", "/live",
        "/recovery", "/match",  "/destinations", "/audit",    "/setup"};
    static const char *const none[] = {"/order", "/orders2", "/assets/", "/events", "/index.html"};
    struct kit kit;
    kit_open(&kit);
    for (unsigned i = 0; i < COUNT_OF(mine); i++) {
        assert_int_equal(kit_get(&kit, mine[i]), 200);
        kit_after(&kit, "Content-Type: text/html; charset=utf-8");
        kit_after(&kit, "Cache-Control: no-cache");
        kit_after(&kit, "Content-Security-Policy: default-src 'none'");
    }
    for (unsigned i = 0; i < COUNT_OF(none); i++)
        assert_int_equal(kit_get(&kit, none[i]), 404);
    assert_int_equal(kit_post(&kit, "/orders", ""), 404);
    kit_close(&kit);
}

static void test_assets(void **state)
{
    (void)state;
    struct kit kit;
    char header[128];
    kit_open(&kit);
    for (unsigned i = 0; i < files_count; i++) {
        const struct files_row *row = &files_rows[i];
        assert_int_equal(kit_get(&kit, row->path), 200);
        kit_after(&kit, row->page ? "no-cache" : "max-age=31536000, immutable");
        kit_after(&kit, "Content-Encoding: gzip");
        assert_int_equal(row->bytes[0], 0x1f);
        snprintf(header, sizeof header, "If-None-Match: %s\r\n", row->tag);
        assert_int_equal(kit_ask(&kit, "GET", row->path, header, ""), 304);
        kit_after(&kit, row->tag);
        assert_int_equal(kit_ask(&kit, "GET", row->path, "If-None-Match: \"other\"\r\n", ""), 200);
    }
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_assets),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
