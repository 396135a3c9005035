/*
 * Each step of each statement fails once, whatever the function: the disk itself is test_fault.c's,
 * here it is what every function of the room makes of it. One that writes says so, or leaves a turn
 * that can no longer be committed, and nothing of the turn stays. One that reads never takes
 * trouble for "there is none".
 */
#include <sqlite3.h>
#include <stdbool.h>

static struct {
    unsigned countdown; /* 0: nothing fails */
    bool fired;
} plan;

static bool due(void)
{
    plan.fired |= plan.countdown == 1;
    return plan.countdown > 0 && --plan.countdown == 0;
}

static int step_or_fail(sqlite3_stmt *statement)
{
    return due() ? SQLITE_IOERR : sqlite3_step(statement);
}

static int exec_or_fail(sqlite3 *db, const char *text, int (*row)(void *, int, char **, char **),
                        void *arg, char **words)
{
    return due() ? SQLITE_IOERR : sqlite3_exec(db, text, row, arg, words);
}

#define sqlite3_step step_or_fail
#define sqlite3_exec exec_or_fail
#include "../../../src/store/sql.c"
#undef sqlite3_step
#undef sqlite3_exec

#include "../../../src/store/erase.h"
#include "../../../src/store/report.h"
#include "../../../src/store/signs.h"
#include "../../../src/store/stitch.h"
#include "kit.h"

#define META  SPAN("meta")
#define JANE  SPAN("jane@example.com")
#define ULID  SPAN("01KAT0000000000000000000AA")
#define HALF  SPAN("01KAT0000000000000000000BB")
#define TOKEN SPAN("tok")

/* What a call that is expected to say `wanted` did. */
static enum status is(enum status status, enum status wanted)
{
    return status == wanted ? OK : status == OK ? INVALID : status;
}

static bool at_end;                    /* the list of calls was asked for one more */
static unsigned all_told = UINT32_MAX; /* calls after which nothing has been forgotten yet */
#define STEP(call)                                                                                 \
    if (which == at++)                                                                             \
    return (call)

/* ---- what writes: each call stands on what those before it have committed ---- */

static const struct dossier_name jane[] = {{LINK_EMAIL, {"jane@example.com", 16}}};

static enum status erase_open_slice(struct store *store, struct arena *arena, bool *ret_done)
{
    int64_t id;
    enum status status = erase_open(store_view(store), &id);
    return status == OK ? erase_slice(store, arena, id, KIT_NOW, ret_done) : status;
}

static enum status write_more(struct kit *kit, unsigned which, unsigned at)
{
    struct store *store = kit->store;
    struct arena *arena = &kit->arena;
    const int64_t shop = kit->shop, past = KIT_NOW - 1000;
    int64_t id = 0, stand = 0;
    unsigned rows = 0, delivered = 0;
    bool done = false;
    struct stitch_row stitch = {.id = 1, .shop = shop, .visitor = ULID, .head = 3};
    struct letter_period period = {.shop = shop,
                                   .destination = META,
                                   .audience = AUDIENCE_ALL,
                                   .from = 1,
                                   .to = 3,
                                   .forced = true};
    struct erase_request request = {
        .shop = shop, .email = JANE, .asked_at = KIT_NOW, .due_at = KIT_NOW + ERASE_ANSWER_MS};
    struct erase_wish wish = {.shop = shop, .names = jane, .name_count = 1, .asked_by = "forget"};
    struct erase_wish all = {.shop = shop, .everything = true, .asked_by = "shop/redact"};
    struct dossier dossier = {.shop = shop, .names = jane, .name_count = 1};
    STEP(letter_retry(store, META, KIT_NOW, &rows));
    STEP(letter_drop(store, META, KIT_NOW, &rows));
    STEP(letter_retry_one(store, 1, KIT_NOW, &rows));
    STEP(letter_drop_one(store, 1, KIT_NOW, &rows));
    STEP(letter_replay(store, arena, &period, KIT_NOW, &rows, &delivered, &stand));
    STEP(counter_add(store, KIT_NOW / DAY_MS, shop, SPAN("seen"), SPAN("x"), 2));
    STEP(stitch_open(store, shop, ULID, 0, KIT_NOW, KIT_NOW));
    STEP(stitch_moved(store, &stitch, 2));
    STEP(stitch_moved(store, &stitch, 3));
    STEP(erase_request_put(store, &request));
    STEP(erase_answered(store, &dossier, KIT_NOW, &rows));
    STEP(erase_told(store, arena, shop, jane, 1, SPAN("{\"journal\":1}"), KIT_NOW, &id));
    STEP(erase_begin(store, arena, &wish, KIT_NOW, &id));
    STEP(erase_open_slice(store, arena, &done));
    STEP(erase_begin(store, arena, &all, KIT_NOW, &id));
    STEP(erase_open_slice(store, arena, &done));
    STEP(bookmark_drop(store, shop, META));
    STEP(is(store_retain(store, past + 5000, past / 1000 + 5, past + 5000, 9), AGAIN));
    STEP(store_keep(store, KIT_NOW + 1000, 1000));
    at_end = true;
    return OK;
}

