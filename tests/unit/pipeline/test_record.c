/*
 * RECORD in trouble, as scenes: the disk is full, somebody holds the file, one message cannot be
 * stored, a burst is larger than a turn, stores come and go with a reload. Nothing that was taken
 * may be lost, nobody's trouble may become another's, and nothing may end the process.
 */
#include "stage.h"
#include "mmdb.h"

#include <sqlite3.h>

#include "../../../src/pipeline/receive.c"
#include "../../../src/pipeline/record.c"
#include "../../../src/store/store_private.h"

#define VISITOR SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W3")

/* ---- helpers ------------------------------------------------------------ */

static void sql_say(struct stage *stage, const char *text)
{
    assert_int_equal(sqlite3_exec(stage->recorder->store->view.sql.db, text, NULL, NULL, NULL),
                     SQLITE_OK);
}

/* From here on every page is one too many. */
static void disk_full(struct stage *stage, bool full)
{
    sql_say(stage, full ? "PRAGMA max_page_count = 1" : "PRAGMA max_page_count = 1000000");
}

static struct parcel *parcel_of(struct stage *stage, const struct shop *shop, struct event event)
{
    struct arena *arena = &stage->arena;
    event.name_text = span_of(names_text(event.name));
    event.received_at = event.at = stage->clock.at;
    struct buf out;
    buf_init(&out, LIMIT_EVENT_BYTES);
    event_write(&out, &event);
    struct parcel *parcel = arena_new(arena, struct parcel);
    struct event *kept = arena_new(arena, struct event);
    span *body = arena_new(arena, span);
    *kept = event;
    *body = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    *parcel = (struct parcel){.kind = MESSAGE_PARCEL,
                              .answers = &stage->answers,
                              .shop = shop,
                              .source = &source_collect,
                              .verdict = SOURCE_TAKEN,
                              .bodies = body};
    parcel->batch.events = (struct event_list){kept, 1};
    return parcel;
}

static struct event page(struct stage *stage)
{
    static unsigned number;
    return (struct event){
        .id = arena_print(&stage->arena, "page-%u", number++),
        .name = EVENT_PAGE_VIEWED,
        .source = SOURCE_BROWSER,
    };
}

static struct event order(struct stage *stage, span order_id)
{
    struct event event = {.id = order_id, .name = EVENT_FACT_ORDER_CREATED, .source = SOURCE_API};
    event.order.id = order_id;
    event.order.currency = SPAN("EUR");
    event.order.value = event.order.total = money_of(5990, 2);
    event.order.created_at = event.order.updated_at = stage->clock.at;
    return event;
}

static struct parcel *push(struct stage *stage, struct parcel *parcel)
{
    assert_int_equal(queue_push(&stage->inbox, &parcel->node), OK);
    return parcel;
}

static unsigned answers(struct stage *stage)
{
    unsigned count = 0;
    for (struct queue_node *node = queue_take(&stage->answers); node; node = node->next)
        count++;
    return count;
}

/* A report with one bookmark, as DELIVER makes them. */
static struct report *report_of(int64_t low)
{
    struct report *report = calloc(1, sizeof *report);
    assert_non_null(report);
    report->kind = MESSAGE_REPORT;
    arena_init(&report->arena, MIB);
    struct bookmark_row *bookmark = arena_new(&report->arena, struct bookmark_row);
    *bookmark = (struct bookmark_row){.shop = 1, .destination = SPAN("meta"), .low = low};
    report->bookmark = bookmark;
    return report;
}

/* ---- trouble ------------------------------------------------------------ */

