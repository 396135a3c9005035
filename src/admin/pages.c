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

#define LETTERS_MOST 1000u
#define EXPORT_BYTES (8u * MIB)

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

void pages_answer(struct ask *ask, enum status status, const char *missing)
{
    if (status == MISSING) {
        ask_refuse(ask, 404, "not_found", missing);
    } else if (status != OK) {
        log_event(LOG_ERROR, "page_failed", "path=\"%.*s\" trouble=\"%s\"",
                  SPAN_ARG(ask->request->path), view_trouble(ask->admin->view));
        ask_refuse(ask, 500, "store", "The store could not be read; the log says why.");
    } else if (!buf_ok(&ask->admin->out) || (ask->role == KEYS_VIEWER && !mask_answer(ask))) {
        ask_refuse(ask, 500, "too_large", "The answer is larger than we make: ask for less.");
    } else {
        ask_answer(ask, 200);
    }
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
    if (span_is(ask_query(ask, "follow"), "1"))
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

void pages_event(struct ask *ask)
{
    answer_story(ask, "There is no such event.", show_event);
}

/* GET ID/export: a download, for an admin. */
static void export_person(struct ask *ask, int64_t id)
{
    struct person_row row;
    struct dossier dossier;
    struct export_told told;
    struct buf out;
    struct view *view = ask->admin->view;
    const struct http_header name = {SPAN("Content-Disposition"),
                                     SPAN("attachment; filename=\"person.json\"")};
    if (ask->role != KEYS_ADMIN) {
        ask_refuse(ask, 403, "viewer", "A viewer sees people masked: only an admin exports them.");
        return;
    }
    buf_init(&out, EXPORT_BYTES);
    enum status status = person_get(view, ask->arena, id, &row);
    if (status == OK)
        status = dossier_find(view, ask->arena, row.shop, NULL, 0, row.id, NULL, 0, &dossier);
    if (status == OK)
        status = export_write(view, ask->arena, &dossier, ask->now, NULL, NULL, &out, &told);
    if (status == OK) {
        json_put_raw(&ask->json, NULL, span_trim(buf_span(&out)));
        ask_answer_with(ask, 200, &name, 1);
    } else if (status == FULL) {
        ask_refuse(ask, 413, "too_large", "Too long for a page: `sidetrack export` writes it.");
    } else {
        pages_answer(ask, status, "There is nobody of that number.");
    }
    buf_done(&out);
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

/* CSV is for a spreadsheet: a download. */
static void answer_csv(struct ask *ask, enum status status, struct buf *out)
{
    struct http_header headers[ASK_HEADERS];
    unsigned count = ask_headers(headers);
    if (status != OK || !buf_ok(out)) {
        pages_answer(ask, status == OK ? FULL : status, "There is no such report.");
        return;
    }
    headers[count++] = (struct http_header){SPAN("Content-Type"), SPAN("text/csv; charset=utf-8")};
    headers[count++] = (struct http_header){SPAN("Cache-Control"), SPAN("no-store")};
    headers[count++] = (struct http_header){SPAN("Content-Disposition"),
                                            SPAN("attachment; filename=\"report.csv\"")};
    listen_answer(ask->exchange, 200, headers, count, buf_span(out));
}

void pages_report(struct ask *ask)
{
    const struct shop *shop;
    struct story story = pages_story(ask);
    struct reports_wish wish;
    struct error error = {{0}};
    struct buf out;
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
    bool csv = span_is(ask_query(ask, "format"), "csv");
    buf_init(&out, EXPORT_BYTES);
    enum status status =
        reports_write(&story, ask->rest, &wish, csv ? REPORTS_CSV : REPORTS_JSON, &ask->json, &out);
    if (csv)
        answer_csv(ask, status, &out);
    else
        pages_answer(ask, status, "recovery, delivery or match.");
    buf_done(&out);
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
