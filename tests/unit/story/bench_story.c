/*
 * What each page of the dashboard costs the store: a million rows in the journal (a month, two in a
 * hundred of them orders at five destinations), then every page's query: the first of six, and the
 * slowest of the others. Prints a table of CPU time, which other builds on the machine do not move.
 * Bounded: some minutes and 2 GB in the folder given.
 *
 *     ninja -C build/release tests/unit/story/bench_story && build/release/…/bench_story DIR [ROWS]
 */
#include "../store/kit.h"

#include "../../../src/base/date.h"
#include "../../../src/base/ulid.h"
#include "../../../src/destinations/list.h"
#include "../../../src/story/lists.h"
#include "../../../src/story/overview.h"
#include "../../../src/story/reports.h"
#include "../../../src/story/show.h"
#include "../../../src/story/steps.h"

#define DAYS   30
#define GROUP  1024
#define VISITS 4096

static const char *const destinations[] = {"meta", "google", "tiktok", "ga4", "klaviyo"};

struct bench {
    struct store *store;
    int64_t shop, now, rows, count, orders;
    char body[700], visitors[VISITS][ULID_LEN + 1], order_body[3000];
    uint64_t chance;
};

static int64_t time_of(const struct bench *bench)
{
    return bench->now - DAYS * DAY_MS + bench->count * (DAYS * DAY_MS / bench->rows);
}

static void add_order(struct bench *bench, int64_t at, int64_t seq, span visitor)
{
    char id[32], number[32];
    snprintf(id, sizeof id, "o_%lld", (long long)bench->orders);
    snprintf(number, sizeof number, "%lld", (long long)bench->orders);
    struct order_row row = {.shop = bench->shop,
                            .state = ORDER_SENT,
                            .id = span_of(id),
                            .order_id = span_of(number),
                            .number = span_of(number),
                            .name = span_of(number),
                            .server_seq = seq,
                            .browser_seq = bench->orders % 5 ? seq : 0,
                            .sent_seq = seq,
                            .trigger_at = at,
                            .updated_at = at,
                            .created_at = at,
                            .first_at = at,
                            .visitor = visitor,
                            .currency = SPAN("EUR"),
                            .value = money_of(5990, 2),
                            .server = {bench->order_body, sizeof bench->order_body},
                            .browser = {bench->order_body, 700}};
    check_ok(order_put(bench->store, &row));
    for (size_t i = 0; i < COUNT_OF(destinations); i++) {
        struct outcome_row outcome = {.shop = bench->shop,
                                      .subject = row.id,
                                      .destination = span_of(destinations[i]),
                                      .name = EVENT_ORDER_PLACED,
                                      .seq = seq,
                                      .order = row.key,
                                      .state = OUTCOME_DELIVERED,
                                      .at = at};
        check_ok(outcome_put(bench->store, &outcome));
    }
    bench->orders++;
}

static char middle_id[ULID_LEN + 1]; /* of an event in the middle of the month */

static void add_letter(struct bench *bench, int64_t seq, int64_t at)
{
    const struct letter_row row = {.shop = bench->shop,
                                   .destination = SPAN("tiktok"),
                                   .seq = seq,
                                   .event_id = SPAN("x"),
                                   .name = EVENT_PRODUCT_VIEWED,
                                   .state = bench->count % 2 ? LETTER_DEAD : LETTER_WAITING,
                                   .reason = SPAN("refused"),
                                   .words = SPAN("Invalid parameter"),
                                   .next_try = at,
                                   .created_at = at,
                                   .updated_at = at};
    check_ok(letter_put(bench->store, &row));
}

static void add_batches(struct bench *bench, const int64_t *seqs, unsigned count, int64_t at)
{
    for (size_t i = 0; i < COUNT_OF(destinations); i++)
        for (unsigned k = 0; k + 50 <= count; k += 50) {
            struct batch_row row = {.id = bench->count * 100 + (int64_t)i * 30 + k / 50 + 1,
                                    .shop = bench->shop,
                                    .destination = span_of(destinations[i]),
                                    .state = BATCH_SETTLED,
                                    .seqs = seqs + k,
                                    .count = 50,
                                    .attempts = 1,
                                    .sent_at = at,
                                    .settled_at = at,
                                    .status = 200,
                                    .verdict = SPAN("delivered")};
            check_ok(batch_put(bench->store, &row));
        }
}

