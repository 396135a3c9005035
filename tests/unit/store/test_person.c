/* Persons, links and merges. */
#include "../../../src/store/person.c"

#include "kit.h"

static int64_t person_new(struct kit *kit, span email)
{
    struct person_row row = {.shop = kit->shop, .who.email = email, .created_at = KIT_NOW};
    check_ok(person_put(kit->store, &row));
    assert_int_not_equal(row.id, 0);
    return row.id;
}

static void test_row_comes_back(void **state)
{
    struct kit *kit = *state;
    struct person_row got = {0};
    struct person_row row = {
        .shop = kit->shop,
        .who = {.visitor = SPAN("01JDVISITOR"),
                .email = SPAN("zo\xc3\xab@example.com"),
                .phone = SPAN("+4915112345678"),
                .customer_id = SPAN("820982911946154508"),
                .first_name = SPAN("Zo\xc3\xab \"Z\""),
                .country = SPAN("DE"),
                .shipping = {.city = SPAN("Berlin"), .zip = SPAN("10115")}},
        .created_at = KIT_NOW,
        .updated_at = KIT_NOW + 1,
        .flags = PERSON_FANOUT,
    };
    kit_turn(kit);
    check_ok(person_put(kit->store, &row));
    int64_t id = row.id;
    check_ok(person_get(store_view(kit->store), &kit->arena, id, &got));
    kit_commit(kit);
    check_ok(person_get(kit->view, &kit->arena, id, &got));
    assert_int_equal(got.id, id);
    assert_int_equal(got.shop, kit->shop);
    assert_int_equal(got.flags, PERSON_FANOUT);
    assert_int_equal(got.created_at, KIT_NOW);
    assert_int_equal(got.updated_at, KIT_NOW + 1);
    check_span(got.who.email, "zo\xc3\xab@example.com");
    check_span(got.who.phone, "+4915112345678");
    check_span(got.who.customer_id, "820982911946154508");
    check_span(got.who.first_name, "Zo\xc3\xab \"Z\"");
    check_span(got.who.country, "DE");
    check_span(got.who.shipping.city, "Berlin");
    check_span(got.who.shipping.zip, "10115");
    check_absent(got.who.visitor); /* a person has many */
    check_absent(got.who.last_name);

    row.who = (struct who){.last_name = SPAN("L")};
    kit_turn(kit);
    check_ok(person_put(kit->store, &row)); /* replaces, keeps its number */
    kit_commit(kit);
    assert_int_equal(row.id, id);
    check_ok(person_get(kit->view, &kit->arena, id, &got));
    check_absent(got.who.email);
    check_span(got.who.last_name, "L");
    assert_int_equal(person_get(kit->view, &kit->arena, id + 1, &got), MISSING);
}

static void test_links(void **state)
{
    struct kit *kit = *state;
    int64_t found = 0;
    kit_turn(kit);
    int64_t ada = person_new(kit, SPAN("ada@example.com")), bob = person_new(kit, SPAN("b"));
    check_ok(person_link(kit->store, kit->shop, LINK_EMAIL, SPAN("ada@example.com"), ada, false,
                         KIT_NOW));
    kit_commit(kit);
    check_ok(person_find(kit->view, kit->shop, LINK_EMAIL, SPAN("ada@example.com"), &found));
    assert_int_equal(found, ada);
    found = 0;
    assert_int_equal(
        person_find(kit->view, kit->shop + 1, LINK_EMAIL, SPAN("ada@example.com"), &found),
        MISSING);
    assert_int_equal(person_find(kit->view, kit->shop, LINK_PHONE, SPAN("ada@example.com"), &found),
                     MISSING);
    assert_int_equal(found, 0);
    kit_turn(kit);
    check_ok(person_link(kit->store, kit->shop, LINK_EMAIL, SPAN("ada@example.com"), bob, false,
                         KIT_NOW));
    kit_commit(kit);
    check_ok(person_find(kit->view, kit->shop, LINK_EMAIL, SPAN("ada@example.com"), &found));
    assert_int_equal(found, bob);
}

static void test_merge_chain(void **state)
{
    struct kit *kit = *state;
    struct person_row got = {0};
    int64_t p[6], found = 0;
    kit_turn(kit);
    for (int i = 0; i < 6; i++)
        p[i] = person_new(kit, SPAN("x"));
    check_ok(person_link(kit->store, kit->shop, LINK_PHONE, SPAN("+49"), p[0], false, KIT_NOW));
    for (int i = 0; i < 5; i++)
        check_ok(person_merge(kit->store, p[i], p[i + 1], SPAN("same order"), 7, KIT_NOW + i));
    /* Naming persons that live on as others, and the same twice, makes no ring. */
    check_ok(person_merge(kit->store, p[5], p[0], SPAN("again"), 7, KIT_NOW));
    check_ok(person_merge(kit->store, p[2], p[1], SPAN("again"), 7, KIT_NOW));
    kit_commit(kit);
    for (int i = 0; i < 6; i++)
        assert_int_equal(person_resolve(kit->view, p[i]), p[5]);
    assert_int_equal(person_resolve(kit->view, 0), 0);
    check_ok(person_get(kit->view, &kit->arena, p[1], &got));
    assert_int_equal(got.id, p[5]);
    check_ok(person_find(kit->view, kit->shop, LINK_PHONE, SPAN("+49"), &found));
    assert_int_equal(found, p[5]);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM alias"), 5);
}

static void test_story(void **state)
{
    struct kit *kit = *state;
    struct person_note *notes = NULL;
    unsigned count = 0;
    kit_turn(kit);
    int64_t ada = person_new(kit, SPAN("a")), old = person_new(kit, SPAN("b"));
    check_ok(person_link(kit->store, kit->shop, LINK_EMAIL, SPAN("ada@example.com"), ada, false,
                         KIT_NOW));
    check_ok(
        person_link(kit->store, kit->shop, LINK_CUSTOMER, SPAN("42"), old, false, KIT_NOW + 1));
    check_ok(visitor_own(kit->store, kit->shop, SPAN("01JDVISITOR"), KIT_NOW + 2, old, 0));
    check_ok(person_merge(kit->store, old, ada, SPAN("orders/create"), 7, KIT_NOW + 3));
    kit_commit(kit);
    check_ok(
        person_story(kit->view, &kit->arena, old, &notes, &count)); /* asked by the old number */
    assert_int_equal(count, 4);
    check_span(notes[0].kind, "link");
    check_span(notes[0].text, "email ada@example.com");
    check_span(notes[1].text, "customer 42");
    check_span(notes[2].kind, "visitor");
    check_span(notes[2].text, "01JDVISITOR");
    check_span(notes[3].kind, "merge");
    check_span(notes[3].text, "person 2 became 1: orders/create");
    assert_int_equal(notes[3].at, KIT_NOW + 3);
}

static void test_damaged_column(void **state)
{
    struct kit *kit = *state;
    struct person_row got = {.id = 77};
    kit_turn(kit);
    int64_t id = person_new(kit, SPAN("a"));
    kit_exec(kit, "UPDATE person SET who = '{\"who\":'");
    kit_commit(kit);
    assert_int_equal(person_get(kit->view, &kit->arena, id, &got), BROKEN);
    assert_int_equal(got.id, 77);
    assert_non_null(strstr(view_trouble(kit->view), "JSON"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_row_comes_back), KIT_TEST(test_links),          KIT_TEST(test_merge_chain),
        KIT_TEST(test_story),          KIT_TEST(test_damaged_column),
    };
    return CHECK_RUN(tests);
}