static void a_full_disk_refuses_and_keeps_reports(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    disk_full(&stage, true);
    struct event fat = page(&stage);
    fat.client.url = arena_print(&stage.arena, "https://shop.acme.example/%08000d", 1);
    struct parcel *parcel = push(&stage, parcel_of(&stage, &stage.shop, fat));
    struct report *report = report_of(7);
    /* Large, so that it needs a page of its own. */
    struct bookmark_row *bookmark = (struct bookmark_row *)report->bookmark;
    bookmark->paused_reason = arena_print(&report->arena, "%08000d", 1);
    assert_int_equal(queue_push(&stage.inbox, &report->node), OK);
    record_turn(stage.recorder, 0);
    assert_int_equal(answers(&stage), 1);
    assert_true(parcel->result != OK);
    assert_false(record_ready(stage.recorder));
    assert_ptr_equal(stage.recorder->again, &report->node);
    disk_full(&stage, false);
    record_turn(stage.recorder, 0);
    assert_true(record_ready(stage.recorder));
    assert_null(stage.recorder->again);
    struct bookmark_row row;
    assert_int_equal(bookmark_get(stage.view, &stage.arena, 1, SPAN("meta"), &row), OK);
    assert_int_equal(row.low, 7);
    stage_done(&stage);
}

/* Another program has the file for itself, for longer than we wait. */
static sqlite3 *hold_file(struct stage *stage)
{
    sqlite3 *other;
    assert_int_equal(sqlite3_open(stage->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_busy_timeout(stage->recorder->store->view.sql.db, 100);
    return other;
}

static void nobody_waits_for_a_held_file_twice(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    sqlite3 *other = hold_file(&stage);
    for (unsigned i = 0; i < 50; i++)
        push(&stage, parcel_of(&stage, &stage.shop, page(&stage)));
    int64_t started = clock_monotonic_us();
    record_turn(stage.recorder, 0);
    assert_true(clock_monotonic_us() - started < 2 * SECOND_MS * 1000);
    assert_int_equal(answers(&stage), 50);
    assert_false(record_ready(stage.recorder));
    sqlite3_close(other);
    stage_done(&stage);
}

static void a_message_that_cannot_be_stored_fails_alone(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct shop gone = stage.shop; /* a store that a reload took away while this was parked */
    gone.name = SPAN("gone");
    struct parcel *before = push(&stage, parcel_of(&stage, &stage.shop, page(&stage)));
    struct parcel *poison = push(&stage, parcel_of(&stage, &gone, page(&stage)));
    struct parcel *after = push(&stage, parcel_of(&stage, &stage.shop, page(&stage)));
    record_turn(stage.recorder, 0);
    assert_int_equal(answers(&stage), 3);
    assert_int_equal(before->result, OK);
    assert_int_equal(poison->result, MISSING); /* heard as 503: never said to be stored */
    assert_int_equal(after->result, OK);
    assert_int_equal(head_of(stage.view), 2);
    poison = push(&stage, parcel_of(&stage, &gone, page(&stage)));
    record_turn(stage.recorder, 0);
    assert_int_equal(answers(&stage), 1);
    assert_true(record_ready(stage.recorder)); /* the store itself is well */
    stage_done(&stage);
}

static void a_report_never_stored_is_given_up(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    sql_say(&stage, "CREATE TRIGGER poison BEFORE INSERT ON bookmark WHEN NEW.low = 7 BEGIN "
                    "SELECT RAISE(ABORT, 'poison'); END;"
                    "CREATE TRIGGER venom BEFORE UPDATE ON bookmark WHEN NEW.low = 7 BEGIN "
                    "SELECT RAISE(ABORT, 'poison'); END");
    sql_say(&stage, "CREATE TRIGGER poison_too BEFORE UPDATE ON bookmark WHEN NEW.low = 7 BEGIN "
                    "SELECT RAISE(ABORT, 'poison'); END");
    assert_int_equal(queue_push(&stage.inbox, &report_of(7)->node), OK);
    assert_int_equal(queue_push(&stage.inbox, &report_of(8)->node), OK);
    unsigned turns = 0;
    record_turn(stage.recorder, 0);
    for (; stage.recorder->again && turns < 100; turns++) {
        push(&stage, parcel_of(&stage, &stage.shop, page(&stage)));
        record_turn(stage.recorder, 0);
    }
    assert_int_equal(turns, REPORT_TRIES);
    assert_int_equal(answers(&stage), REPORT_TRIES);
    struct bookmark_row row;
    assert_int_equal(bookmark_get(stage.view, &stage.arena, 1, SPAN("meta"), &row), OK);
    assert_int_equal(row.low, 8);
    stage_done(&stage);
}

static unsigned lines_of(FILE *log, const char *what)
{
    char line[4096];
    unsigned count = 0;
    rewind(log);
    while (fgets(line, sizeof line, log))
        count += strstr(line, what) != NULL;
    return count;
}

static void a_full_disk_is_told_once_a_minute(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    FILE *log = tmpfile();
    int before = dup(STDERR_FILENO);
    assert_true(log && before >= 0 && dup2(fileno(log), STDERR_FILENO) >= 0);
    disk_full(&stage, true);
    struct event fat = page(&stage);
    fat.client.url = arena_print(&stage.arena, "https://shop.acme.example/%08000d", 1);
    for (unsigned i = 0; i < 4; i++) {
        stage.clock.at += i == 2 ? MINUTE_MS : SECOND_MS;
        push(&stage, parcel_of(&stage, &stage.shop, fat));
        record_turn(stage.recorder, 0);
    }
    disk_full(&stage, false);
    record_turn(stage.recorder, 0);
    record_turn(stage.recorder, 0);
    dup2(before, STDERR_FILENO);
    close(before);
    assert_int_equal(lines_of(log, "event=turn_failed"), 2);
    assert_int_equal(lines_of(log, "the disk is full"), 2);
    assert_int_equal(lines_of(log, "event=turn_recovered"), 1);
    fclose(log);
    assert_int_equal(answers(&stage), 4);
    stage_done(&stage);
}

static void a_turn_takes_so_many_and_leaves_the_rest(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    for (unsigned i = 0; i < TURN_MESSAGES + 3; i++)
        push(&stage, parcel_of(&stage, &stage.shop, page(&stage)));
    record_turn(stage.recorder, 0);
    assert_int_equal(answers(&stage), TURN_MESSAGES);
    struct report *report = report_of(3); /* kept ones go first */
    keep_report(stage.recorder, report);
    record_turn(stage.recorder, 0);
    assert_int_equal(answers(&stage), 3);
    assert_null(stage.recorder->again);
    assert_int_equal(lanes_count(&stage.recorder->lanes), 0);
    assert_int_equal(head_of(stage.view), TURN_MESSAGES + 3);
    stage_done(&stage);
}

/* Each is read several times on its way: a turn's memory must not grow with the burst. */
static void a_burst_of_large_orders_is_only_slow(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage.recorder->arena.ceiling = 16 * MIB; /* passing it aborts */
    struct item items[300];
    for (unsigned i = 0; i < COUNT_OF(items); i++) {
        items[i] = (struct item){.name = SPAN("A shirt"), .quantity = 1};
        items[i].price = money_of(1000, 2);
    }
    for (unsigned i = 0; i < 800; i++) {
        struct event event = order(&stage, arena_print(&stage.arena, "9%u", i));
        event.order.items = items;
        event.order.item_count = COUNT_OF(items);
        event.who.visitor = VISITOR;
        push(&stage, parcel_of(&stage, &stage.shop, event));
    }
    record_turn(stage.recorder, 0);
    assert_int_equal(answers(&stage), 800);
    assert_int_equal(head_of(stage.view), 1600);
    stage_done(&stage);
}

/* ---- reload --------------------------------------------------------------- */

static void a_reload_that_failed_is_tried_again(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct shop second = stage.shop;
    second.name = SPAN("second");
    const struct shop *both[] = {&stage.shop, &second};
    sqlite3 *other = hold_file(&stage);
    record_reload(stage.recorder, both, 2, NULL, 0);
    record_turn(stage.recorder, 0);
    sqlite3_close(other);
    record_turn(stage.recorder, 0);
    struct parcel *parcel = push(&stage, parcel_of(&stage, &second, page(&stage)));
    record_turn(stage.recorder, 0);
    assert_int_equal(answers(&stage), 1);
    assert_int_equal(parcel->result, OK);
    stage_done(&stage);
}

static void orders_of_a_store_that_left_rest_and_hold_up_nobody(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct shop second = stage.shop;
    second.name = SPAN("second");
    const struct shop *both[] = {&second, &stage.shop}, *one[] = {&second};
    record_reload(stage.recorder, both, 2, NULL, 0);
    for (unsigned i = 0; i < RECORD_TURN_DUE + 10; i++)
        push(&stage,
             parcel_of(&stage, &stage.shop, order(&stage, arena_print(&stage.arena, "9%u", i))));
    record_turn(stage.recorder, 0);
    stage.clock.at += SECOND_MS;
    push(&stage, parcel_of(&stage, &second, order(&stage, SPAN("1"))));
    record_turn(stage.recorder, 0);
    record_reload(stage.recorder, one, 1, NULL, 0);
    stage_pass(&stage, 3 * MINUTE_MS);
    stage_pass(&stage, 0);
    struct order_row row;
    int64_t number;
    assert_int_equal(view_shop(stage.view, SPAN("second"), &number), OK);
    assert_int_equal(
        order_find(stage.view, &stage.arena, number, SPAN("1"), (span){0}, (span){0}, &row), OK);
    assert_int_equal(row.state, ORDER_SENT);
    assert_true(order_next_due(stage.view) > stage.clock.at); /* no turn after turn for nothing */
    assert_int_equal(stage_order(&stage, SPAN("90")).state, ORDER_HELD);
    record_reload(stage.recorder, both, 2, NULL, 0); /* back again: nothing was lost */
    stage_pass(&stage, HOUR_MS);
    stage_pass(&stage, 0);
    assert_int_equal(stage_order(&stage, SPAN("90")).state, ORDER_SENT);
    assert_int_equal(stage_order(&stage, SPAN("9200")).state, ORDER_SENT);
    assert_int_equal(answers(&stage), RECORD_TURN_DUE + 11);
    stage_done(&stage);
}

static void a_clock_set_back_stops_nothing(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage.clock.at -= 30 * DAY_MS;
    struct parcel *parcel = push(&stage, parcel_of(&stage, &stage.shop, order(&stage, SPAN("1"))));
    record_turn(stage.recorder, 0);
    assert_int_equal(parcel->result, OK);
    assert_int_equal(answers(&stage), 1);
    stage_pass(&stage, 121 * SECOND_MS);
    assert_true(stage_order(&stage, SPAN("1")).state == ORDER_EXCLUDED); /* before activation */
    assert_true(record_ready(stage.recorder));
    stage_done(&stage);
}

static unsigned audience_now(struct stage *stage, enum event_name name, enum event_source source,
                             span visitor)
{
    struct event event = page(stage);
    event.name = name;
    event.source = source;
    event.who.visitor = visitor;
    stage_push(stage, event, (span){0});
    struct journal_row row;
    assert_int_equal(journal_one(stage->view, &stage->arena, head_of(stage->view), &row), OK);
    return row.audience;
}

#define ADA SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W4")
#define BOB SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W5")

/* The snippet owns the storefront, once heard: the pixel's copy informs us only, restarts or not.
 */
static void who_owns_a_name_outlives_a_restart(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    /* nobody else has told of pages yet */
    assert_int_equal(audience_now(&stage, EVENT_PAGE_VIEWED, SOURCE_PIXEL, ADA), AUDIENCE_ALL);
    assert_int_equal(audience_now(&stage, EVENT_PAGE_VIEWED, SOURCE_BROWSER, ADA), AUDIENCE_ALL);
    assert_int_equal(audience_now(&stage, EVENT_PAGE_VIEWED, SOURCE_BROWSER, BOB), AUDIENCE_ALL);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(audience_now(&stage, EVENT_PAGE_VIEWED, SOURCE_PIXEL, ADA), 0);
        record_close(stage.recorder);
        stage_open_recorder(&stage);
    }
    stage.clock.at += (RECORD_OWNER_DAYS + 1) * DAY_MS; /* the snippet was taken out */
    assert_int_equal(audience_now(&stage, EVENT_PAGE_VIEWED, SOURCE_PIXEL, ADA), AUDIENCE_ALL);
    stage_done(&stage);
}

/* Whatever one visitor posts as the pixel, the snippet's checkout goes on being heard. */
static void one_stranger_takes_no_name_over(void **state)
{
    (void)state;
    static const enum event_name name = EVENT_PAYMENT_SUBMITTED;
    struct stage stage;
    stage_init(&stage);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(audience_now(&stage, name, SOURCE_PIXEL, BOB), AUDIENCE_ALL);
        assert_int_equal(audience_now(&stage, name, SOURCE_BROWSER, ADA), AUDIENCE_ALL);
    }
    assert_int_equal(audience_now(&stage, name, SOURCE_PIXEL, (span){0}), AUDIENCE_ALL);
    assert_int_equal(audience_now(&stage, name, SOURCE_BROWSER, ADA), AUDIENCE_ALL);
    stage.clock.at += (RECORD_OWNER_DAYS + 1) * DAY_MS; /* too far apart to be a pixel's traffic */
    assert_int_equal(audience_now(&stage, name, SOURCE_PIXEL, ADA), AUDIENCE_ALL);
    assert_int_equal(audience_now(&stage, name, SOURCE_BROWSER, ADA), AUDIENCE_ALL);
    assert_int_equal(audience_now(&stage, name, SOURCE_PIXEL, BOB), AUDIENCE_ALL);
    assert_int_equal(audience_now(&stage, name, SOURCE_BROWSER, ADA), 0);
    stage_done(&stage);
}

