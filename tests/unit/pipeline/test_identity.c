/*
 * Who it was, as scenes: signed records name people, browsers only claim; shared computers, two
 * devices, and the promise that the order of arrival does not matter.
 */
#include "stage.h"

#include "../../../src/pipeline/identity.h"

#define LAPTOP SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W3")
#define PHONE  SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W4")

static struct event customer(span email, span phone, span customer_id)
{
    return (struct event){
        .name = EVENT_FACT_CUSTOMER_UPDATED,
        .source = SOURCE_SHOPIFY,
        .who = {.email = email, .phone = phone, .customer_id = customer_id},
    };
}

static struct event page(struct stage *stage, span visitor, span email)
{
    static unsigned n;
    return (struct event){
        .id = arena_print(&stage->arena, "page-%u", n++),
        .name = EVENT_PAGE_VIEWED,
        .source = SOURCE_BROWSER,
        .who = {.visitor = visitor, .email = email},
    };
}

static int64_t person_of(struct stage *stage, enum link_kind kind, const char *value)
{
    int64_t person = 0;
    enum status status = person_find(stage->view, 1, kind, span_of(value), &person);
    return status == OK ? person : 0;
}

static void a_signed_record_joins_what_it_names(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, customer(SPAN("ada@example.com"), (span){0}, (span){0}), (span){0});
    stage_push(&stage, customer((span){0}, SPAN("+4915112345678"), (span){0}), (span){0});
    assert_true(person_of(&stage, LINK_EMAIL, "ada@example.com") !=
                person_of(&stage, LINK_PHONE, "+4915112345678"));
    stage_push(&stage, customer(SPAN(" Ada@Example.com "), SPAN("+49 1511 2345678"), SPAN("42")),
               (span){0});
    int64_t person = person_of(&stage, LINK_EMAIL, "ada@example.com");
    assert_true(person != 0);
    assert_int_equal(person, person_of(&stage, LINK_PHONE, "+4915112345678"));
    assert_int_equal(person, person_of(&stage, LINK_CUSTOMER, "42"));
    stage_done(&stage);
}

static void a_browser_merges_nobody(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, customer(SPAN("ada@example.com"), (span){0}, SPAN("1")), (span){0});
    stage_push(&stage, customer(SPAN("bob@example.com"), SPAN("+4915112345678"), SPAN("2")),
               (span){0});
    struct event claim = page(&stage, LAPTOP, SPAN("ada@example.com"));
    claim.who.phone = SPAN("+4915112345678");
    stage_push(&stage, claim, (span){0});
    int64_t ada = person_of(&stage, LINK_EMAIL, "ada@example.com");
    int64_t bob = person_of(&stage, LINK_EMAIL, "bob@example.com");
    assert_true(ada && bob && ada != bob);
    assert_int_equal(person_of(&stage, LINK_PHONE, "+4915112345678"), bob);
    /* The visitor is who it strongest says to be, and Ada does not wear Bob's phone. */
    assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, stage.clock.at), ada);
    struct person_row row;
    assert_int_equal(person_get(stage.view, &stage.arena, ada, &row), OK);
    assert_true(span_empty(row.who.phone));
    stage_done(&stage);
}

/* Ada's browser says a phone that nobody owns yet; then its owner buys, and it was Bob's. */
static void a_browsers_word_makes_no_two_customers_one(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, customer(SPAN("ada@example.com"), (span){0}, SPAN("1")), (span){0});
    struct event claim = page(&stage, LAPTOP, SPAN("ada@example.com"));
    claim.who.phone = SPAN("+4915112345678");
    stage_push(&stage, claim, (span){0});
    int64_t ada = person_of(&stage, LINK_EMAIL, "ada@example.com");
    assert_int_equal(person_of(&stage, LINK_PHONE, "+4915112345678"), ada);
    stage_push(&stage, customer(SPAN("bob@example.com"), SPAN("+4915112345678"), SPAN("2")),
               (span){0});
    int64_t bob = person_of(&stage, LINK_EMAIL, "bob@example.com");
    assert_true(bob && bob != ada);
    assert_int_equal(person_of(&stage, LINK_EMAIL, "ada@example.com"), ada);
    assert_int_equal(person_of(&stage, LINK_PHONE, "+4915112345678"), bob);
    struct person_row row;
    assert_int_equal(person_get(stage.view, &stage.arena, ada, &row), OK);
    assert_true(span_empty(row.who.phone));
    stage_done(&stage);
}

