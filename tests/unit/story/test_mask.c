/* What a viewer sees of people, ours and the platforms' words for them; and that secrets go. */
#include "../../../src/story/mask.c"

#include "../../../src/destinations/list.h"
#include "../base/check.h"

static const char *masked(struct arena *arena, const char *text)
{
    const struct json_value *value;
    struct json json;
    struct buf out;
    assert_int_equal(json_parse(arena, span_of(text), &value, NULL), OK);
    buf_init(&out, 100000);
    json_start(&json, &out);
    mask_value(&json, arena, (span){0}, value);
    json_end(&json);
    const char *copy = arena_text(arena, buf_span(&out));
    buf_done(&out);
    return copy;
}

static void test_people(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_string_equal(
        masked(&arena, "{\"who\":{\"email\":\"ada@example.com\",\"phone\":\"+4915112345678\","
                       "\"first_name\":\"Ädä\",\"zip\":\"10115\",\"country\":\"DE\"}}"),
        "{\"who\":{\"email\":\"a…@e…\",\"phone\":\"+49…78\",\"first_name\":\"Ä…\",\"zip\":\"1…\","
        "\"country\":\"DE\"}}");
    assert_string_equal(
        masked(&arena, "{\"client\":{\"ip\":\"81.2.69.160\"},\"n\":1.50,\"t\":true}"),
        "{\"client\":{\"ip\":\"81…\"},\"n\":1.50,\"t\":true}");
    /* Under any key, and in an array under its key. */
    assert_string_equal(
        masked(&arena, "{\"words\":\"ada@example.com\",\"ph\":[\"+4915112345678\"]}"),
        "{\"words\":\"a…@e…\",\"ph\":[\"+49…78\"]}");
    assert_string_equal(masked(&arena, "{\"em\":[\"0123456789abcdef0123456789abcdef"
                                       "0123456789abcdef0123456789abcdef\"]}"),
                        "{\"em\":[\"01234567…\"]}");
    /* What names nobody stays: money, ids, addresses of pages. */
    assert_string_equal(
        masked(&arena, "{\"url\":\"https://shop.example/@ada.x/1\",\"value\":\"59.90\"}"),
        "{\"url\":\"https://shop.example/@ada.x/1\",\"value\":\"59.90\"}");
    arena_done(&arena);
}

/* Every option that a destination calls secret, wherever it stands. */
static void test_secrets(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    unsigned seen = 0;
    for (unsigned i = 0; list_destinations[i]; i++) {
        const struct destination *destination = list_destinations[i];
        for (const struct option *o = destination->options; o->name; o++) {
            if (!o->secret || o->kind != OPTION_TEXT)
                continue;
            char *settings = arena_take(&arena, destination->settings_size);
            *(span *)(void *)(settings + o->offset) = SPAN("s3cr3t-t0k3n");
            span out = mask_secrets(&arena, destination, (const struct settings *)(void *)settings,
                                    SPAN("a s3cr3t-t0k3n b s3cr3t-t0k3n"));
            assert_true(span_is(out, "a ••• b •••"));
            seen++;
        }
    }
    assert_true(seen >= 5);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_people),
        cmocka_unit_test(test_secrets),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
