/*
 * Forgetting: nothing of the person is left in the bytes of the file or its log, and nothing of
 * anybody else's is touched.
 */
#include "../../../src/store/erase.h"

#include <stdio.h>

#include "kit.h"

#define LAPTOP SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W3")
#define TABLET SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W4")
static const char *const traces[] = {"ada@example.com", "Ada@Example.com", "4915112345678",
                                     "Lovelace", "01JD8QZ3V5K9N2M4P6R8S0T1W3"};

static int64_t say(struct kit *kit, span visitor, int64_t person, const char *body)
{
    struct journal_row row = kit_row(kit);
    row.visitor = visitor;
    row.person = person;
    row.body = span_of(body);
    return kit_append(kit, row);
}

static int64_t erasure_of(struct view *view)
{
    int64_t id;
    check_ok(erase_open(view, &id));
    return id;
}

static unsigned bytes_with(const struct kit *kit, const char *text)
{
    static const char *const ends[] = {"", "-wal"};
    unsigned found = 0;
    for (unsigned i = 0; i < COUNT_OF(ends); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", kit->path, ends[i]);
        FILE *file = fopen(path, "r");
        if (!file)
            continue;
        static char bytes[32 << 20];
        size_t len = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        found += memmem(bytes, len, text, strlen(text)) != NULL;
    }
    return found;
}

static void forget(struct kit *kit, const struct erase_wish *wish, struct erase_receipt *ret)
{
    int64_t id;
    bool done = false;
    kit_turn(kit);
    check_ok(erase_begin(kit->store, &kit->arena, wish, KIT_NOW, &id));
    kit_commit(kit);
    for (unsigned i = 0; i < 100 && !done; i++) {
        kit_turn(kit);
        check_ok(erase_slice(kit->store, &kit->arena, id, KIT_NOW + 5, &done));
        kit_commit(kit);
    }
    assert_true(done);
    check_ok(store_scrub(kit->store));
    check_ok(erase_receipt(kit->view, &kit->arena, id, ret));
}

/* Ada in every table there is, and Bob beside her. */
static void people(struct kit *kit, int64_t *ret_ada, int64_t *ret_bob)
{
    struct person_row ada = {.shop = kit->shop,
                             .who = {.email = SPAN("ada@example.com"),
                                     .last_name = SPAN("Lovelace"),
                                     .phone = SPAN("+4915112345678"),
                                     .customer_id = SPAN("42")}};
    struct person_row bob = {.shop = kit->shop, .who.email = SPAN("nada@example.com")};
    kit_turn(kit);
    check_ok(person_put(kit->store, &ada));
    check_ok(person_put(kit->store, &bob));
    check_ok(
        person_link(kit->store, kit->shop, LINK_EMAIL, SPAN("ada@example.com"), ada.id, false, 1));
    check_ok(
        person_link(kit->store, kit->shop, LINK_PHONE, SPAN("+4915112345678"), ada.id, false, 1));
    check_ok(person_link(kit->store, kit->shop, LINK_CUSTOMER, SPAN("42"), ada.id, false, 1));
    check_ok(
        person_link(kit->store, kit->shop, LINK_EMAIL, SPAN("nada@example.com"), bob.id, false, 1));
    struct visitor_row laptop = {.visitor = LAPTOP, .client.url = SPAN("/?e=ada@example.com")};
    struct visitor_row tablet = {.visitor = TABLET, .client.ip = SPAN("81.2.69.160")};
    check_ok(visitor_put(kit->store, kit->shop, &laptop));
    check_ok(visitor_put(kit->store, kit->shop, &tablet));
    check_ok(visitor_own(kit->store, kit->shop, LAPTOP, KIT_NOW, ada.id, 0));
    check_ok(visitor_own(kit->store, kit->shop, TABLET, KIT_NOW, ada.id, 0));
    check_ok(visitor_own(kit->store, kit->shop, TABLET, KIT_NOW + 1000, bob.id, 0));
    *ret_ada = ada.id;
    *ret_bob = bob.id;
}

