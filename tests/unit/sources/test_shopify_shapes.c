/*
 * Any member of any body may be null, and Shopify writes [] for {}: every member of every fixture
 * is replaced in turn, and the body must still be taken, unless the member is the one thing that
 * its topic cannot do without. What is of a wrong kind may be quarantined, with a word.
 */
#include "../../../src/sources/shopify.c"
#include "webhook.h"

static const struct {
    const char *fixture, *topic;
    const char *needed[3]; /* keys at the top that the topic cannot do without */
} bodies[] = {
    {"orders-create", "orders/create", {"id"}},
    {"orders-updated-refunded", "orders/updated", {"id"}},
    {"orders-create-multicurrency", "orders/paid", {"id"}},
    {"refunds-create-multicurrency", "refunds/create", {"id", "order_id"}},
    {"refunds-create", "refunds/create", {"id", "order_id"}},
    {"fulfillments-update", "fulfillments/update", {"id", "order_id"}},
    {"checkouts-create-official", "checkouts/create", {"token"}},
    {"customers-update", "customers/update", {"id"}},
    {"customers-data_request", "customers/data_request", {"customer"}},
    {"app-uninstalled", "app/uninstalled", {NULL}},
};

static bool needed(size_t body, const struct json_value *top, const struct json_value *value)
{
    for (size_t i = 0; i < COUNT_OF(bodies[0].needed) && bodies[body].needed[i]; i++) {
        if (json_get(top, bodies[body].needed[i]) == value)
            return true;
    }
    return false;
}

static void deliver_changed(size_t body, const struct json_value *top, bool may_be_refused)
{
    struct buf text;
    struct json json;
    buf_init(&text, 1 * MIB);
    json_start(&json, &text);
    json_put_value(&json, NULL, top);
    json_end(&json);
    struct arena kept = scene.arena;
    arena_init(&scene.arena, LIMIT_REQUEST_ARENA);
    enum source_verdict verdict = deliver(bodies[body].topic, buf_span(&text));
    if (verdict == SOURCE_QUARANTINED && may_be_refused)
        assert_non_null(scene.batch.error);
    else if (verdict != SOURCE_TAKEN)
        fail_msg("%s: %s: %.*s", bodies[body].fixture, scene.batch.error,
                 SPAN_ARG(buf_span(&text)));
    arena_done(&scene.arena);
    scene.arena = kept;
    buf_done(&text);
}

static unsigned change_all(size_t body, const struct json_value *top, struct json_value *value)
{
    static const enum json_kind kinds[] = {JSON_NULL, JSON_ARRAY, JSON_OBJECT};
    unsigned changed = 0;
    struct json_value whole = *value;
    for (size_t i = 0; i < COUNT_OF(kinds) && value != top; i++) {
        *value = (struct json_value){.kind = kinds[i], .key = whole.key, .next = whole.next};
        deliver_changed(body, top, kinds[i] != JSON_NULL || needed(body, top, value));
        *value = whole;
        changed++;
    }
    for (struct json_value *child = value->first; child; child = child->next)
        changed += change_all(body, top, child);
    return changed;
}

static void test_every_member(void **state)
{
    (void)state;
    unsigned changed = 0;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        const struct json_value *root;
        span fixture = scene_fixture(bodies[i].fixture);
        assert_int_equal(json_parse(&scene.arena, fixture, &root, NULL), OK);
        struct json_value *top = arena_new(&scene.arena, struct json_value);
        *top = *root;
        deliver_changed(i, top, false);
        changed += change_all(i, top, top);
    }
    assert_true(changed > 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {SCENE_TEST(test_every_member)};
    return SCENE_RUN(tests);
}
