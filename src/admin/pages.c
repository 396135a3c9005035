/* The reading half of the API; pages.h is the contract. */
#include "pages.h"

#include <stdio.h>

#include "../base/date.h"
#include "../base/limits.h"
#include "../base/log.h"
#include "../story/export.h"
#include "../story/lists.h"
#include "../story/mask.h"
#include "../story/overview.h"
#include "../story/reports.h"
#include "../story/request.h"
#include "../story/show.h"
#include "../story/steps.h"
#include "follow.h"
#include "work.h"

#define LETTERS_MOST 1000u

struct story pages_story(const struct ask *ask)
{
    const struct admin *admin = ask->admin;
    return (struct story){.view = admin->view,
                          .arena = ask->arena,
                          .shops = admin->facts.shops,
                          .shop_count = admin->facts.shop_count,
                          .outlets = admin->facts.outlets,
                          .outlet_count = admin->facts.outlet_count,
                          .now = ask->now};
}

bool pages_shop(struct ask *ask, const struct shop **ret_shop)
{
    span name = ask_query(ask, "store");
    struct story story = pages_story(ask);
    *ret_shop = span_empty(name) ? NULL : story_shop(&story, name);
    if (*ret_shop || span_empty(name))
        return true;
    ask_refuse(ask, 404, "store_unknown", "The config has no store of that name.");
    return false;
}

/* Writes the answer again with people masked. */
static bool mask_answer(struct ask *ask)
{
    struct buf *out = &ask->admin->out;
    const struct json_value *json;
    span whole = arena_copy(ask->arena, buf_span(out));
    if (json_parse(ask->arena, whole, &json, NULL) != OK)
        return false;
    buf_reset(out);
    json_start(&ask->json, out);
    mask_value(&ask->json, ask->arena, (span){0}, json);
    return true;
}

static void answer(struct ask *ask, enum status status, const char *missing, const char *trouble)
{
    bool large = status == FULL || !buf_ok(&ask->admin->out);
    if (status == MISSING) {
        ask_refuse(ask, 404, "not_found", missing);
    } else if (status != OK && status != FULL) {
        log_event(LOG_ERROR, "page_failed", "path=\"%.*s\" trouble=\"%s\"",
                  SPAN_ARG(ask->request->path), trouble);
        ask_refuse(ask, 500, "store", "The store could not be read; the log says why.");
    } else if (large || (ask->role == KEYS_VIEWER && !mask_answer(ask))) {
        ask_refuse(ask, 500, "too_large", "The answer is larger than we make: ask for less.");
    } else {
        ask_answer(ask, 200);
    }
}

void pages_answer(struct ask *ask, enum status status, const char *missing)
{
    answer(ask, status, missing, view_trouble(ask->admin->view));
}

static unsigned limit(const struct ask *ask, unsigned otherwise)
{
    return (unsigned)ask_number(ask, "limit", otherwise, 1, LISTS_MOST);
}

void pages_overview(struct ask *ask)
{
    const struct shop *shop;
    struct story story = pages_story(ask);
    if (!pages_shop(ask, &shop))
        return;
    json_open(&ask->json, NULL, '{');
    enum status status = overview_put(&story, shop, &ask->json);
    json_open(&ask->json, "alerts", '[');
    if (ask->admin->options.alerts)
        alert_words_list(&ask->json, ask->admin->options.alerts, shop ? shop->name : (span){0},
                         ask->now);
    json_close(&ask->json, ']');
    json_close(&ask->json, '}');
    pages_answer(ask, status, "");
}

void pages_destinations(struct ask *ask)
{
    const struct shop *shop;
    struct story story = pages_story(ask);
    if (!pages_shop(ask, &shop))
        return;
    pages_answer(ask, overview_destinations(&story, shop, &ask->json), "");
}

void pages_orders(struct ask *ask)
{
    struct story story = pages_story(ask);
    struct lists_wish wish = {.text = span_trim(ask_query(ask, "q")),
                              .state = ask_query(ask, "state"),
                              .before = ask_number(ask, "before", 0, 1, INT64_MAX),
                              .most = limit(ask, 50)};
    if (!pages_shop(ask, &wish.shop))
        return;
    pages_answer(ask, lists_orders(&story, &wish, &ask->json), "");
}

static void add_requests(void *arg, const struct show_order *order, struct json *json)
{
    const struct story *story = arg;
    request_list(story, order, json);
}

void pages_order(struct ask *ask)
{
    struct story story = pages_story(ask);
    enum status status =
        show_orders_json(story.view, story.arena, ask->rest, add_requests, &story, &ask->json);
    pages_answer(ask, status, "There is no such order.");
}