static void test_no_byte_is_left(void **state)
{
    struct kit *kit = *state;
    int64_t ada, bob;
    people(kit, &ada, &bob);
    char long_body[9000];
    memset(long_body, 'x', sizeof long_body - 1); /* overflow pages */
    long_body[sizeof long_body - 1] = '\0';
    memcpy(long_body, "{\"who\":{\"email\":\"ada@example.com\"},\"custom\":\"", 45);
    int64_t first = say(kit, (span){0}, ada, long_body);
    for (unsigned i = 0; i < 300; i++)
        say(kit, (span){0}, i % 3 ? bob : ada,
            i % 3 ? "{\"who\":{\"email\":\"nada@example.com\"}}"
                  : "{\"who\":{\"email\":\"Ada@Example.com\",\"last_name\":\"Lovelace\"}}");
    int64_t claimed = say(kit, (span){0}, 0, "{\"who\":{\"phone\":\"0151 12345678\"}}");
    int64_t anonymous = say(kit, LAPTOP, 0, "{\"name\":\"page_viewed\"}");
    int64_t bobs = say(kit, TABLET, bob, "{\"who\":{\"email\":\"nada@example.com\"}}");
    struct order_row order = {.shop = kit->shop,
                              .state = ORDER_SENT,
                              .person = ada,
                              .key = first,
                              .order_id = SPAN("5001"),
                              .server = SPAN("{\"who\":{\"email\":\"ada@example.com\"}}")};
    check_ok(order_put(kit->store, &order));
    check_ok(order_alias_put(kit->store, kit->shop, ALIAS_ORDER_ID, SPAN("5001"), first));
    struct letter_row letter = {.shop = kit->shop,
                                .destination = SPAN("klaviyo"),
                                .seq = first,
                                .state = LETTER_DEAD,
                                .words = SPAN("ada@example.com is no address"),
                                .created_at = KIT_NOW};
    check_ok(letter_put(kit->store, &letter));
    struct batch_row batch = {.id = 1,
                              .shop = kit->shop,
                              .destination = SPAN("klaviyo"),
                              .state = BATCH_SETTLED,
                              .seqs = &first,
                              .count = 1,
                              .answer = SPAN("ada@example.com: invalid")};
    check_ok(batch_put(kit->store, &batch));
    check_ok(journal_quarantine(kit->store, kit->shop, SPAN("shopify"), SPAN("orders/create"),
                                SPAN("odd"), SPAN("{\"email\":\"ada@example.com\",,"), KIT_NOW));
    kit_commit(kit);
    for (unsigned i = 0; i < COUNT_OF(traces); i++)
        assert_true(bytes_with(kit, traces[i]) > 0);

    const struct dossier_name name = {LINK_EMAIL, SPAN("ada@example.com")};
    struct erase_wish wish = {
        .shop = kit->shop, .names = &name, .name_count = 1, .asked_by = "forget"};
    struct erase_receipt receipt;
    forget(kit, &wish, &receipt);
    /* "nada@example.com" has the letters of "ada@example.com" in it, and stays. */
    assert_int_equal(bytes_with(kit, "\"ada@example.com"), 0);
    assert_int_equal(bytes_with(kit, "=ada@example.com"), 0);
    assert_int_equal(bytes_with(kit, "\nada@example.com"), 0);
    for (unsigned i = 1; i < COUNT_OF(traces); i++)
        if (bytes_with(kit, traces[i]))
            fail_msg("%s is still in the file", traces[i]);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM journal WHERE body LIKE '%nada@%'"),
                     201);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM person"), 1);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM link"), 1);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM owner"), 1);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM orders"), 0);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM order_alias"), 0);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM quarantine"), 0);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM batch WHERE answer IS NOT NULL"), 0);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM letter WHERE state = 3"), 1);
    struct journal_row row;
    check_ok(journal_one(kit->view, &kit->arena, claimed, &row));
    check_span(row.body, "");
    check_ok(journal_one(kit->view, &kit->arena, anonymous, &row));
    check_span(row.body, "");
    check_ok(journal_one(kit->view, &kit->arena, bobs, &row));
    check_span(row.visitor, "01JD8QZ3V5K9N2M4P6R8S0T1W4");
    assert_int_equal(receipt.done_at, KIT_NOW + 5);
    assert_non_null(memmem(receipt.removed.ptr, receipt.removed.len, "\"journal\":103", 13));
    assert_non_null(memmem(receipt.removed.ptr, receipt.removed.len, "\"orders\":1", 10));
}

