/* Orders as rows: found by any of their names, joined, due, searched. */
#include "../../../src/store/order.c"

#include "kit.h"

static struct order_row full_row(const struct kit *kit)
{
    return (struct order_row){
        .shop = kit->shop,
        .state = ORDER_SENT,
        .reason = SPAN("why"),
        .id = SPAN("o_tok"),
        .order_id = SPAN("820982911946154508"),
        .number = SPAN("1001"),
        .name = SPAN("#1001"),
        .checkout_token = SPAN("tok"),
        .cart_token = SPAN("cart"),
        .server = SPAN("{\"server\":1}"),
        .browser = SPAN("{\"browser\":1}"),
        .server_seq = 11,
        .browser_seq = 12,
        .sent_seq = 13,
        .due_at = 14,
        .trigger_at = 15,
        .updated_at = 16,
        .created_at = 17,
        .first_at = 18,
        .visitor = SPAN("01JDVISITOR"),
        .person = 19,
        .matched = SPAN("note_attribute"),
        .currency = SPAN("KWD"),
        .value = {.units = 59900, .scale = 3, .given = true},
        .adjusted = {.units = 0, .scale = 3, .given = true},
        .edited = {0},
        .paid = true,
        .cancelled = false,
    };
}

static void check_money(struct money a, struct money b)
{
    assert_int_equal(a.given, b.given);
    assert_int_equal(a.units, b.units);
    assert_int_equal(a.scale, b.scale);
}

static void check_row(const struct order_row *a, const struct order_row *b)
{
    assert_int_equal(a->key, b->key);
    assert_int_equal(a->shop, b->shop);
    assert_int_equal(a->state, b->state);
    const span texts[][2] = {{a->reason, b->reason},
                             {a->id, b->id},
                             {a->order_id, b->order_id},
                             {a->number, b->number},
                             {a->name, b->name},
                             {a->checkout_token, b->checkout_token},
                             {a->cart_token, b->cart_token},
                             {a->server, b->server},
                             {a->browser, b->browser},
                             {a->visitor, b->visitor},
                             {a->matched, b->matched},
                             {a->currency, b->currency}};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_true(span_equal(texts[i][0], texts[i][1]));
        assert_int_equal(texts[i][0].ptr == NULL, texts[i][1].ptr == NULL);
    }
    const int64_t numbers[][2] = {{a->server_seq, b->server_seq}, {a->browser_seq, b->browser_seq},
                                  {a->sent_seq, b->sent_seq},     {a->due_at, b->due_at},
                                  {a->trigger_at, b->trigger_at}, {a->updated_at, b->updated_at},
                                  {a->created_at, b->created_at}, {a->first_at, b->first_at},
                                  {a->person, b->person},         {a->paid, b->paid},
                                  {a->cancelled, b->cancelled}};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        assert_int_equal(numbers[i][0], numbers[i][1]);
    check_money(a->value, b->value);
    check_money(a->adjusted, b->adjusted);
    check_money(a->edited, b->edited);
}

static void test_row_comes_back(void **state)
{
    struct kit *kit = *state;
    struct order_row row = full_row(kit), bare = {.shop = kit->shop}, got = {0};
    kit_turn(kit);
    check_ok(order_put(kit->store, &row));
    check_ok(order_put(kit->store, &bare));
    kit_commit(kit);
    assert_int_not_equal(row.key, 0);
    assert_int_not_equal(row.key, bare.key);
    check_ok(order_get(kit->view, &kit->arena, row.key, &got));
    check_row(&got, &row);
    check_ok(order_get(kit->view, &kit->arena, bare.key, &got));
    check_row(&got, &bare);
    row.reason = (span){0};
    row.cancelled = true;
    row.edited = money_of(-5, 2);
    int64_t key = row.key;
    kit_turn(kit);
    check_ok(order_put(kit->store, &row));
    kit_commit(kit);
    assert_int_equal(row.key, key);
    check_ok(order_get(kit->view, &kit->arena, key, &got));
    check_row(&got, &row);
    assert_int_equal(order_get(kit->view, &kit->arena, 999, &got), MISSING);
}