static enum status write_one(struct kit *kit, unsigned which)
{
    struct store *store = kit->store;
    const int64_t shop = kit->shop, seqs[] = {1, 2};
    int64_t seq = 0, other = 0;
    unsigned before = 0, at = 0;
    struct journal_row row = kit_row(kit);
    row.visitor = ULID;
    row.order = 1;
    row.person = 1;
    struct person_row person = {.shop = shop, .who.email = JANE};
    struct person_row known = {.id = 1, .shop = shop, .who.email = JANE, .who.phone = SPAN("+1")};
    struct visitor_row visitor = {.visitor = ULID, .first_at = 1, .last_at = KIT_NOW};
    struct order_row order = {.shop = shop,
                              .order_id = SPAN("7"),
                              .number = SPAN("1001"),
                              .name = SPAN("#1001"),
                              .person = 1,
                              .state = ORDER_HELD,
                              .first_at = KIT_NOW,
                              .due_at = 5};
    struct order_row again = order, twin = order;
    again.key = 1;
    twin.order_id = SPAN("8");
    struct bookmark_row bookmark = {.shop = shop, .destination = META, .low = 1};
    struct batch_row batch = {.id = 5,
                              .shop = shop,
                              .destination = META,
                              .state = BATCH_SETTLED,
                              .verdict = SPAN("delivered"),
                              .settled_at = KIT_NOW,
                              .seqs = seqs,
                              .count = 2};
    struct batch_row sending = batch;
    sending.id = 6, sending.state = BATCH_SENDING;
    struct outcome_row outcome = {.shop = shop,
                                  .subject = SPAN("o_7"),
                                  .destination = META,
                                  .name = EVENT_ORDER_PLACED,
                                  .seq = 1,
                                  .order = 1,
                                  .state = OUTCOME_DELIVERED};
    struct outcome_row skip = outcome;
    skip.subject = SPAN("e9"), skip.state = OUTCOME_SKIPPED, skip.seq = 3;
    struct letter_row letter = {.shop = shop,
                                .destination = META,
                                .seq = 2,
                                .name = EVENT_ORDER_PLACED,
                                .reason = SPAN("refused"),
                                .state = LETTER_DEAD,
                                .created_at = KIT_NOW};
    struct order_fact fact = {1, EVENT_ORDER_REFUNDED, SPAN("r1"), 2, KIT_NOW, false};
    STEP(store_shop(store, SPAN("other"), KIT_NOW, &seq, &other));
    STEP(store_shop(store, SPAN("acme"), KIT_NOW, &seq, &other));
    STEP(journal_append(store, &row, &seq));
    STEP(journal_append(store, &row, &seq));
    STEP(journal_append(store, &row, &seq));
    STEP(journal_seen(store, shop, SOURCE_API, TOKEN, TOKEN, KIT_NOW, 1, &seq));
    STEP(is(journal_seen(store, shop, SOURCE_API, TOKEN, TOKEN, KIT_NOW, 2, &seq), CONFLICT));
    STEP(journal_delivery(store, shop, TOKEN, KIT_NOW));
    STEP(is(journal_delivery(store, shop, TOKEN, KIT_NOW + DAY_MS), CONFLICT));
    STEP(journal_quarantine(store, shop, TOKEN, TOKEN, TOKEN, JANE, KIT_NOW));
    STEP(person_put(store, &person));
    STEP(person_put(store, &known));
    STEP(person_put(store, &person));
    STEP(person_link(store, shop, LINK_EMAIL, JANE, 1, false, KIT_NOW));
    STEP(person_link(store, shop, LINK_PHONE, SPAN("+1"), 1, false, KIT_NOW));
    STEP(person_link(store, shop, LINK_PHONE, SPAN("+1"), 2, false, KIT_NOW));
    STEP(person_unlink(store, shop, LINK_PHONE, SPAN("+1"), 2));
    STEP(person_absurd(store, shop, LINK_PHONE, SPAN("+2"), "shared", KIT_NOW));
    STEP(visitor_put(store, shop, &visitor));
    STEP(visitor_put(store, shop, &visitor));
    STEP(visitor_own(store, shop, ULID, 1, 2, 0));
    STEP(person_merge(store, 2, 1, SPAN("same_customer"), 1, KIT_NOW));
    STEP(order_put(store, &order));
    STEP(order_put(store, &again));
    STEP(order_put(store, &twin));
    STEP(order_alias_put(store, shop, ALIAS_CHECKOUT, TOKEN, 1));
    STEP(order_fact_put(store, &fact));
    STEP(is(order_fact_put(store, &fact), CONFLICT));
    STEP(order_fact_applied(store, &fact));
    STEP(order_join(store, 2, 1));
    STEP(order_once(store, shop, SPAN("7"), KIT_NOW));
    STEP(is(order_once(store, shop, SPAN("7"), KIT_NOW), CONFLICT));
    STEP(order_checkout(store, shop, TOKEN, CHECKOUT_BY_SERVER, KIT_NOW, &before));
    STEP(order_checkout(store, shop, TOKEN, CHECKOUT_BY_BROWSER, KIT_NOW, &before));
    STEP(bookmark_put(store, &bookmark));
    STEP(bookmark_move(store, &bookmark));
    STEP(bookmark_pause(store, shop, META, SPAN("by hand")));
    STEP(batch_put(store, &batch));
    STEP(batch_put(store, &sending));
    STEP(batch_tell(store, 5, SPAN("counted")));
    STEP(outcome_put(store, &outcome));
    STEP(outcome_put(store, &skip));
    STEP(letter_put(store, &letter));
    STEP(letter_put(store, &letter));
    all_told = at;
    return write_more(kit, which, at);
}