/* ---- people --------------------------------------------------------------- */

static void a_wish_to_be_forgotten_makes_nobody_known(void **state)
{
    (void)state;
    static const enum event_name names[] = {EVENT_FACT_DATA_REQUEST, EVENT_FACT_CUSTOMER_REDACT,
                                            EVENT_FACT_SHOP_REDACT, EVENT_FACT_APP_UNINSTALLED};
    struct stage stage;
    stage_init(&stage);
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        struct event event = {.name = names[i], .source = SOURCE_SHOPIFY};
        if (i < 2) { /* the other two name nobody */
            event.who.email = SPAN("ada@example.com");
            event.who.customer_id = SPAN("42");
        }
        stage_push(&stage, event, (span){0});
        struct journal_row row;
        assert_int_equal(journal_one(stage.view, &stage.arena, i + 1, &row), OK);
        assert_int_equal(row.audience, 0);
    }
    int64_t person;
    assert_int_equal(person_find(stage.view, 1, LINK_EMAIL, SPAN("ada@example.com"), &person),
                     MISSING);
    stage_done(&stage);
}

/* ---- RECEIVE's side of the inbox ---------------------------------------------- */

static void strangers_cannot_fill_the_inbox_for_a_webhook(void **state)
{
    (void)state;
    struct queue inbox;
    struct queue_node fat = {.bytes = LIMIT_QUEUE_BYTES};
    queue_init(&inbox, LIMIT_QUEUE_PARCELS, LIMIT_QUEUE_BYTES);
    assert_int_equal(queue_push(&inbox, &fat), OK);
    static struct receiver receiver;
    struct arena arena;
    struct exchange exchange = {.arena = &arena, .request.body = SPAN("{}")};
    struct shop shop = {.name = SPAN("acme")};
    struct parcel parcel = {.shop = &shop,
                            .source = &source_shopify,
                            .verdict = SOURCE_IGNORED,
                            .batch = {.topic = SPAN("shop/update")}};
    arena_init(&arena, MIB);
    receiver.options.to_record = &inbox;
    buf_init(&receiver.body, MIB);
    receive_hand_over(&receiver, &exchange, &parcel);
    assert_int_equal(receiver.parked, 1);
    buf_done(&receiver.body);
    (void)queue_take(&inbox);
    queue_done(&inbox);
    arena_done(&arena);
}