static void test_every_state(void **state)
{
    struct kit *kit = *state;
    struct order_row got = {0};
    for (unsigned i = 0; i < ORDER_STATE_COUNT; i++) {
        struct order_row row = {.shop = kit->shop, .state = (enum order_state)i};
        kit_turn(kit);
        check_ok(order_put(kit->store, &row));
        kit_commit(kit);
        check_ok(order_get(kit->view, &kit->arena, row.key, &got));
        assert_int_equal(got.state, i);
    }
    assert_string_equal(order_state_text(ORDER_SEEN_BROWSER), "SEEN_BROWSER");
}

static void test_find(void **state)
{
    struct kit *kit = *state;
    struct order_row by_id = {.shop = kit->shop}, by_token = by_id, by_cart = by_id, got = {0};
    kit_turn(kit);
    check_ok(order_put(kit->store, &by_id));
    check_ok(order_put(kit->store, &by_token));
    check_ok(order_put(kit->store, &by_cart));
    check_ok(order_alias_put(kit->store, kit->shop, ALIAS_ORDER_ID, SPAN("1"), by_id.key));
    check_ok(order_alias_put(kit->store, kit->shop, ALIAS_CHECKOUT, SPAN("tok"), by_token.key));
    check_ok(order_alias_put(kit->store, kit->shop, ALIAS_CART, SPAN("cart"), by_cart.key));
    check_ok(
        order_alias_put(kit->store, kit->shop, ALIAS_CART, SPAN("cart"), by_id.key)); /* too late */
    kit_commit(kit);
    const span none = {0};
    const struct {
        span id, token, cart;
        int64_t key;
    } cases[] = {
        {SPAN("1"), SPAN("tok"), SPAN("cart"), by_id.key},
        {SPAN("2"), SPAN("tok"), SPAN("cart"), by_token.key},
        {none, SPAN("tok"), SPAN("cart"), by_token.key},
        {SPAN("2"), SPAN("x"), SPAN("cart"), by_cart.key},
        {SPAN(""), none, SPAN("cart"), by_cart.key},
        {SPAN("tok"), SPAN("cart"), SPAN("1"), 0},
        {none, none, none, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum status status = order_find(kit->view, &kit->arena, kit->shop, cases[i].id,
                                        cases[i].token, cases[i].cart, &got);
        assert_int_equal(status, cases[i].key ? OK : MISSING);
        if (cases[i].key)
            assert_int_equal(got.key, cases[i].key);
    }
    assert_int_equal(order_find(kit->view, &kit->arena, kit->shop + 1, SPAN("1"), none, none, &got),
                     MISSING);
}

static void test_join(void **state)
{
    struct kit *kit = *state;
    struct order_row from = {.shop = kit->shop}, into = from, got = {0};
    struct outcome_row outcome = {.shop = kit->shop,
                                  .subject = SPAN("o_1"),
                                  .destination = SPAN("meta"),
                                  .name = EVENT_ORDER_PLACED,
                                  .state = OUTCOME_DELIVERED};
    struct outcome_row *outcomes = NULL;
    struct order_fact *facts = NULL;
    unsigned count = 0;
    kit_turn(kit);
    check_ok(order_put(kit->store, &from));
    check_ok(order_put(kit->store, &into));
    check_ok(order_alias_put(kit->store, kit->shop, ALIAS_CHECKOUT, SPAN("tok"), from.key));
    check_ok(order_alias_put(kit->store, kit->shop, ALIAS_ORDER_ID, SPAN("1"), into.key));
    const struct order_fact known[] = {
        {from.key, EVENT_ORDER_REFUNDED, SPAN("r1"), 3, KIT_NOW, true},
        {into.key, EVENT_ORDER_REFUNDED, SPAN("r1"), 4, KIT_NOW, false}, /* known to both */
        {from.key, EVENT_ORDER_REFUNDED, SPAN("r2"), 5, KIT_NOW, false},
        {into.key, EVENT_ORDER_CANCELLED, (span){0}, 6, KIT_NOW, true},
        {from.key, EVENT_ORDER_CANCELLED, (span){0}, 7, KIT_NOW, false},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        check_ok(order_fact_put(kit->store, &known[i]));
    outcome.order = from.key;
    check_ok(outcome_put(kit->store, &outcome));
    check_ok(order_join(kit->store, from.key, into.key));
    check_ok(order_join(kit->store, into.key, into.key)); /* nothing */
    kit_commit(kit);

    check_ok(order_get(kit->view, &kit->arena, from.key, &got));
    assert_int_equal(got.key, into.key);
    check_ok(
        order_find(kit->view, &kit->arena, kit->shop, (span){0}, SPAN("tok"), (span){0}, &got));
    assert_int_equal(got.key, into.key);
    check_ok(order_facts(kit->view, &kit->arena, from.key, &facts, &count));
    assert_int_equal(count, 0);
    check_ok(order_facts(kit->view, &kit->arena, into.key, &facts, &count));
    assert_int_equal(count, 3);
    check_span(facts[0].subject, "r1");
    assert_true(facts[0].applied); /* what either had applied is applied */
    check_span(facts[1].subject, "r2");
    assert_false(facts[1].applied);
    assert_int_equal(facts[2].what, EVENT_ORDER_CANCELLED);
    assert_true(facts[2].applied);
    check_ok(outcome_of_order(kit->view, &kit->arena, into.key, &outcomes, &count));
    assert_int_equal(count, 1);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM orders"), 1);
}

static void test_search(void **state)
{
    struct kit *kit = *state;
    struct order_row older = full_row(kit), newer = full_row(kit), *rows = NULL;
    unsigned count = 0;
    older.first_at = 1;
    newer.first_at = 2;
    newer.order_id = SPAN("7");
    newer.id = SPAN("o_other");
    kit_turn(kit);
    check_ok(order_put(kit->store, &older));
    check_ok(order_put(kit->store, &newer));
    kit_commit(kit);
    const struct {
        span text;
        unsigned count;
        int64_t first;
    } cases[] = {{SPAN("1001"), 2, newer.key}, {SPAN("#1001"), 2, newer.key},
                 {SPAN("7"), 1, newer.key},    {SPAN("o_tok"), 1, older.key},
                 {SPAN("tok"), 0, 0},          {SPAN("100"), 0, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check_ok(order_search(kit->view, &kit->arena, cases[i].text, &rows, &count));
        assert_int_equal(count, cases[i].count);
        if (count)
            assert_int_equal(rows[0].key, cases[i].first);
    }
}

static void test_due(void **state)
{
    struct kit *kit = *state;
    const int64_t dues[] = {300, 0, 100, 200, 100};
    int64_t keys[COUNT_OF(dues)], *due = NULL;
    unsigned count = 0;
    assert_int_equal(order_next_due(kit->view), 0);
    kit_turn(kit);
    for (size_t i = 0; i < COUNT_OF(dues); i++) {
        struct order_row row = {.shop = kit->shop, .due_at = dues[i]};
        check_ok(order_put(kit->store, &row));
        keys[i] = row.key;
    }
    kit_commit(kit);
    assert_int_equal(order_next_due(kit->view), 100);
    check_ok(order_due(kit->view, &kit->arena, 99, 10, &due, &count));
    assert_int_equal(count, 0);
    check_ok(order_due(kit->view, &kit->arena, 200, 10, &due, &count));
    assert_int_equal(count, 3);
    assert_int_equal(due[0], keys[2]);
    assert_int_equal(due[1], keys[4]);
    assert_int_equal(due[2], keys[3]);
    check_ok(order_due(kit->view, &kit->arena, 999, 1, &due, &count));
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_row_comes_back), KIT_TEST(test_every_state), KIT_TEST(test_find),
        KIT_TEST(test_join),           KIT_TEST(test_search),      KIT_TEST(test_due),
    };
    return CHECK_RUN(tests);
}