/* The same, but Ada's own order confirms it before anybody else names it. */
static void a_browsers_word_is_good_once_it_is_signed(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct event claim = page(&stage, LAPTOP, SPAN("ada@example.com"));
    claim.who.phone = SPAN("+4915112345678");
    stage_push(&stage, claim, (span){0});
    int64_t ada = person_of(&stage, LINK_EMAIL, "ada@example.com");
    stage_push(&stage, customer(SPAN("ada@example.com"), SPAN("+4915112345678"), SPAN("1")),
               (span){0});
    stage_push(&stage, customer((span){0}, SPAN("+4915112345678"), (span){0}), (span){0});
    assert_int_equal(person_of(&stage, LINK_EMAIL, "ada@example.com"), ada);
    assert_int_equal(person_of(&stage, LINK_PHONE, "+4915112345678"), ada);
    stage_done(&stage);
}

/* A stranger says an address that is nobody's yet beside his own customer id, buys, and waits: its
   owner, once she signs up, is not him. */
static void an_address_is_not_taken_by_saying_it_first(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct event squat = page(&stage, LAPTOP, SPAN("ada@example.com"));
    squat.who.customer_id = SPAN("666");
    stage_push(&stage, squat, (span){0});
    stage_push(&stage, customer(SPAN("mallory@example.com"), (span){0}, SPAN("666")), (span){0});
    int64_t mallory = person_of(&stage, LINK_CUSTOMER, "666");
    /* She types it into the newsletter's form, on her phone. */
    stage_push(&stage, page(&stage, PHONE, SPAN("ada@example.com")), (span){0});
    int64_t ada = visitor_owner(stage.view, 1, PHONE, stage.clock.at);
    assert_true(ada && ada != mallory);
    stage_push(&stage, customer(SPAN("ada@example.com"), (span){0}, SPAN("1")), (span){0});
    assert_int_equal(person_of(&stage, LINK_CUSTOMER, "1"), ada);
    assert_int_equal(person_of(&stage, LINK_CUSTOMER, "666"), mallory);
    stage_done(&stage);
}

/* A forwarded mail: the link says Ada, the body beside it says Bob's customer id. */
static void a_links_word_is_for_its_address_alone(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, customer((span){0}, (span){0}, SPAN("2")), (span){0});
    struct event click = page(&stage, LAPTOP, SPAN("ada@example.com"));
    click.who.linked = true;
    click.who.customer_id = SPAN("2");
    stage_push(&stage, click, (span){0});
    stage_push(&stage, customer(SPAN("ada@example.com"), (span){0}, SPAN("1")), (span){0});
    assert_true(person_of(&stage, LINK_CUSTOMER, "1") != person_of(&stage, LINK_CUSTOMER, "2"));
    assert_int_equal(person_of(&stage, LINK_CUSTOMER, "1"),
                     person_of(&stage, LINK_EMAIL, "ada@example.com"));
    assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, stage.clock.at),
                     person_of(&stage, LINK_CUSTOMER, "1"));
    stage_done(&stage);
}

static void a_shared_computer_changes_hands(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, page(&stage, LAPTOP, SPAN("ada@example.com")), (span){0});
    int64_t morning = stage.clock.at;
    stage.clock.at += HOUR_MS;
    stage_push(&stage, page(&stage, LAPTOP, SPAN("bob@example.com")), (span){0});
    int64_t ada = person_of(&stage, LINK_EMAIL, "ada@example.com");
    int64_t bob = person_of(&stage, LINK_EMAIL, "bob@example.com");
    assert_true(ada && bob && ada != bob);
    assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, morning), ada);
    assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, stage.clock.at), bob);
    stage_done(&stage);
}

static void two_devices_are_one_person(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, page(&stage, LAPTOP, SPAN("ada@example.com")), (span){0});
    stage_push(&stage, page(&stage, PHONE, SPAN("ADA@example.com")), (span){0});
    int64_t ada = person_of(&stage, LINK_EMAIL, "ada@example.com");
    assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, stage.clock.at), ada);
    assert_int_equal(visitor_owner(stage.view, 1, PHONE, stage.clock.at), ada);
    stage_done(&stage);
}