/* As people write them, where no key tells what it is; and what only looks like it. */
static void test_what_says_a_name(void **state)
{
    (void)state;
    static const struct {
        enum link_kind kind;
        const char *name, *text;
        bool says;
    } rows[] = {
        {LINK_PHONE, "+4915112345678", "{\"note\":\"call me: 0151 / 123 456-78, mornings\"}", true},
        {LINK_PHONE, "+4915112345678", "{\"note\":\"+49 (0) 151 12345678\"}", true},
        {LINK_PHONE, "+4915112345678", "{\"note\":\"0049 151.12345678\"}", true},
        {LINK_PHONE, "+4915112345678", "{\"note\":\"+49\302\240151\302\24012345678\"}", true},
        {LINK_PHONE, "+4915112345678", "{\"tel\":\"4915112345678\"}", true},
        {LINK_PHONE, "+4915112345678", "{\"url\":\"/x?tel=%2B4915112345678\"}", true},
        {LINK_PHONE, "+12125551234", "{\"note\":\"(212) 555-1234\"}", true},
        {LINK_PHONE, "+4915112345678", "{\"id\":\"12345678\"}", false},
        {LINK_PHONE, "+4915112345678", "{\"id\":\"994915112345678\"}", false},
        {LINK_PHONE, "+4915112345678", "{\"id\":\"49151123456780\"}", false},
        {LINK_PHONE, "+4915112345678", "{\"id\":\"a4915112345678\"}", false},
        {LINK_PHONE, "+4915112345678", "{\"note\":\"0151 12345679\"}", false},
        {LINK_EMAIL, "j\303\266rg@example.com", "{\"email\":\"J\303\226RG@Example.COM\"}", true},
        {LINK_EMAIL, "ada@example.com", "{\"url\":\"/?e=Ada%40Example.com&x\"}", true},
        {LINK_EMAIL, "ada@example.com", "{\"email\":\"ada@example.community\"}", false},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        const struct dossier_name name = {rows[i].kind, span_of(rows[i].name)};
        const struct dossier dossier = {.names = &name, .name_count = 1};
        if (dossier_says(&dossier, span_of(rows[i].text)) != rows[i].says)
            fail_msg("%s: %s", rows[i].name, rows[i].text);
    }
}

/* A kill between the slices: whoever comes next goes on. */
static void test_it_goes_on(void **state)
{
    struct kit *kit = *state;
    int64_t ada, bob, id;
    people(kit, &ada, &bob);
    for (unsigned i = 0; i < ERASE_ROWS + 10; i++)
        say(kit, (span){0}, i % 2 ? ada : bob, "{\"name\":\"page_viewed\"}");
    kit_commit(kit);
    const struct dossier_name name = {LINK_CUSTOMER, SPAN("42")};
    struct erase_wish wish = {
        .shop = kit->shop, .names = &name, .name_count = 1, .asked_by = "customers/redact"};
    kit_turn(kit);
    check_ok(erase_begin(kit->store, &kit->arena, &wish, KIT_NOW, &id));
    kit_commit(kit);
    bool done = false;
    kit_turn(kit);
    check_ok(erase_slice(kit->store, &kit->arena, id, KIT_NOW, &done));
    kit_commit(kit);
    assert_false(done);
    /* While it goes on, the person starts anew. */
    int64_t person;
    assert_int_equal(person_find(kit->view, kit->shop, LINK_CUSTOMER, SPAN("42"), &person),
                     MISSING);
    store_close(kit->store);
    kit_store_open(kit);
    assert_int_equal(erasure_of(kit->view), id);
    for (unsigned i = 0; i < 10 && !done; i++) {
        kit_turn(kit);
        check_ok(erase_slice(kit->store, &kit->arena, id, KIT_NOW, &done));
        kit_commit(kit);
    }
    assert_true(done);
    assert_int_equal(erasure_of(kit->view), 0);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM journal WHERE body = ''"),
                     (ERASE_ROWS + 10) / 2);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM erasure WHERE wanted IS NOT NULL"), 0);
}

static void test_a_shop_leaves(void **state)
{
    struct kit *kit = *state;
    int64_t ada, bob, other, since;
    people(kit, &ada, &bob);
    say(kit, LAPTOP, ada, "{\"who\":{\"email\":\"ada@example.com\"}}");
    check_ok(store_shop(kit->store, SPAN("other"), KIT_NOW, &other, &since));
    struct journal_row row = kit_row(kit);
    row.shop = other;
    kit_append(kit, row);
    check_ok(person_link(kit->store, other, LINK_EMAIL, SPAN("x@example.com"), 99, false, KIT_NOW));
    kit_commit(kit);
    struct erase_wish wish = {.shop = kit->shop, .everything = true, .asked_by = "shop/redact"};
    struct erase_receipt receipt;
    forget(kit, &wish, &receipt);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM person"), 0);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM visitor"), 0);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM link"), 1);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM journal WHERE body != ''"), 1);
    assert_int_equal(bytes_with(kit, "ada@example.com"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_no_byte_is_left),
        cmocka_unit_test(test_what_says_a_name),
        KIT_TEST(test_it_goes_on),
        KIT_TEST(test_a_shop_leaves),
    };
    return CHECK_RUN(tests);
}