/* ---- what reads ---- */

/* Functions without a status: the view remembers. */
static enum status quiet(struct view *view, int64_t value)
{
    (void)value;
    return view->sql.failed ? BROKEN : OK;
}

static enum status read_more(struct kit *kit, struct view *view, unsigned which, unsigned at)
{
    struct arena *arena = &kit->arena;
    const int64_t shop = kit->shop;
    struct report_filter filter = {.shop = shop, .visitor = ULID};
    struct report_filter named = {.shop = shop, .name = SPAN("page_viewed")};
    struct journal_row *rows;
    bool flag;
    struct order_row *orders;
    struct report_orders *sums;
    struct report_count *counts;
    struct report_trouble *troubles;
    struct report_seen seen;
    struct erase_request *requests;
    struct dossier dossier;
    struct dossier_odd *odd;
    struct signs signs;
    struct stitch_row stitch;
    struct money money;
    int64_t *keys, last = 0, events = 0, number = 0;
    span currency;
    unsigned count;
    STEP(report_events(view, arena, &filter, 0, 5, &rows, &count, &last));
    STEP(report_events(view, arena, &named, 0, 5, &rows, &count, &last));
    STEP(report_orders(view, arena, shop, SPAN(""), 0, 5, &orders, &count, &last));
    STEP(report_orders(view, arena, 0, SPAN("held"), 9, 5, &orders, &count, &last));
    STEP(report_orders_of_person(view, arena, 1, 5, &orders, &count));
    STEP(report_people(view, arena, shop, SPAN("jane"), 5, &keys, &count));
    STEP(report_people(view, arena, shop, SPAN(""), 5, &keys, &count));
    STEP(quiet(view, (int64_t)report_order_name(view, arena, 1).len));
    STEP(quiet(view, (int64_t)report_shop_name(view, arena, shop).len));
    STEP(report_sum_orders(view, arena, shop, 0, INT64_MAX, &sums, &count));
    STEP(report_sum_outcomes(view, arena, shop, 0, INT64_MAX, &sums, &count));
    STEP(report_browser_only(view, arena, shop, 0, INT64_MAX, &currency, &money));
    STEP(report_counts(view, arena, shop, "seen", KIT_NOW / DAY_MS - 1, KIT_NOW / DAY_MS, &counts,
                       &count));
    STEP(quiet(view, report_rows(view, shop, 0, INT64_MAX)));
    STEP(report_troubles(view, arena, shop, META, 0, &troubles, &count));
    STEP(quiet(view, report_oldest_waiting(view, shop, 0, AUDIENCE_ALL)));
    STEP(report_accepted(view, shop, META, 0, &last, &events));
    STEP(report_seen(view, shop, &seen));
    STEP(quiet(view, signs_first(view)));
    STEP(signs_count(view, shop, 0, INT64_MAX, &signs));
    STEP(is(stitch_next(view, arena, &stitch), MISSING));
    STEP(quiet(view, stitch_waits(view)));
    STEP(erase_requests(view, arena, &requests, &count));
    STEP(erase_open(view, &number));
    STEP(quiet(view, erase_stand(view)));
    STEP(erase_blanked(view, 1, &flag));
    STEP(dossier_find(view, arena, shop, jane, 1, 0, NULL, 0, &dossier));
    dossier = (struct dossier){.shop = shop, .names = jane, .name_count = 1};
    STEP(dossier_rows(view, arena, &dossier, 0, 3, &rows, &count));
    STEP(dossier_quarantine(view, arena, &dossier, &odd, &count));
    at_end = true;
    return OK;
}