void pages_events(struct ask *ask)
{
    struct story story = pages_story(ask);
    struct lists_wish wish = {.name = ask_query(ask, "name"),
                              .source = ask_query(ask, "source"),
                              .visitor = ask_query(ask, "visitor"),
                              .before = ask_number(ask, "before", 0, 1, INT64_MAX),
                              .most = limit(ask, 100)};
    if (!pages_shop(ask, &wish.shop))
        return;
    span follow = ask_query(ask, "follow");
    if (follow.ptr && !span_is(follow, "0"))
        follow_open(ask, &wish);
    else
        pages_answer(ask, lists_events(&story, &wish, &ask->json), "");
}

/* A story that the command line prints whole. */
static void answer_story(struct ask *ask, const char *missing,
                         enum status (*show)(struct view *view, struct arena *arena, span text,
                                             bool as_json, struct buf *out))
{
    struct buf out;
    buf_init(&out, SHOW_BYTES);
    enum status status = show(ask->admin->view, ask->arena, ask->rest, true, &out);
    if (status == OK)
        json_put_raw(&ask->json, NULL, span_trim(buf_span(&out)));
    pages_answer(ask, status, missing);
    buf_done(&out);
}

/* ---- read on another thread: all of the journal is looked through ---- */

static void end_reading(struct work *work, struct view *view, enum status status)
{
    work->status = status == OK && !buf_ok(&work->out) ? FULL : status;
    if (status != OK)
        snprintf(work->error.text, sizeof work->error.text, "%s", view_trouble(view));
    view_close(view);
}

struct person_export {
    struct work work;
    int64_t person;
};

static void run_export(struct work *work)
{
    struct person_row row;
    struct dossier dossier;
    struct export_told told;
    struct view *view;
    struct arena *arena = &work->arena;
    if (!work_view(work, &view))
        return;
    enum status status = person_get(view, arena, ((struct person_export *)work)->person, &row);
    if (status == OK)
        status = dossier_find(view, arena, row.shop, NULL, 0, row.id, NULL, 0, &dossier);
    if (status == OK)
        status = export_write(view, arena, &dossier, work->ask.now, NULL, NULL, &work->out, &told);
    end_reading(work, view, status);
}

static void answer_export(struct work *work)
{
    struct ask *ask = &work->ask;
    const struct http_header name = {SPAN("Content-Disposition"),
                                     SPAN("attachment; filename=\"person.json\"")};
    if (work->status == OK) {
        json_put_raw(&ask->json, NULL, span_trim(buf_span(&work->out)));
        ask_answer_with(ask, 200, &name, 1);
    } else if (work->status == FULL) {
        ask_refuse(ask, 413, "too_large", "Too long for a page: `sidetrack export` writes it.");
    } else {
        answer(ask, work->status, "There is nobody of that number.", work->error.text);
    }
}

/* GET ID/export: a download, for an admin. */
static void export_person(struct ask *ask, int64_t id)
{
    static const struct work_kind kind = {.name = "export",
                                          .size = sizeof(struct person_export),
                                          .run = run_export,
                                          .answer = answer_export};
    if (ask->role != KEYS_ADMIN) {
        ask_refuse(ask, 403, "viewer", "A viewer sees people masked: only an admin exports them.");
        return;
    }
    struct work *work = work_new(ask, &kind);
    if (!work)
        return;
    ((struct person_export *)work)->person = id;
    work_start(work);
}

void pages_person(struct ask *ask)
{
    int64_t id;
    span rest = ask->rest, number;
    if (span_ends(rest, "/export") && span_split(&rest, '/', &number) &&
        span_int(number, &id) == OK) {
        export_person(ask, id);
        return;
    }
    answer_story(ask, "Nobody is known by that.", show_person);
}

void pages_people(struct ask *ask)
{
    struct story story = pages_story(ask);
    struct lists_wish wish = {.text = span_trim(ask_query(ask, "q")), .most = limit(ask, 50)};
    if (!pages_shop(ask, &wish.shop))
        return;
    pages_answer(ask, lists_people(&story, &wish, &ask->json), "");
}

void pages_letters(struct ask *ask)
{
    struct letter_row *rows;
    unsigned count;
    const struct shop *shop;
    span destination = ask_query(ask, "destination");
    if (!pages_shop(ask, &shop))
        return;
    enum status status = letter_list(ask->admin->view, ask->arena, LETTERS_MOST, &rows, &count);
    json_open(&ask->json, NULL, '{');
    json_open(&ask->json, "letters", '[');
    for (unsigned i = 0; status == OK && i < count; i++)
        if ((!shop || span_equal(rows[i].shop_name, shop->name)) &&
            (span_empty(destination) || span_equal(rows[i].destination, destination)))
            show_letter_json(&ask->json, &rows[i]);
    json_close(&ask->json, ']');
    json_close(&ask->json, '}');
    pages_answer(ask, status, "");
}

void pages_setup(struct ask *ask)
{
    const struct shop *shop;
    struct story story = pages_story(ask);
    if (!pages_shop(ask, &shop))
        return;
    if (!shop && story.shop_count > 0)
        shop = story.shops[0];
    pages_answer(ask, shop ? steps_put(&story, shop, &ask->json) : MISSING,
                 "The config has no store.");
}

