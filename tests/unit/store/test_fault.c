/*
 * The disk fails on order: SQLite's own file layer with a countdown in it. Every write, fsync and
 * read of a turn that touches every table is made to fail once; each time the turn must be there
 * whole or not at all, the answer must say which, and the same handles must go on afterwards.
 */
#include "../../../src/store/backup.h"
#include "kit.h"

enum fault { FAULT_WRITE, FAULT_FULL, FAULT_SYNC, FAULT_READ, FAULT_TRUNCATE, FAULT_COUNT };

static const struct {
    const char *name;
    int code;
} faults[FAULT_COUNT] = {
    [FAULT_WRITE] = {"write", SQLITE_IOERR_WRITE},
    [FAULT_FULL] = {"full", SQLITE_FULL},
    [FAULT_SYNC] = {"fsync", SQLITE_IOERR_FSYNC},
    [FAULT_READ] = {"read", SQLITE_IOERR_READ},
    [FAULT_TRUNCATE] = {"truncate", SQLITE_IOERR_TRUNCATE},
};

static struct {
    enum fault kind;
    unsigned countdown; /* 0: nothing fails */
    bool lasting;       /* and everything of the kind after it */
    unsigned fired;
} plan;

static bool due(enum fault kind)
{
    if (kind == FAULT_WRITE && plan.kind == FAULT_FULL)
        kind = FAULT_FULL;
    if (plan.countdown == 0 || plan.kind != kind)
        return false;
    if (plan.countdown > 1) {
        plan.countdown--;
        return false;
    }
    plan.fired++;
    if (!plan.lasting)
        plan.countdown = 0;
    return true;
}

/* SQLite has two sets of methods, with locks for the file itself and without for its log; what we
   stand in for is the same in both. */
static const sqlite3_io_methods *real;
static sqlite3_io_methods faulty[2];
static sqlite3_vfs *real_vfs, faulty_vfs;

static int faulty_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    return due(FAULT_READ) ? faults[FAULT_READ].code : real->xRead(file, bytes, len, at);
}

static int faulty_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    return due(FAULT_WRITE) ? faults[plan.kind].code : real->xWrite(file, bytes, len, at);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    return due(FAULT_SYNC) ? faults[FAULT_SYNC].code : real->xSync(file, flags);
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return due(FAULT_TRUNCATE) ? faults[FAULT_TRUNCATE].code : real->xTruncate(file, size);
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int result = real_vfs->xOpen(real_vfs, name, file, flags, out);
    if (result != SQLITE_OK || file->pMethods == NULL)
        return result;
    sqlite3_io_methods *mine = &faulty[(flags & SQLITE_OPEN_MAIN_DB) != 0];
    real = file->pMethods;
    *mine = *real;
    mine->xRead = faulty_read;
    mine->xWrite = faulty_write;
    mine->xSync = faulty_sync;
    mine->xTruncate = faulty_truncate;
    mine->xFetch = NULL; /* no mapping past us */
    mine->iVersion = 2;
    file->pMethods = mine;
    return result;
}

static void vfs_setup(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.xOpen = faulty_open;
    assert_int_equal(sqlite3_vfs_register(&faulty_vfs, 1), SQLITE_OK);
}