static enum status read_one(struct kit *kit, unsigned which)
{
    struct view *view = kit->view;
    struct arena *arena = &kit->arena;
    const int64_t shop = kit->shop;
    struct journal_near near = {0, INT64_MAX, SPAN("01JD")};
    struct journal_row *rows, row;
    struct journal_odd *odd;
    struct journal_step *steps;
    struct bookmark_place *places;
    struct bookmark_row bookmark;
    struct batch_row *batches, batch;
    struct outcome_row *outcomes, outcome;
    struct letter_row *letters, letter;
    struct order_row *orders, order;
    struct order_fact *facts;
    struct person_row person;
    struct person_note *notes;
    struct visitor_row visitor;
    int64_t *numbers, one = 0, since = 0;
    span text;
    unsigned count, at = 0;
    STEP(view_shop(view, SPAN("acme"), &one));
    STEP(quiet(view, view_has_shop(view, shop)));
    STEP(quiet(view, view_journal_rows(view)));
    STEP(journal_quarantined(view, arena, 5, 100, &odd, &count));
    STEP(journal_read(view, arena, shop, 0, AUDIENCE_ALL, 5, 1000, &rows, &count));
    STEP(journal_one(view, arena, 1, &row));
    STEP(journal_follow(view, arena, 0, 5, &rows, &count));
    STEP(journal_head(view, &one));
    STEP(journal_since(view, KIT_NOW, &one));
    STEP(journal_trail_newest(view, shop, ULID, 0, 3, 5, &one));
    STEP(journal_by_id(view, arena, SPAN("01JDEVENT"), &rows, &count));
    STEP(journal_of_visitor(view, arena, shop, ULID, 0, 5, &rows, &count));
    STEP(journal_trail(view, arena, shop, ULID, 0, 3, 5, &rows, &count));
    STEP(journal_near(view, arena, shop, &near, &rows, &count));
    STEP(journal_order_before(view, arena, 1, 9, &steps, &count));
    STEP(journal_of_order(view, arena, 1, &rows, &count));
    STEP(bookmark_all(view, arena, &places, &count));
    STEP(bookmark_get(view, arena, shop, META, &bookmark));
    STEP(batch_settled_above(view, arena, shop, META, 0, &numbers, &count));
    STEP(batch_get(view, arena, 5, &batch));
    STEP(batch_of_seq(view, arena, shop, META, 1, &batches, &count));
    STEP(batch_sending(view, arena, shop, META, &batches, &count));
    STEP(batch_delivered_since(view, arena, shop, META, 0, 5, &batches, &count));
    STEP(outcome_get(view, arena, shop, SPAN("o_7"), META, &outcome));
    STEP(outcome_of_order(view, arena, 1, &outcomes, &count));
    STEP(letter_due(view, arena, shop, META, INT64_MAX, 5, &letters, &count));
    STEP(letter_of_seq(view, arena, shop, META, 2, &letter));
    STEP(quiet(view, letter_next_due(view, shop, META)));
    STEP(letter_list(view, arena, 5, &letters, &count));
    STEP(quiet(view, letter_count(view, shop, META, LETTER_DEAD)));
    STEP(quiet(view, counter_days(view, 0, shop, SPAN("seen"), SPAN("x"))));
    STEP(order_find(view, arena, shop, SPAN("7"), TOKEN, TOKEN, &order));
    STEP(order_get(view, arena, 2, &order)); /* it became 1 */
    STEP(order_search(view, arena, SPAN("#1001"), &orders, &count));
    STEP(order_due(view, arena, KIT_NOW, 5, &numbers, &count));
    STEP(quiet(view, order_next_due(view)));
    STEP(order_facts(view, arena, 1, &facts, &count));
    STEP(person_find(view, shop, LINK_EMAIL, JANE, &one));
    STEP(person_get(view, arena, 2, &person)); /* he became 1 */
    STEP(quiet(view, person_links(view, 1)));
    STEP(quiet(view, person_is_absurd(view, shop, LINK_PHONE, SPAN("+2"), false)));
    STEP(visitor_get(view, arena, shop, ULID, &visitor));
    STEP(quiet(view, visitor_owner(view, shop, ULID, KIT_NOW)));
    STEP(visitor_claim(view, shop, ULID, KIT_NOW, &one, &since));
    STEP(visitor_of(view, arena, shop, 1, KIT_NOW, &text));
    STEP(quiet(view, visitor_count_of(view, shop, 1)));
    STEP(person_flagged(view, arena, 5, &notes, &count));
    STEP(person_story(view, arena, 1, &notes, &count));
    STEP(is(visitor_get(view, arena, shop, HALF, &visitor), MISSING));
    STEP(is(order_get(view, arena, 77, &order), MISSING));
    return read_more(kit, view, which, at);
}