static void the_anonymous_past_comes_along(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    int64_t before = stage.clock.at;
    stage_push(&stage, page(&stage, LAPTOP, (span){0}), (span){0});
    stage.clock.at += DAY_MS;
    assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, before), 0);
    stage_push(&stage, page(&stage, LAPTOP, SPAN("ada@example.com")), (span){0});
    assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, before),
                     person_of(&stage, LINK_EMAIL, "ada@example.com"));
    stage_done(&stage);
}

static void absurd_fan_out_is_capped(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    for (unsigned i = 0; i < LIMIT_FANOUT + 20; i++) {
        span visitor = arena_print(&stage.arena, "01JD8QZ3V5K9N2M4P6R8S0T%03u", i);
        stage_push(&stage, page(&stage, visitor, SPAN("guest@till.example")), (span){0});
    }
    int64_t person = person_of(&stage, LINK_EMAIL, "guest@till.example");
    assert_int_equal(visitor_count_of(stage.view, 1, person), LIMIT_FANOUT);
    struct person_row row;
    assert_int_equal(person_get(stage.view, &stage.arena, person, &row), OK);
    assert_true(row.flags & PERSON_FANOUT);
    assert_true(person_is_absurd(stage.view, 1, LINK_EMAIL, SPAN("guest@till.example"), false));
    /* Strangers can do that to any customer: what the shop signs names him as before. */
    stage_push(&stage, customer(SPAN("guest@till.example"), (span){0}, SPAN("5")), (span){0});
    assert_int_equal(person_of(&stage, LINK_CUSTOMER, "5"), person);
    stage_done(&stage);
}

/* What people type to get past a form names nobody, and is listed. */
static void placeholders_name_nobody(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    static const span tills[] = {SPAN("kasse@acme.example")};
    stage.shop.identity.nobody = (struct span_list){tills, 1};
    const span emails[] = {SPAN("Test@Test.com"), SPAN("kasse@acme.example")};
    for (unsigned i = 0; i < COUNT_OF(emails); i++) {
        span id = arena_print(&stage.arena, "%u", 70 + i);
        stage_push(&stage, customer(emails[i], SPAN("+491111111111"), id), (span){0});
        stage_push(&stage, customer(emails[i], (span){0}, SPAN("0")), (span){0});
    }
    assert_true(person_of(&stage, LINK_CUSTOMER, "70") != person_of(&stage, LINK_CUSTOMER, "71"));
    assert_int_equal(person_of(&stage, LINK_EMAIL, "test@test.com"), 0);
    assert_int_equal(person_of(&stage, LINK_PHONE, "+491111111111"), 0);
    assert_int_equal(person_of(&stage, LINK_CUSTOMER, "0"), 0);
    assert_true(person_is_absurd(stage.view, 1, LINK_EMAIL, SPAN("test@test.com"), false));
    assert_true(person_is_absurd(stage.view, 1, LINK_EMAIL, SPAN("kasse@acme.example"), false));
    stage_done(&stage);
}

/* A server that says one customer id of all its guests: it stops naming anybody. */
static void an_identifier_of_everybody_stops_naming(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    for (unsigned i = 0; i < LIMIT_LINKS + 20; i++)
        stage_push(
            &stage,
            customer(arena_print(&stage.arena, "guest%u@example.com", i), (span){0}, SPAN("777")),
            (span){0});
    int64_t first = person_of(&stage, LINK_EMAIL, "guest0@example.com");
    assert_true(person_is_absurd(stage.view, 1, LINK_CUSTOMER, SPAN("777"), false));
    assert_true(person_of(&stage, LINK_EMAIL, "guest60@example.com") != first);
    assert_true(person_of(&stage, LINK_EMAIL, "guest60@example.com") !=
                person_of(&stage, LINK_EMAIL, "guest61@example.com"));
    stage_done(&stage);
}