/* One turn through every table; `n` makes its rows its own. Stops at the first trouble. */
static enum status turn(struct kit *kit, int64_t n)
{
    struct store *store = kit->store;
    char id[24];
    snprintf(id, sizeof id, "id-%d", (int)n);
    span text = span_of(id);
    struct journal_row row = kit_row(kit);
    struct person_row person = {.shop = kit->shop, .who.email = text};
    struct visitor_row visitor = {.visitor = text, .client.url = text};
    struct order_row order = {.shop = kit->shop, .order_id = text, .due_at = 5};
    struct bookmark_row bookmark = {.shop = kit->shop, .destination = SPAN("meta"), .low = n};
    struct batch_row batch = {.id = n,
                              .shop = kit->shop,
                              .destination = SPAN("meta"),
                              .state = BATCH_SETTLED,
                              .seqs = &n,
                              .count = 1};
    struct outcome_row outcome = {.shop = kit->shop,
                                  .subject = text,
                                  .destination = SPAN("meta"),
                                  .name = EVENT_ORDER_PLACED,
                                  .state = OUTCOME_DELIVERED};
    struct letter_row letter = {.shop = kit->shop,
                                .destination = SPAN("meta"),
                                .seq = n,
                                .name = EVENT_ORDER_PLACED,
                                .state = LETTER_DEAD};
    int64_t seq = 0, first = 0;
    unsigned before = 0;
    static char bulk[30000]; /* more than a page, so that pages spill over */
    memset(bulk, 'x', sizeof bulk);
    row.visitor = text;
    row.body = (span){bulk, sizeof bulk};
    enum status status = store_begin(store);
    if (status != OK)
        return status;
#define STEP(call) status = status == OK ? (call) : status
    STEP(journal_seen(store, kit->shop, SOURCE_API, text, text, KIT_NOW, n, &first));
    STEP(journal_delivery(store, kit->shop, text, KIT_NOW));
    STEP(journal_quarantine(store, kit->shop, text, text, text, text, KIT_NOW));
    STEP(person_put(store, &person));
    STEP(person_link(store, kit->shop, LINK_EMAIL, text, person.id, false, KIT_NOW));
    STEP(visitor_put(store, kit->shop, &visitor));
    STEP(visitor_own(store, kit->shop, text, KIT_NOW, person.id, 0));
    STEP(order_put(store, &order));
    STEP(order_alias_put(store, kit->shop, ALIAS_ORDER_ID, text, order.key));
    STEP(order_once(store, kit->shop, text, KIT_NOW));
    STEP(order_checkout(store, kit->shop, text, CHECKOUT_BY_SERVER, KIT_NOW, &before));
    row.order = order.key;
    STEP(journal_append(store, &row, &seq));
    struct order_fact fact = {order.key, EVENT_ORDER_REFUNDED, text, seq, KIT_NOW, false};
    STEP(order_fact_put(store, &fact));
    STEP(bookmark_put(store, &bookmark));
    STEP(batch_put(store, &batch));
    STEP(outcome_put(store, &outcome));
    STEP(letter_put(store, &letter));
    STEP(counter_add(store, n, kit->shop, text, text, 1));
#undef STEP
    if (status == OK)
        status = store_commit(store);
    store_rollback(store);
    return status;
}

static const char rows_in_all[] =
    "SELECT (SELECT count(*) FROM journal) + (SELECT count(*) FROM trail) + (SELECT count(*) FROM "
    "seen)"
    " + (SELECT count(*) FROM delivery) + (SELECT count(*) FROM quarantine)"
    " + (SELECT count(*) FROM person) + (SELECT count(*) FROM link) + (SELECT count(*) FROM "
    "visitor)"
    " + (SELECT count(*) FROM owner) + (SELECT count(*) FROM orders)"
    " + (SELECT count(*) FROM order_alias) + (SELECT count(*) FROM order_once)"
    " + (SELECT count(*) FROM checkout) + (SELECT count(*) FROM order_fact)"
    " + (SELECT count(*) FROM batch) + (SELECT count(*) FROM outcome)"
    " + (SELECT count(*) FROM letter) + (SELECT count(*) FROM counter)";
#define TABLES 18 /* of them, each with one row a turn */