static void silence_has_the_region_of_the_buyers_address(void **state)
{
    (void)state;
    static const struct mmdb_row rows[] = {{"81.2.69.0", 24, "US", "CA", NULL}};
    static struct receiver receiver;
    char path[] = "/tmp/sidetrack-geo-XXXXXX";
    struct event events[] = {
        {.client.ip = SPAN("81.2.69.160"), .source = SOURCE_SHOPIFY}, /* browser_ip of the order */
        {.client.ip = SPAN("81.2.69.160"), .consent.region = SPAN("DE")}, /* said, so known */
        {.client.ip = SPAN("192.0.2.1")},
        {.source = SOURCE_SHOPIFY},
    };
    const struct event_list list = {events, COUNT_OF(events)};
    struct arena arena;
    struct geo *geo;
    struct error error;
    arena_init(&arena, MIB);
    locate(&receiver, &arena, &list);
    assert_true(span_empty(events[0].consent.region)); /* no file, no region */
    close(mkstemp(path));
    mmdb_write(path, rows, 1);
    assert_int_equal(geo_open(span_of(path), (span){0}, &geo, &error), OK);
    receiver.options.geo = geo;
    locate(&receiver, &arena, &list);
    assert_true(span_is(events[0].consent.region, "US-CA"));
    assert_true(span_is(events[1].consent.region, "DE"));
    assert_true(span_empty(events[2].consent.region) && span_empty(events[3].consent.region));
    receiver.options.geo = NULL;
    geo_close(geo);
    unlink(path);
    arena_done(&arena);
}