/* A family's phone: it makes no two customers one, and finds neither. */
static void a_shared_phone_merges_nobody(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    span phone = SPAN("+4915112345678");
    stage_push(&stage, customer((span){0}, phone, (span){0}), (span){0});
    int64_t nameless = person_of(&stage, LINK_PHONE, "+4915112345678");
    stage_push(&stage, customer(SPAN("ada@example.com"), phone, SPAN("1")), (span){0});
    int64_t ada = person_of(&stage, LINK_EMAIL, "ada@example.com");
    assert_int_equal(ada, nameless); /* nothing but the phone: it was hers */
    stage_push(&stage, customer(SPAN("bob@example.com"), phone, SPAN("2")), (span){0});
    int64_t bob = person_of(&stage, LINK_EMAIL, "bob@example.com"), none;
    assert_true(bob && bob != ada);
    assert_int_equal(person_find(stage.view, 1, LINK_PHONE, phone, &none), CONFLICT);
    /* Should they turn out to be one, the phone names them again. */
    stage_push(&stage, customer(SPAN("ada@example.com"), (span){0}, SPAN("2")), (span){0});
    assert_int_equal(person_of(&stage, LINK_PHONE, "+4915112345678"),
                     person_of(&stage, LINK_EMAIL, "bob@example.com"));
    stage_done(&stage);
}

static void claims_hold_by_their_own_time(void **state)
{
    (void)state;
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (unsigned o = 0; o < 6; o++) {
        struct stage stage;
        stage_init(&stage);
        int64_t start = stage.clock.at - 10 * HOUR_MS;
        for (unsigned i = 0; i < 3; i++) { /* Ada, Bob, Ada again: an hour each */
            unsigned which = orders[o][i];
            struct event event = page(
                &stage, LAPTOP, which == 1 ? SPAN("bob@example.com") : SPAN("ada@example.com"));
            event.at = start + which * HOUR_MS;
            stage_push(&stage, event, (span){0});
        }
        int64_t ada = person_of(&stage, LINK_EMAIL, "ada@example.com");
        int64_t bob = person_of(&stage, LINK_EMAIL, "bob@example.com");
        const int64_t owners[] = {ada, ada, bob, ada, ada};
        for (int i = 0; i < 5; i++)
            assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, start + (i - 1) * HOUR_MS + 1),
                             owners[i]);
        stage_done(&stage);
    }
}

/* Two people at one counter: seconds apart they are told apart as they come; in the very same
   millisecond the one who sorts first has it, whoever comes last. */
static void two_people_within_a_minute(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    static const unsigned seconds[] = {0, 20, 40, 55};
    int64_t start = stage.clock.at;
    for (unsigned i = 0; i < COUNT_OF(seconds); i++) {
        stage.clock.at = start + seconds[i] * SECOND_MS;
        stage_push(&stage,
                   page(&stage, LAPTOP, i % 2 ? SPAN("bob@example.com") : SPAN("ada@example.com")),
                   (span){0});
    }
    int64_t ada = person_of(&stage, LINK_EMAIL, "ada@example.com");
    int64_t bob = person_of(&stage, LINK_EMAIL, "bob@example.com");
    for (unsigned i = 0; i < COUNT_OF(seconds); i++)
        assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, start + seconds[i] * SECOND_MS + 500),
                         i % 2 ? bob : ada);
    for (unsigned i = 0; i < 2; i++) {
        span browser = i ? PHONE : SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W9");
        stage_push(&stage,
                   page(&stage, browser, i ? SPAN("bob@example.com") : SPAN("ada@example.com")),
                   (span){0});
        stage_push(&stage,
                   page(&stage, browser, i ? SPAN("ada@example.com") : SPAN("bob@example.com")),
                   (span){0});
        assert_int_equal(visitor_owner(stage.view, 1, browser, stage.clock.at), ada);
    }
    stage_done(&stage);
}

/* A clock that is a day ahead: the claim holds from now on, not from tomorrow. */
static void a_claim_of_tomorrow_holds_from_now(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct event early = page(&stage, LAPTOP, SPAN("ada@example.com"));
    early.at = stage.clock.at + 20 * HOUR_MS;
    stage_push(&stage, early, (span){0});
    stage.clock.at += HOUR_MS;
    stage_push(&stage, page(&stage, LAPTOP, SPAN("bob@example.com")), (span){0});
    assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, stage.clock.at + DAY_MS),
                     person_of(&stage, LINK_EMAIL, "bob@example.com"));
    stage_done(&stage);
}

/* Mallory is logged in and types Ada's address at the checkout: the order goes to her address, and
   she is not he. */