/* An id that is no ULID is looked for in all of the journal. */
static void run_event(struct work *work)
{
    struct view *view;
    if (work_view(work, &view))
        end_reading(work, view, show_event(view, &work->arena, work->ask.rest, true, &work->out));
}

static void answer_event(struct work *work)
{
    if (work->status == OK)
        json_put_raw(&work->ask.json, NULL, span_trim(buf_span(&work->out)));
    answer(&work->ask, work->status, "There is no such event.", work->error.text);
}

void pages_event(struct ask *ask)
{
    static const struct work_kind kind = {
        .name = "event", .size = sizeof(struct work), .run = run_event, .answer = answer_event};
    struct work *work = work_new(ask, &kind);
    if (work)
        work_start(work);
}

/* ---- reports: the longer the period, the longer they take ---- */

struct told_report {
    struct work work;
    struct story story; /* of the loop's moment; its view and arena are the work's */
    struct reports_wish wish;
    bool csv;
};

static void run_report(struct work *work)
{
    struct told_report *report = (struct told_report *)work;
    struct view *view;
    if (!work_view(work, &view))
        return;
    report->story.view = view;
    report->story.arena = &work->arena;
    enum status status =
        reports_write(&report->story, work->ask.rest, &report->wish,
                      report->csv ? REPORTS_CSV : REPORTS_JSON, &work->json, &work->out);
    end_reading(work, view, status);
}

/* CSV is for a spreadsheet: a download. */
static void answer_csv(struct work *work)
{
    struct http_header headers[ASK_HEADERS];
    unsigned count = ask_headers(headers);
    headers[count++] = (struct http_header){SPAN("Content-Type"), SPAN("text/csv; charset=utf-8")};
    headers[count++] = (struct http_header){SPAN("Cache-Control"), SPAN("no-store")};
    headers[count++] = (struct http_header){SPAN("Content-Disposition"),
                                            SPAN("attachment; filename=\"report.csv\"")};
    listen_answer(work->ask.exchange, 200, headers, count, buf_span(&work->out));
}

static void answer_report(struct work *work)
{
    bool csv = ((struct told_report *)work)->csv;
    if (work->status == OK && csv) {
        answer_csv(work);
        return;
    }
    if (work->status == OK)
        json_put_raw(&work->ask.json, NULL, span_trim(buf_span(&work->out)));
    answer(&work->ask, work->status,
           csv ? "There is no such report." : "recovery, delivery or match.", work->error.text);
}

void pages_report(struct ask *ask)
{
    static const struct work_kind kind = {.name = "report",
                                          .size = sizeof(struct told_report),
                                          .run = run_report,
                                          .answer = answer_report};
    const struct shop *shop;
    struct story story = pages_story(ask);
    struct reports_wish wish;
    struct error error = {{0}};
    if (!pages_shop(ask, &shop))
        return;
    shop = shop ? shop : story.shop_count ? story.shops[0] : NULL;
    if (!shop) {
        ask_refuse(ask, 404, "not_found", "The config has no store.");
        return;
    }
    if (reports_period(&story, shop, ask_query(ask, "from"), ask_query(ask, "to"), &wish, &error) !=
        OK) {
        ask_refuse(ask, 400, "period", error.text);
        return;
    }
    struct work *work = work_new(ask, &kind);
    if (!work)
        return;
    struct told_report *report = (struct told_report *)work;
    report->story = story;
    report->wish = wish;
    report->csv = span_is(ask_query(ask, "format"), "csv");
    work_start(work);
}

void pages_bots(struct ask *ask)
{
    const struct shop *shop;
    struct story story = pages_story(ask);
    struct report_count *rows = NULL;
    unsigned count = 0;
    if (!pages_shop(ask, &shop))
        return;
    shop = shop ? shop : story.shop_count ? story.shops[0] : NULL;
    int64_t today = ask->now / DAY_MS, day = 0;
    enum status status = shop ? report_counts(story.view, ask->arena, story_number(&story, shop),
                                              "bot", today - 29, today, &rows, &count)
                              : OK;
    json_open(&ask->json, NULL, '{');
    json_open(&ask->json, "days", '[');
    for (unsigned i = 0; status == OK && i < count; i++) {
        char number[24];
        if (rows[i].day != day) {
            if (day) {
                json_close(&ask->json, '}');
                json_close(&ask->json, '}');
            }
            day = rows[i].day;
            json_open(&ask->json, NULL, '{');
            json_put_text(&ask->json, "day", span_sub(date_print(ask->arena, day * DAY_MS), 0, 10));
            json_open(&ask->json, "why", '{');
        }
        snprintf(number, sizeof number, "%lld", (long long)rows[i].n);
        json_put_raw_at(&ask->json, rows[i].label, span_of(number));
    }
    if (day) {
        json_close(&ask->json, '}');
        json_close(&ask->json, '}');
    }
    json_close(&ask->json, ']');
    json_close(&ask->json, '}');
    pages_answer(ask, status, "");
}