static void a_bucket_gives_what_it_holds(void **state)
{
    (void)state;
    static struct receive_rate rate;
    int64_t now = STAGE_START;
    unsigned granted = 0;
    for (unsigned i = 0; i < 100; i++)
        granted += receive_rate_take(&rate, SPAN("203.0.113.7"), 5, now);
    assert_int_equal(granted, 5 * RECEIVE_RATE_BURST);
    assert_false(receive_rate_take(&rate, SPAN("203.0.113.7"), 5, now - DAY_MS)); /* set back */
    assert_true(receive_rate_take(&rate, SPAN("203.0.113.7"), 5, now - DAY_MS + 1000));
    assert_true(receive_rate_take(&rate, SPAN("203.0.113.7"), 0, now));
    assert_true(receive_rate_take(&rate, SPAN("203.0.113.7"), 5, now + DAY_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_refuses_and_keeps_reports),
        cmocka_unit_test(nobody_waits_for_a_held_file_twice),
        cmocka_unit_test(a_message_that_cannot_be_stored_fails_alone),
        cmocka_unit_test(a_report_never_stored_is_given_up),
        cmocka_unit_test(a_full_disk_is_told_once_a_minute),
        cmocka_unit_test(a_turn_takes_so_many_and_leaves_the_rest),
        cmocka_unit_test(a_reload_that_failed_is_tried_again),
        cmocka_unit_test(orders_of_a_store_that_left_rest_and_hold_up_nobody),
        cmocka_unit_test(a_clock_set_back_stops_nothing),
        cmocka_unit_test(one_stranger_takes_no_name_over),
        cmocka_unit_test(who_owns_a_name_outlives_a_restart),
        cmocka_unit_test(a_wish_to_be_forgotten_makes_nobody_known),
        cmocka_unit_test(strangers_cannot_fill_the_inbox_for_a_webhook),
        cmocka_unit_test(silence_has_the_region_of_the_buyers_address),
        cmocka_unit_test(a_bucket_gives_what_it_holds),
        cmocka_unit_test(a_burst_of_large_orders_is_only_slow),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