static void group(struct bench *bench)
{
    int64_t seqs[GROUP], at = 0;
    struct clock_fake aged; /* an id is of its event's time */
    clock_fake_init(&aged, 0);
    check_ok(store_begin(bench->store));
    for (unsigned i = 0; i < GROUP; i++, bench->count++) {
        char id[ULID_LEN + 1];
        at = time_of(bench);
        aged.at = at;
        ulid_make(&aged.clock, id);
        unsigned who = (unsigned)(check_random(&bench->chance) % VISITS);
        struct journal_row row = {.shop = bench->shop,
                                  .name = i % 50 ? EVENT_PRODUCT_VIEWED : EVENT_ORDER_PLACED,
                                  .source = SOURCE_BROWSER,
                                  .event_id = {id, ULID_LEN},
                                  .at = at,
                                  .received_at = at,
                                  .visitor = {bench->visitors[who], ULID_LEN},
                                  .audience = AUDIENCE_ALL,
                                  .body = {bench->body, sizeof bench->body}};
        check_ok(journal_append(bench->store, &row, &seqs[i]));
        if (bench->count == bench->rows / 2)
            memcpy(middle_id, id, sizeof middle_id);
        if (i % 50 == 25)
            add_letter(bench, seqs[i], at);
        if (i % 50 == 0)
            add_order(bench, at, seqs[i], row.visitor);
    }
    add_batches(bench, seqs, GROUP, at);
    int64_t day = at / DAY_MS;
    for (size_t i = 0; i < COUNT_OF(destinations); i++)
        for (unsigned k = 0; k < 20; k++) {
            char what[32], label[32];
            snprintf(what, sizeof what, "%s:%s", k % 2 ? "out" : "has", destinations[i]);
            snprintf(label, sizeof label, "label%u", k);
            check_ok(counter_add(bench->store, day, bench->shop, span_of(what), span_of(label), 1));
        }
    check_ok(store_commit(bench->store));
}

/* ---- the pages ---- */

struct page {
    const char *name;
    enum status (*ask)(struct story *story, struct json *json);
};

static enum status ask_overview(struct story *story, struct json *json)
{
    json_open(json, NULL, '{');
    enum status status = overview_put(story, NULL, json);
    json_close(json, '}');
    return status;
}

static enum status ask_destinations(struct story *story, struct json *json)
{
    return overview_destinations(story, NULL, json);
}

static enum status ask_orders(struct story *story, struct json *json)
{
    struct lists_wish wish = {.most = 50};
    return lists_orders(story, &wish, json);
}

static enum status ask_dropped(struct story *story, struct json *json)
{
    struct lists_wish wish = {.most = 50, .state = SPAN("DROPPED")}; /* there are none */
    return lists_orders(story, &wish, json);
}

static enum status ask_search(struct story *story, struct json *json)
{
    struct lists_wish wish = {.most = 50, .text = SPAN("777")};
    return lists_orders(story, &wish, json);
}

static enum status ask_order(struct story *story, struct json *json)
{
    return show_orders_json(story->view, story->arena, SPAN("777"), NULL, NULL, json);
}

static enum status ask_events(struct story *story, struct json *json)
{
    struct lists_wish wish = {.most = 100};
    return lists_events(story, &wish, json);
}

static enum status ask_rare(struct story *story, struct json *json)
{
    struct lists_wish wish = {.most = 100, .name = SPAN("cart_viewed")}; /* there are none */
    return lists_events(story, &wish, json);
}

static enum status ask_people(struct story *story, struct json *json)
{
    struct lists_wish wish = {.most = 50};
    return lists_people(story, &wish, json);
}

static enum status ask_setup(struct story *story, struct json *json)
{
    return steps_put(story, story->shops[0], json);
}

static enum status ask_event(struct story *story, struct json *json)
{
    struct buf out;
    buf_init(&out, (size_t)4 << 20);
    enum status status =
        show_event(story->view, story->arena, (span){middle_id, ULID_LEN}, true, &out);
    json_put_raw(json, NULL, span_trim(buf_span(&out)));
    buf_done(&out);
    return status;
}

static enum status ask_foreign(struct story *story, struct json *json)
{
    struct journal_row *rows;
    unsigned count;
    json_put_null(json, NULL);
    return journal_by_id(story->view, story->arena, SPAN("sh-nobody"), &rows, &count);
}

static enum status ask_letters(struct story *story, struct json *json)
{
    struct letter_row *rows;
    unsigned count;
    json_put_null(json, NULL);
    return letter_list(story->view, story->arena, 1000, &rows, &count);
}

static enum status ask_days(struct story *story, const char *name, int days, struct json *json)
{
    struct reports_wish wish;
    struct error error;
    char from[11];
    span day = span_sub(date_print(story->arena, story->now - (days - 1) * DAY_MS), 0, 10);
    snprintf(from, sizeof from, "%.*s", SPAN_ARG(day));
    check_ok(reports_period(story, story->shops[0], span_of(from), (span){0}, &wish, &error));
    return reports_write(story, span_of(name), &wish, REPORTS_JSON, json, NULL);
}

