/* Leaf tables: what each kind of row writes, what it leaves out, and what it says of itself. */
#include "../../../src/destinations/field.c"

#include "check.h"

static span nothing_left(struct arena *to, span raw)
{
    (void)to;
    (void)raw;
    return (span){0};
}
static span ready_if_x(struct arena *to, span raw)
{
    (void)to;
    return span_starts(raw, "x") ? raw : (span){0};
}

static span written(const struct event *event, const struct field *fields)
{
    struct buf out;
    struct json json;
    buf_init(&out, 4096);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    field_write(&json, &arena, event, fields);
    json_close(&json, '}');
    json_end(&json);
    span text = arena_copy(&arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct field fields[] = {
        FIELD("t", query), FIELD("m", value), FIELD("i", at), FIELD("l", who.email, .listed = true),
        FIELDS_END,
    };
    struct event event = {.query = SPAN("a\"b"),
                          .value = money_of(5990, 2),
                          .at = INT64_C(9007199254740993),
                          .who.email = SPAN("x")};
    check_span(written(&event, fields),
               "{\"t\":\"a\\\"b\",\"m\":59.90,\"i\":9007199254740993,\"l\":[\"x\"]}");
}

static void test_left_out(void **state)
{
    (void)state;
    static const struct field fields[] = {
        FIELD("absent", query),
        FIELD("empty", who.email),
        FIELD("not_given", value),
        FIELD("zero", at),
        FIELD("cleaned_away", who.phone, .clean = nothing_left, .hashed = true, .listed = true),
        FIELDS_END,
    };
    struct event event = {.who.email = SPAN(""), .who.phone = SPAN("12")};
    check_span(written(&event, fields), "{}");
    event.value = money_of(0, 2); /* zero money that is known is said */
    check_span(written(&event, fields), "{\"not_given\":0.00}");
}

static void test_hashed(void **state)
{
    (void)state;
    static const struct field fields[] = {
        FIELD("em", who.email, .clean = clean_email, .hashed = true, .listed = true),
        FIELDS_END,
    };
    struct event event = {.who.email = SPAN(" AlexZ@example.com ")};
    check_span(written(&event, fields),
               "{\"em\":[\"509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a\"]}");
    /* Hashed by somebody else: lower-cased, not hashed again. */
    event.who.email = SPAN("509E933019BB285A134A9334B8BB679DFF79D0CE023D529AF4BD744D47B4FD8A");
    check_span(written(&event, fields),
               "{\"em\":[\"509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a\"]}");
}

static void test_ready(void **state)
{
    (void)state;
    static const struct field field =
        FIELD("k", query, .clean = nothing_left, .ready = ready_if_x, .hashed = true);
    struct event event = {.query = SPAN("xyz")};
    check_span(field_text(&arena, &event, &field), "xyz");
    event.query = SPAN("abc");
    check_absent(field_text(&arena, &event, &field));
}

static void test_other_structs(void **state)
{
    (void)state;
    static const struct field fields[] = {
        FIELD_IN(struct item, "q", quantity),
        FIELD_IN(struct item, "p", price),
        FIELD_IN(struct item, "n", name, .clean = clean_plain),
        FIELDS_END,
    };
    struct item item = {.quantity = 3, .price = money_of(5, 0), .name = SPAN(" Hat ")};
    struct buf out;
    struct json json;
    buf_init(&out, 4096);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    field_write(&json, &arena, &item, fields);
    json_close(&json, '}');
    json_end(&json);
    check_span(buf_span(&out), "{\"q\":3,\"p\":5,\"n\":\"Hat\"}");
    buf_done(&out);
}

static void keep_row(void *to, const char *ours, const char *theirs, const char *remark)
{
    buf_print(to, "%s|%s|%s\n", ours, theirs, remark);
}

static void test_describe(void **state)
{
    (void)state;
    static const struct field fields[] = {
        FIELD("em", who.email, .clean = clean_email, .hashed = true),
        FIELD("id", id, .hashed = true),
        FIELD("city", who.city, .clean = clean_plain),
        FIELD("value", value),
        FIELD("time", at),
        FIELDS_END,
    };
    struct buf out;
    buf_init(&out, 4096);
    field_describe(fields, "our.", "their.", keep_row, &out);
    check_span(buf_span(&out), "our.who.email|their.em|normalised, SHA-256\n"
                               "our.id|their.id|SHA-256\n"
                               "our.who.city|their.city|normalised\n"
                               "our.value|their.value|decimal number\n"
                               "our.at|their.time|\n");
    buf_done(&out);
}

CHECK_MAIN(cmocka_unit_test(test_kinds), cmocka_unit_test(test_left_out),
           cmocka_unit_test(test_hashed), cmocka_unit_test(test_ready),
           cmocka_unit_test(test_other_structs), cmocka_unit_test(test_describe))