static void an_address_typed_at_the_checkout_merges_nobody(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, customer(SPAN("ada@example.com"), (span){0}, SPAN("1")), (span){0});
    stage_push(&stage, customer(SPAN("mallory@example.com"), (span){0}, SPAN("666")), (span){0});
    struct event order = customer(SPAN("ada@example.com"), (span){0}, SPAN("666"));
    order.aside.account_email = SPAN("mallory@example.com");
    stage_push(&stage, order, (span){0});
    assert_true(person_of(&stage, LINK_CUSTOMER, "1") != person_of(&stage, LINK_CUSTOMER, "666"));
    assert_int_equal(person_of(&stage, LINK_EMAIL, "ada@example.com"),
                     person_of(&stage, LINK_CUSTOMER, "1"));
    /* One that is nobody's is his by his word, until somebody signs for it. */
    order.who.email = SPAN("Second@Example.com");
    stage_push(&stage, order, (span){0});
    assert_int_equal(person_of(&stage, LINK_EMAIL, "second@example.com"),
                     person_of(&stage, LINK_CUSTOMER, "666"));
    stage_push(&stage, customer(SPAN("second@example.com"), (span){0}, SPAN("3")), (span){0});
    assert_int_equal(person_of(&stage, LINK_EMAIL, "second@example.com"),
                     person_of(&stage, LINK_CUSTOMER, "3"));
    assert_true(person_of(&stage, LINK_CUSTOMER, "3") != person_of(&stage, LINK_CUSTOMER, "666"));
    stage_done(&stage);
}

/* Join rule 5: the pixel was blocked, but the buyer had been known in a browser. */
static void an_order_finds_its_buyers_browser(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, page(&stage, LAPTOP, SPAN("ada@example.com")), (span){0});
    stage.clock.at += HOUR_MS;
    struct event order = customer(SPAN("ada@example.com"), (span){0}, SPAN("1"));
    order.name = EVENT_FACT_ORDER_CREATED;
    order.order.id = SPAN("77");
    order.order.currency = SPAN("EUR");
    order.order.value = order.order.total = money_of(5990, 2);
    order.order.created_at = order.order.updated_at = stage.clock.at;
    stage_push(&stage, order, (span){0});
    assert_true(span_empty(stage_order(&stage, SPAN("77")).matched)); /* it waits for better */
    stage_pass(&stage, stage.shop.orders.hold_ms);
    struct order_row row = stage_order(&stage, SPAN("77"));
    assert_int_equal(row.state, ORDER_SENT);
    assert_true(span_is(row.matched, "same_customer"));
    assert_true(span_equal(row.visitor, LAPTOP));
    stage_done(&stage);
}

/* An order of `email` from this address, an hour's browsing after which nothing joins. */
static void buys_unseen(struct stage *stage, span email, span id)
{
    struct event order = customer(email, (span){0}, id);
    order.name = EVENT_FACT_ORDER_CREATED;
    order.order.id = id;
    order.order.currency = SPAN("EUR");
    order.order.value = order.order.total = money_of(5990, 2);
    order.order.created_at = order.order.updated_at = stage->clock.at;
    order.client.ip = SPAN("81.2.69.160");
    order.client.user_agent = SPAN("Mozilla/5.0 (X11) Firefox/120");
    stage_push(stage, order, (span){0});
    stage_pass(stage, stage->shop.orders.hold_ms);
}

static void looks_around(struct stage *stage, span visitor, span agent, span email)
{
    struct event event = page(stage, visitor, email);
    event.client.ip = SPAN("81.2.69.160");
    event.client.user_agent = agent;
    event.client.fbc = SPAN("fb.1.1764000000000.click");
    stage_push(stage, event, (span){0});
}