static enum status ask_report(struct story *story, const char *name, struct json *json)
{
    return ask_days(story, name, 7, json);
}

static enum status ask_recovery(struct story *story, struct json *json)
{
    return ask_report(story, "recovery", json);
}

static enum status ask_month(struct story *story, struct json *json)
{
    return ask_days(story, "recovery", 30, json);
}

static enum status ask_delivery(struct story *story, struct json *json)
{
    return ask_report(story, "delivery", json);
}

static enum status ask_match(struct story *story, struct json *json)
{
    return ask_report(story, "match", json);
}

static const struct page pages[] = {
    {"overview", ask_overview},
    {"destinations", ask_destinations},
    {"orders, newest 50", ask_orders},
    {"orders in a state that none is in", ask_dropped},
    {"orders by number", ask_search},
    {"one order", ask_order},
    {"events, newest 100", ask_events},
    {"events of a name that none has", ask_rare},
    {"people, newest 50", ask_people},
    {"first steps", ask_setup},
    {"recovery, 7 days", ask_recovery},
    {"delivery, 7 days", ask_delivery},
    {"match, 7 days", ask_match},
    {"recovery, 30 days", ask_month},
    {"an event's id that is no ULID", ask_foreign},
    {"one event", ask_event},
    {"letters, 1,000 of 20,000", ask_letters},
};

static int64_t cpu_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return at.tv_sec * INT64_C(1000000) + at.tv_nsec / 1000;
}

static void measure(struct story *story, const struct page *page)
{
    int64_t first = 0, worst = 0;
    for (unsigned i = 0; i < 6; i++) {
        struct arena arena;
        struct buf out;
        struct json json;
        arena_init(&arena, (size_t)64 << 20);
        buf_init(&out, (size_t)16 << 20);
        json_start(&json, &out);
        story->arena = &arena;
        int64_t start = cpu_us();
        check_ok(page->ask(story, &json));
        int64_t took = cpu_us() - start;
        buf_done(&out);
        arena_done(&arena);
        if (i == 0)
            first = took;
        else
            worst = took > worst ? took : worst;
    }
    printf("| %-33s | %7.1f | %7.1f |\n", page->name, (double)first / 1000, (double)worst / 1000);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.chance = 1};
    static struct settings settings = {.enabled = true};
    char path[256];
    struct error error = {""};
    struct view *view;
    if (argc < 2)
        return 2;
    bench.rows = argc > 2 ? strtoll(argv[2], NULL, 10) : 1000000;
    bench.now = clock_now(&clock_real);
    snprintf(path, sizeof path, "%s/bench.db", argv[1]);
    memset(bench.body, 'b', sizeof bench.body);
    memset(bench.order_body, 'o', sizeof bench.order_body);
    memcpy(bench.body, "{\"x\":\"", 6);
    memcpy(bench.body + sizeof bench.body - 2, "\"}", 2);
    for (size_t i = 0; i < VISITS; i++)
        ulid_make(&clock_real, bench.visitors[i]);
    if (store_open(path, &clock_real, &bench.store, &error) != OK)
        return fprintf(stderr, "%s\n", error.text), 1;
    int64_t activated = 0, frames;
    check_ok(store_begin(bench.store));
    check_ok(store_shop(bench.store, SPAN("acme"), 1, &bench.shop, &activated));
    check_ok(store_commit(bench.store));
    struct store_copier *copier;
    check_ok(store_copier_open(path, &copier));
    while (bench.count < bench.rows) {
        group(&bench);
        if (bench.count % (GROUP * 64) == 0)
            check_ok(store_checkpoint(copier, &frames));
    }
    store_copier_close(copier);
    check_ok(view_open(path, &view, &error));
    struct shop shop = {
        .name = SPAN("acme"), .currency = SPAN("EUR"), .timezone = SPAN("Europe/Berlin")};
    const struct shop *shops[] = {&shop};
    struct outlet_spec outlets[COUNT_OF(destinations)];
    settings.shop = &shop;
    for (size_t i = 0; i < COUNT_OF(destinations); i++)
        outlets[i] = (struct outlet_spec){&shop, list_find(span_of(destinations[i])), &settings};
    struct story story = {.view = view,
                          .shops = shops,
                          .shop_count = 1,
                          .outlets = outlets,
                          .outlet_count = COUNT_OF(destinations),
                          .now = bench.now};
    printf("%lld rows, %lld orders, %.2f GB\n\n| page | first ms | worst of five more ms "
           "|\n|---|---|---|\n",
           (long long)bench.count, (long long)bench.orders, (double)view_bytes(view) / 1e9);
    for (size_t i = 0; i < COUNT_OF(pages); i++)
        measure(&story, &pages[i]);
    view_close(view);
    store_close(bench.store);
    return 0;
}