/* A turn again and again, failing one place later each time, until it gets through unharmed. */
static void check_turns(struct kit *kit, enum fault kind, bool lasting)
{
    int64_t done = head_of(kit->view);
    int64_t frames = 0;
    struct store_copier *copier;
    check_ok(store_copier_open(kit->path, &copier));
    kit_exec(kit, "PRAGMA cache_size = 5"); /* 5 pages: they spill into the log early */
    for (unsigned at = 1;; at++) {
        assert_true(at < 400);
        plan.kind = kind, plan.countdown = at, plan.lasting = lasting, plan.fired = 0;
        enum status status = turn(kit, done + 1);
        plan.countdown = 0;
        if (status == OK)
            done++;
        else if (!strlen(store_trouble(kit->store)))
            fail_msg("%s %u: no words", faults[kind].name, at);
        assert_int_equal(store_writable(kit->store), status == OK);
        assert_int_equal(kit_number(kit, rows_in_all), TABLES * done);
        assert_int_equal(head_of(kit->view), done);
        if (plan.fired == 0) {
            assert_int_equal(status, OK);
            break;
        }
        if (at % 16 == 0) /* a longer log has other pages to read and write */
            check_ok(store_checkpoint(copier, &frames));
    }
    store_copier_close(copier);
    check_ok(turn(kit, done + 1));
    assert_int_equal(kit_number(kit, rows_in_all), TABLES * (done + 1));
    assert_true(kit_number(kit, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
}

static void test_write(void **state)
{
    check_turns(*state, FAULT_WRITE, false);
    check_turns(*state, FAULT_WRITE, true);
}

static void test_full(void **state)
{
    check_turns(*state, FAULT_FULL, false);
    check_turns(*state, FAULT_FULL, true);
}

static void test_sync(void **state)
{
    check_turns(*state, FAULT_SYNC, false);
    check_turns(*state, FAULT_SYNC, true);
}

static void test_read(void **state)
{
    check_turns(*state, FAULT_READ, false);
}

/* A checkpoint that fails takes nothing with it: what it did not copy is still in the log. */
static void test_checkpoint(void **state)
{
    struct kit *kit = *state;
    int64_t done = 0, frames = 0;
    struct store_copier *copier;
    check_ok(store_copier_open(kit->path, &copier));
    const enum fault kinds[] = {FAULT_WRITE, FAULT_FULL, FAULT_SYNC, FAULT_READ, FAULT_TRUNCATE};
    for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
        for (unsigned at = 1;; at++) {
            assert_true(at < 200);
            check_ok(turn(kit, ++done));
            plan.kind = kinds[kind], plan.countdown = at, plan.lasting = false, plan.fired = 0;
            enum status status = store_checkpoint(copier, &frames);
            plan.countdown = 0;
            assert_int_equal(kit_number(kit, rows_in_all), TABLES * done);
            if (plan.fired == 0) {
                check_ok(status);
                break;
            }
            check_ok(store_checkpoint(copier, &frames)); /* or the log outgrows the countdown */
        }
    }
    check_ok(store_checkpoint(copier, &frames));
    store_copier_close(copier);
    store_close(kit->store);
    kit_store_open(kit);
    assert_int_equal(kit_number(kit, rows_in_all), TABLES * done);
    assert_true(kit_number(kit, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
}

/* An open that fails leaves no lock and no half of a schema behind. */
static void test_open(void **state)
{
    struct kit *kit = *state;
    const enum fault kinds[] = {FAULT_WRITE, FAULT_FULL, FAULT_SYNC, FAULT_READ};
    for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
        snprintf(kit->path, sizeof kit->path, "%s/%s.db", kit->dir, faults[kinds[kind]].name);
        for (unsigned at = 1;; at++) {
            assert_true(at < 200);
            struct error error = {""};
            plan.kind = kinds[kind], plan.countdown = at, plan.lasting = false, plan.fired = 0;
            enum status status = store_open(kit->path, &kit->clock.clock, &kit->store, &error);
            plan.countdown = 0;
            if (status != OK)
                assert_true(strlen(error.text) > strlen(kit->path));
            if (status == OK) {
                assert_true(kit_number(kit, "PRAGMA user_version") > 0);
                store_close(kit->store);
                kit->store = NULL;
            }
            if (plan.fired == 0) {
                assert_int_equal(status, OK);
                break;
            }
        }
    }
}

static unsigned files_of(const char *path)
{
    static const char *const endings[] = {"", ".part", ".part-journal", ".restore",
                                          ".restore-journal"};
    char name[160];
    unsigned there = 0;
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        there |= (unsigned)(access(name, F_OK) == 0) << i;
    }
    return there;
}

static const enum fault of_files[] = {FAULT_WRITE, FAULT_FULL, FAULT_SYNC, FAULT_READ,
                                      FAULT_TRUNCATE};

/* A backup is whole and checked, or there is none and a sentence says why. */
static void test_backup(void **state)
{
    struct kit *kit = *state;
    char to[120];
    unsigned failed = 0;
    snprintf(to, sizeof to, "%s/copy.db", kit->dir);
    for (int64_t n = 1; n <= 5; n++)
        check_ok(turn(kit, n));
    for (size_t kind = 0; kind < COUNT_OF(of_files); kind++) {
        for (unsigned at = 1;; at++) {
            assert_true(at < 400);
            struct error error = {""};
            int64_t bytes = 0;
            plan.kind = of_files[kind], plan.countdown = at, plan.lasting = false, plan.fired = 0;
            enum status status = backup_make(kit->path, to, NULL, NULL, &bytes, &error);
            plan.countdown = 0;
            assert_int_equal(files_of(to), status == OK);
            assert_int_equal(bytes > 0, status == OK);
            if (status != OK)
                assert_true(strlen(error.text) > strlen(kit->dir));
            if (status == FULL)
                assert_non_null(strstr(error.text, "there is no room for it: it takes "));
            else if (of_files[kind] == FAULT_FULL && status != OK)
                fail_msg("the disk is full at %u: %s", at, error.text);
            failed += status != OK;
            unlink(to);
            if (plan.fired == 0) {
                check_ok(status);
                break;
            }
        }
    }
    assert_true(failed > 10);
    assert_int_equal(kit_number(kit, rows_in_all), TABLES * 5);
}

/* Going back leaves what was there, or has put the copy in its place: nothing between. */
static void test_restore(void **state)
{
    struct kit *kit = *state;
    char from[120], before[160];
    struct error error = {""};
    int64_t bytes = 0;
    unsigned failed = 0;
    snprintf(from, sizeof from, "%s/copy.db", kit->dir);
    snprintf(before, sizeof before, "%s.before", kit->path);
    check_ok(turn(kit, 1));
    check_ok(backup_make(kit->path, from, NULL, NULL, &bytes, &error));
    for (size_t kind = 0; kind < COUNT_OF(of_files); kind++) {
        for (unsigned at = 1;; at++) {
            assert_true(at < 400);
            check_ok(turn(kit, 2));
            view_close(kit->view);
            store_close(kit->store);
            kit->view = NULL;
            kit->store = NULL;
            plan.kind = of_files[kind], plan.countdown = at, plan.lasting = false, plan.fired = 0;
            enum status status = backup_restore(kit->path, from, NULL, NULL, &bytes, &error);
            plan.countdown = 0;
            assert_int_equal(files_of(kit->path), 1);
            kit_store_open(kit);
            kit_view_open(kit);
            assert_int_equal(kit_number(kit, rows_in_all), TABLES * (status == OK ? 1 : 2));
            assert_true(
                kit_number(kit, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
            failed += status != OK;
            if (status != OK) { /* back to one turn for the next */
                view_close(kit->view);
                store_close(kit->store);
                check_ok(backup_restore(kit->path, from, NULL, NULL, &bytes, &error));
                kit_store_open(kit);
                kit_view_open(kit);
            }
            unlink(before);
            if (plan.fired == 0) {
                check_ok(status);
                break;
            }
        }
    }
    assert_true(failed > 10);
}

int main(void)
{
    vfs_setup();
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_write),  KIT_TEST(test_full),       KIT_TEST(test_sync),
        KIT_TEST(test_read),   KIT_TEST(test_checkpoint), KIT_TEST_BARE(test_open),
        KIT_TEST(test_backup), KIT_TEST(test_restore),
    };
    return CHECK_RUN(tests);
}