/* ---- the loops ---- */

/* Rows of all tables, told by their sum. */
static int64_t rows_in_all(struct kit *kit)
{
    static char sql[8192];
    sqlite3_stmt *names;
    size_t len = (size_t)snprintf(sql, sizeof sql, "SELECT 0");
    assert_int_equal(sqlite3_prepare_v2(kit->store->view.sql.db,
                                        "SELECT name FROM sqlite_schema WHERE type = 'table'", -1,
                                        &names, NULL),
                     SQLITE_OK);
    while (sqlite3_step(names) == SQLITE_ROW)
        len += (size_t)snprintf(sql + len, sizeof sql - len, " + (SELECT count(*) FROM %s)",
                                (const char *)sqlite3_column_text(names, 0));
    sqlite3_finalize(names);
    assert_true(len < sizeof sql);
    return kit_number(kit, sql);
}

/* One call, its nth step failing. True: there was no nth step, and the turn is committed. */
static bool write_failing(struct kit *kit, unsigned which, unsigned n)
{
    const int64_t before = rows_in_all(kit);
    kit_turn(kit);
    plan.countdown = n, plan.fired = false;
    enum status status = write_one(kit, which);
    plan.countdown = 0;
    if (!plan.fired) {
        if (status != OK)
            fail_msg("call %u: %d", which, status);
        kit_commit(kit);
        return true;
    }
    if (status == OK) /* it did not say so; the turn knows */
        status = store_commit(kit->store);
    if (status != BROKEN)
        fail_msg("call %u, step %u: a failure was taken for %d", which, n, status);
    assert_true(strlen(store_trouble(kit->store)) > 0);
    store_rollback(kit->store);
    assert_int_equal(rows_in_all(kit), before);
    return false;
}

static void read_all(struct kit *kit)
{
    for (unsigned which = 0, n = 1;; n++) {
        kit->view->sql.failed = false;
        plan.countdown = n, plan.fired = false;
        enum status status = read_one(kit, which);
        plan.countdown = 0;
        if (at_end)
            break;
        if (status != (plan.fired ? BROKEN : OK))
            fail_msg("read %u, step %u: %d", which, n, status);
        if (!plan.fired)
            which++, n = 0;
    }
    at_end = false;
}

/* Everything is written; before it is forgotten again, everything is read. */
static void every_step_fails_once(void **state)
{
    struct kit *kit = *state;
    for (unsigned which = 0;; which++) {
        for (unsigned n = 1; !write_failing(kit, which, n); n++)
            assert_true(n < 300);
        if (at_end)
            break;
        if (which == all_told)
            read_all(kit);
    }
    assert_true(kit_number(kit, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
}

/* The turn's own words fail: no turn begins, and none stays half open. */
static void a_turn_that_cannot_begin_or_end(void **state)
{
    struct kit *kit = *state;
    for (unsigned n = 1;; n++) {
        plan.countdown = n, plan.fired = false;
        enum status status = store_begin(kit->store);
        if (status == OK)
            status = store_commit(kit->store);
        plan.countdown = 0;
        if (!plan.fired) {
            check_ok(status);
            break;
        }
        assert_int_equal(status, BROKEN);
        assert_false(store_writable(kit->store));
        store_rollback(kit->store);
    }
    assert_true(store_writable(kit->store));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(every_step_fails_once),
        KIT_TEST(a_turn_that_cannot_begin_or_end),
    };
    return CHECK_RUN(tests);
}