/* Join rule 6: off unless asked for; exact, of half an hour, and never a word on who is who. */
static void an_address_joins_only_where_it_is_told_to(void **state)
{
    (void)state;
    const span firefox = SPAN("Mozilla/5.0 (X11) Firefox/120");
    struct stage stage;
    stage_init(&stage);
    looks_around(&stage, LAPTOP, firefox, (span){0});
    stage.clock.at += 10 * MINUTE_MS;
    buys_unseen(&stage, SPAN("ada@example.com"), SPAN("71"));
    assert_true(span_empty(stage_order(&stage, SPAN("71")).visitor)); /* off */

    stage.shop.identity.match_address = true;
    buys_unseen(&stage, SPAN("bob@example.com"), SPAN("72"));
    struct order_row row = stage_order(&stage, SPAN("72"));
    assert_true(span_is(row.matched, "address_and_agent"));
    assert_true(span_equal(row.visitor, LAPTOP));
    struct event placed = {0};
    assert_int_equal(stage_derived(&stage, SPAN("72"), EVENT_ORDER_PLACED, &placed, 1), 1);
    assert_true(span_is(placed.client.fbc, "fb.1.1764000000000.click"));
    assert_int_equal(visitor_owner(stage.view, 1, LAPTOP, stage.clock.at), 0); /* still nobody */

    /* Known to be somebody else: no match, and nobody is merged. */
    looks_around(&stage, LAPTOP, firefox, SPAN("carl@example.com"));
    buys_unseen(&stage, SPAN("dora@example.com"), SPAN("73"));
    assert_true(span_empty(stage_order(&stage, SPAN("73")).visitor));
    assert_true(person_of(&stage, LINK_EMAIL, "carl@example.com") !=
                person_of(&stage, LINK_EMAIL, "dora@example.com"));

    /* An hour later: nobody was here lately. Then two at once with the same browser: neither. */
    stage.clock.at += HOUR_MS;
    buys_unseen(&stage, SPAN("emil@example.com"), SPAN("74"));
    assert_true(span_empty(stage_order(&stage, SPAN("74")).visitor));
    looks_around(&stage, PHONE, firefox, (span){0});
    looks_around(&stage, SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W5"), firefox, (span){0});
    buys_unseen(&stage, SPAN("fred@example.com"), SPAN("75"));
    assert_true(span_empty(stage_order(&stage, SPAN("75")).visitor));

    /* Another agent behind the same address is another browser. */
    stage.clock.at += HOUR_MS;
    looks_around(&stage, PHONE, SPAN("Mozilla/5.0 (X11) Firefox/121"), (span){0});
    buys_unseen(&stage, SPAN("gina@example.com"), SPAN("76"));
    assert_true(span_empty(stage_order(&stage, SPAN("76")).visitor));
    stage_done(&stage);
}

/* ---- stitching ---- */

static unsigned told(struct stage *stage, span visitor)
{
    struct journal_row *rows;
    unsigned count, found = 0;
    assert_int_equal(
        journal_of_visitor(stage->view, &stage->arena, 1, visitor, 0, 5000, &rows, &count), OK);
    for (unsigned i = 0; i < count; i++)
        if (rows[i].source == SOURCE_DERIVED) {
            found++;
            assert_int_equal(rows[i].audience, AUDIENCE_MAIL);
            assert_true(rows[i].person != 0);
        }
    return found;
}

static void the_past_is_told_once_a_little_a_turn(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct event old = page(&stage, LAPTOP, (span){0});
    old.at = stage.clock.at - 31 * DAY_MS; /* beyond the window */
    stage_push(&stage, old, (span){0});
    for (unsigned i = 0; i < 600; i++)
        stage_push(&stage, page(&stage, LAPTOP, (span){0}), (span){0});
    stage.clock.at += HOUR_MS;
    stage_push(&stage, page(&stage, LAPTOP, SPAN("ada@example.com")), (span){0});
    unsigned first = told(&stage, LAPTOP);
    assert_true(first > 0 && first < 600); /* others have their turns in between */
    record_close(stage.recorder);          /* and a restart is no harm */
    stage_open_recorder(&stage);
    for (unsigned i = 0; i < 10; i++)
        stage_pass(&stage, SECOND_MS);
    assert_int_equal(told(&stage, LAPTOP), 600);
    stage_push(&stage, page(&stage, LAPTOP, SPAN("ada@example.com")), (span){0});
    stage.clock.at += HOUR_MS;
    stage_push(&stage, page(&stage, LAPTOP, SPAN("bob@example.com")), (span){0});
    stage_pass(&stage, SECOND_MS);
    assert_int_equal(told(&stage, LAPTOP), 600);
    /* An older claim that comes late adds only the days that were not told. */
    struct event late = page(&stage, LAPTOP, SPAN("eve@example.com"));
    late.at = stage.clock.at - 6 * HOUR_MS;
    stage_push(&stage, late, (span){0});
    for (unsigned i = 0; i < 5; i++)
        stage_pass(&stage, SECOND_MS);
    assert_true(told(&stage, LAPTOP) <= 601);
    stage_done(&stage);
}

/* ---- property: groups of strong identifiers do not depend on the order of arrival ---- */

#define RECORDS 6u
#define VALUES  4u

struct pairing {
    unsigned email, phone, customer; /* 0 = none, else 1 … VALUES */
};

static unsigned chance(uint32_t *seed, unsigned below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % below;
}

static span value_of(struct stage *stage, const char *format, unsigned round, unsigned n)
{
    return n ? arena_print(&stage->arena, format, round, n) : (span){0};
}

/* Which values ended in one person: representative of each value's group, by smallest index. */
static void groups_of(struct stage *stage, unsigned round, unsigned ret_groups[3 * VALUES])
{
    static const char *const formats[3] = {"p%u-%u@example.com", "+49151%04u%04u", "%u00%u"};
    static const enum link_kind kinds[3] = {LINK_EMAIL, LINK_PHONE, LINK_CUSTOMER};
    int64_t persons[3 * VALUES];
    for (unsigned i = 0; i < 3 * VALUES; i++) {
        span value = value_of(stage, formats[i / VALUES], round, i % VALUES + 1);
        persons[i] = 0;
        enum status status = person_find(stage->view, 1, kinds[i / VALUES], value, &persons[i]);
        assert_true(status == OK || status == MISSING || status == CONFLICT);
        ret_groups[i] = i;
        for (unsigned j = 0; j < i; j++)
            if (persons[i] && persons[j] == persons[i]) {
                ret_groups[i] = j;
                break;
            }
        if (!persons[i]) /* nobody's: not known, or shared */
            ret_groups[i] = status == CONFLICT ? 98 : 99;
    }
}

static void push_pairing(struct stage *stage, const struct pairing *p, unsigned round)
{
    struct event event = customer(value_of(stage, "p%u-%u@example.com", round, p->email),
                                  value_of(stage, "+49151%04u%04u", round, p->phone),
                                  value_of(stage, "%u00%u", round, p->customer));
    stage_push(stage, event, (span){0});
}

static void strong_groups_do_not_depend_on_order(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    uint32_t seed = 20261124;
    unsigned round = 1000;
    for (unsigned trial = 0; trial < 40; trial++) {
        struct pairing records[RECORDS];
        for (unsigned i = 0; i < RECORDS; i++)
            records[i] = (struct pairing){chance(&seed, VALUES + 1), chance(&seed, VALUES + 1),
                                          chance(&seed, VALUES + 1)};
        unsigned expected[3 * VALUES], found[3 * VALUES];
        for (unsigned shuffle = 0; shuffle < 5; shuffle++) {
            round++;
            for (unsigned i = 0; i < RECORDS; i++)
                push_pairing(&stage, &records[i], round);
            groups_of(&stage, round, shuffle ? found : expected);
            if (shuffle)
                assert_memory_equal(expected, found, sizeof expected);
            for (unsigned i = RECORDS - 1; i > 0; i--) {
                unsigned j = chance(&seed, i + 1);
                struct pairing swap = records[i];
                records[i] = records[j];
                records[j] = swap;
            }
        }
    }
    stage_done(&stage);
}

/* ---- where he came from ---------------------------------------------------------- */

static struct event arrival(struct stage *stage, const char *url, const char *from, int64_t at)
{
    struct event event = page(stage, LAPTOP, (span){0});
    event.at = at;
    event.client.url = span_of(url);
    event.client.referrer = span_of(from);
    bool outside = from || strstr(url, "utm_");
    if (outside) /* as the source would say */
        event.aside.came = (struct landing){event.client.url, event.client.referrer, at};
    return event;
}

static void the_first_page_and_the_newest_touch_are_kept(void **state)
{
    (void)state;
    struct stage stage;
    struct visitor_row row;
    stage_init(&stage);
    int64_t at = stage.clock.at - HOUR_MS;
    stage_push(&stage, arrival(&stage, "https://s/?utm_source=news", NULL, at + 10), (span){0});
    stage_push(&stage, arrival(&stage, "https://s/b", NULL, at + 20), (span){0});
    stage_push(&stage, arrival(&stage, "https://s/c", "https://blog.example/", at + 30), (span){0});
    stage_push(&stage, arrival(&stage, "https://s/d", NULL, at + 40), (span){0});
    /* two that were kept offline and come late */
    stage_push(&stage, arrival(&stage, "https://s/?utm_source=old", NULL, at + 5), (span){0});
    stage_push(&stage, arrival(&stage, "https://s/?utm_source=mid", NULL, at + 25), (span){0});
    assert_int_equal(visitor_get(stage.view, &stage.arena, 1, LAPTOP, &row), OK);
    assert_true(span_is(row.client.landing.url, "https://s/?utm_source=old"));
    assert_int_equal(row.client.landing.at, at + 5);
    assert_true(span_is(row.client.touch.url, "https://s/c"));
    assert_true(span_is(row.client.touch.referrer, "https://blog.example/"));
    stage_done(&stage);
}

/* All orders of small sets: what 5 shuffles of bigger ones might miss. */
static void every_order_of_three_ends_the_same(void **state)
{
    (void)state;
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct stage stage;
    stage_init(&stage);
    uint32_t seed = 7;
    unsigned round = 5000;
    for (unsigned trial = 0; trial < 40; trial++) {
        struct pairing records[3];
        for (unsigned i = 0; i < 3; i++)
            records[i] = (struct pairing){chance(&seed, 3), chance(&seed, 2), chance(&seed, 3)};
        unsigned expected[3 * VALUES], found[3 * VALUES];
        for (unsigned o = 0; o < 6; o++) {
            round++;
            for (unsigned i = 0; i < 3; i++)
                push_pairing(&stage, &records[orders[o][i]], round);
            groups_of(&stage, round, o ? found : expected);
            if (o)
                assert_memory_equal(expected, found, sizeof expected);
        }
    }
    stage_done(&stage);
}

/* Whatever browsers say, the groups that signed records made neither join nor part. */
static void unsigned_bodies_change_no_signed_group(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    uint32_t seed = 99;
    unsigned round = 8000;
    for (unsigned trial = 0; trial < 30; trial++) {
        round++;
        for (unsigned i = 1; i <= VALUES; i++) {
            struct pairing record = {i, chance(&seed, VALUES + 1), i};
            push_pairing(&stage, &record, round);
        }
        unsigned expected[3 * VALUES], found[3 * VALUES];
        groups_of(&stage, round, expected);
        for (unsigned i = 0; i < 20; i++) {
            span visitor =
                arena_print(&stage.arena, "01JD8QZ3V5K9N2M4P6R8S0%03uV%u", trial, chance(&seed, 3));
            struct event event =
                page(&stage, visitor,
                     value_of(&stage, "p%u-%u@example.com", round, chance(&seed, VALUES + 1)));
            event.who.phone = value_of(&stage, "+49151%04u%04u", round, chance(&seed, VALUES + 1));
            event.who.customer_id = value_of(&stage, "%u00%u", round, chance(&seed, VALUES + 1));
            stage_push(&stage, event, (span){0});
        }
        groups_of(&stage, round, found);
        for (unsigned i = 0; i < 3 * VALUES; i++)
            if (expected[i] != 99) /* what nobody signed for may be attached */
                assert_int_equal(expected[i], found[i]);
    }
    stage_done(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_record_joins_what_it_names),
        cmocka_unit_test(a_browser_merges_nobody),
        cmocka_unit_test(a_browsers_word_makes_no_two_customers_one),
        cmocka_unit_test(a_browsers_word_is_good_once_it_is_signed),
        cmocka_unit_test(an_address_is_not_taken_by_saying_it_first),
        cmocka_unit_test(a_links_word_is_for_its_address_alone),
        cmocka_unit_test(a_shared_computer_changes_hands),
        cmocka_unit_test(two_devices_are_one_person),
        cmocka_unit_test(the_anonymous_past_comes_along),
        cmocka_unit_test(absurd_fan_out_is_capped),
        cmocka_unit_test(placeholders_name_nobody),
        cmocka_unit_test(an_identifier_of_everybody_stops_naming),
        cmocka_unit_test(a_shared_phone_merges_nobody),
        cmocka_unit_test(claims_hold_by_their_own_time),
        cmocka_unit_test(two_people_within_a_minute),
        cmocka_unit_test(a_claim_of_tomorrow_holds_from_now),
        cmocka_unit_test(an_address_typed_at_the_checkout_merges_nobody),
        cmocka_unit_test(an_order_finds_its_buyers_browser),
        cmocka_unit_test(an_address_joins_only_where_it_is_told_to),
        cmocka_unit_test(the_past_is_told_once_a_little_a_turn),
        cmocka_unit_test(strong_groups_do_not_depend_on_order),
        cmocka_unit_test(the_first_page_and_the_newest_touch_are_kept),
        cmocka_unit_test(every_order_of_three_ends_the_same),
        cmocka_unit_test(unsigned_bodies_change_no_signed_group),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
