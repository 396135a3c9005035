/* Who waits for RECORD, and who is let in to wait: nobody stands behind another store's flood. */
#include "../../../src/pipeline/admit.c"
#include "../../../src/pipeline/lanes.c"

#include "../base/check.h"

static const struct shop loud = {.name = SPAN("loud")}, quiet = {.name = SPAN("quiet")};

static struct queue_node *chain(struct parcel *parcels, unsigned count, const struct shop *shop,
                                const struct source *source)
{
    for (unsigned i = 0; i < count; i++)
        parcels[i] = (struct parcel){.node.next = i + 1 < count ? &parcels[i + 1].node : NULL,
                                     .kind = MESSAGE_PARCEL,
                                     .shop = shop,
                                     .source = source};
    return &parcels[0].node;
}

static unsigned place_of(const struct queue_node *list, const struct queue_node *wanted)
{
    unsigned place = 0;
    for (; list && list != wanted; list = list->next)
        place++;
    return list ? place : UINT32_MAX;
}

static void test_webhooks_overtake(void **state)
{
    (void)state;
    static struct parcel flood[1000], hook[1], view[1];
    struct lanes lanes = {0};
    lanes_put(&lanes, chain(flood, 1000, &loud, &source_collect));
    lanes_put(&lanes, chain(view, 1, &quiet, &source_collect));
    lanes_put(&lanes, chain(hook, 1, &quiet, &source_shopify));
    struct queue_node *turn = lanes_take(&lanes, 100);
    assert_int_equal(place_of(turn, &hook[0].node), 0);
    assert_in_range(place_of(turn, &view[0].node), 1, 3); /* beside the flood, not behind it */
    assert_int_equal(lanes_count(&lanes), 902);
}

/* Of one store first in first out, and webhooks leave a quarter of the turn to browsers. */
static void test_order_and_share(void **state)
{
    (void)state;
    static struct parcel hooks[500], views[500];
    struct lanes lanes = {0};
    lanes_put(&lanes, chain(hooks, 500, &loud, &source_shopify));
    lanes_put(&lanes, chain(views, 500, &quiet, &source_collect));
    struct queue_node *turn = lanes_take(&lanes, 100);
    for (unsigned i = 0; i < 75; i++, turn = turn->next)
        assert_ptr_equal(turn, &hooks[i].node);
    for (unsigned i = 0; i < 25; i++, turn = turn->next)
        assert_ptr_equal(turn, &views[i].node);
    assert_null(turn);
    unsigned rest = 0;
    for (turn = lanes_take(&lanes, UINT32_MAX); turn; turn = turn->next)
        rest++;
    assert_int_equal(rest, 900);
    assert_int_equal(lanes_count(&lanes), 0);
    assert_null(lanes_take(&lanes, 10));
}

static void test_reports_first(void **state)
{
    (void)state;
    static struct parcel views[50];
    static struct report report = {.kind = MESSAGE_REPORT};
    struct lanes lanes = {0};
    lanes_put(&lanes, chain(views, 50, &loud, &source_collect));
    lanes_put(&lanes, &report.node);
    assert_ptr_equal(lanes_take(&lanes, 1), &report.node);
}

static void test_half_the_room(void **state)
{
    (void)state;
    static struct admit admit;
    admit_init(&admit);
    for (unsigned i = 0; i < 100; i++)
        admit_pace(&admit, 1000, 500000); /* a thousand in half a second */
    unsigned let_in = 0;
    while (admit_take(&admit, loud.name, false))
        let_in++;
    assert_in_range(let_in, 490, 510);
    assert_true(admit_take(&admit, quiet.name, false)); /* the other half is for others */
    assert_true(admit_take(&admit, loud.name, true));   /* a webhook always */
    for (unsigned i = 0; i < let_in; i++)
        admit_give(&admit, loud.name);
    assert_true(admit_take(&admit, loud.name, false));
    admit_pace(&admit, 3, 2000000); /* a small turn tells nothing */
    assert_in_range(atomic_load(&admit.ceiling), 990, 1010);
    for (unsigned i = 0; i < 100; i++)
        admit_pace(&admit, 64, 60000000);
    assert_in_range(atomic_load(&admit.ceiling), 512, 515); /* never shut */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_webhooks_overtake),
        cmocka_unit_test(test_order_and_share),
        cmocka_unit_test(test_reports_first),
        cmocka_unit_test(test_half_the_room),
    };
    return CHECK_RUN(tests);
}
