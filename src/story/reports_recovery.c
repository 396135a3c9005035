/*
 * Recovery: what the browser alone would have told, and what it would not. An order has two halves;
 * which of them came is kept with it, so this is counted, not estimated. What is not known is said
 * in the method: a platform's own tag may have fired where our snippet was not allowed to run.
 */
#include "reports.h"

#include "latency.h"

#define PLATFORMS 16u

static const char *const method[] = {
    "An order counts on the day on which its first half was heard of, in the store's time zone; "
    "excluded orders "
    "(test, POS, draft, renewals, marketplaces) do not count.",
    "Both: the shop's signed webhook and a browser told of it. Server only: no browser did "
    "(blocked, closed too "
    "early, paid elsewhere): a tag alone would have lost it. Browser only: no webhook came.",
    "Of a platform, both and server only are orders that it accepted from us; browser only are "
    "those we did not "
    "send because the shop never confirmed them. Values are those sent, browser only as the "
    "browser said.",
    "Blocked tags are page events on which the snippet (bridge) found the platform's own tag in "
    "the page but not "
    "working; pages whose tag was absent are not counted, and pages on which our snippet was "
    "blocked too are not "
    "known to anybody.",
    "The match rate is the share of accepted orders for which a browser gave the same id: only "
    "those can be "
    "deduplicated against a tag. What a platform's tag really counted is known to the platform "
    "alone.",
    NULL};

struct sum {
    int64_t both, server, browser;
    struct money v_both, v_server, v_browser;
};
struct platform {
    span name;
    struct sum sum;
    int64_t fired, blocked;
};
struct day {
    span text;
    struct sum orders;
    struct platform platforms[PLATFORMS];
    unsigned platform_count;
};

static void add(struct sum *sum, const struct report_orders *row, span currency)
{
    bool counts = row->value.given && span_equal(row->currency, currency);
    if (row->server && row->browser) {
        sum->both += row->count;
        sum->v_both = counts ? money_add(sum->v_both, row->value) : sum->v_both;
    } else if (row->server) {
        sum->server += row->count;
        sum->v_server = counts ? money_add(sum->v_server, row->value) : sum->v_server;
    } else if (row->browser) {
        sum->browser += row->count;
        sum->v_browser = counts ? money_add(sum->v_browser, row->value) : sum->v_browser;
    }
}

static struct platform *platform_of(struct day *day, span name)
{
    unsigned i = 0;
    while (i < day->platform_count && !span_equal(day->platforms[i].name, name))
        i++;
    if (i == PLATFORMS)
        return NULL;
    if (i == day->platform_count)
        day->platforms[day->platform_count++] = (struct platform){.name = name};
    return &day->platforms[i];
}

static bool was_sent(enum order_state state)
{
    return state == ORDER_SENT || state == ORDER_ADJUSTED;
}

static enum status load_orders(const struct reports_page *page, int64_t from, int64_t until,
                               struct day *day)
{
    const struct story *story = page->story;
    span currency = page->wish->shop->currency, its;
    struct report_orders *rows;
    unsigned count;
    struct money value;
    enum status status =
        report_sum_orders(story->view, story->arena, page->shop, from, until, &rows, &count);
    if (status != OK)
        return status;
    for (unsigned i = 0; i < count; i++)
        if (was_sent(rows[i].state) || (rows[i].state == ORDER_DROPPED && !rows[i].server))
            add(&day->orders, &rows[i], currency);
    if (day->orders.browser == 0)
        return OK;
    status = report_browser_only(story->view, story->arena, page->shop, from, until, &its, &value);
    if (status == OK && span_equal(its, currency))
        day->orders.v_browser = value;
    return status;
}

static enum status load_platforms(const struct reports_page *page, int64_t from, int64_t until,
                                  struct day *day)
{
    const struct story *story = page->story;
    struct report_orders *rows;
    unsigned count;
    enum status status =
        report_sum_outcomes(story->view, story->arena, page->shop, from, until, &rows, &count);
    if (status != OK)
        return status;
    for (unsigned i = 0; i < story->outlet_count; i++)
        if (story->outlets[i].shop == page->wish->shop)
            (void)platform_of(day, span_of(story->outlets[i].destination->name));
    for (unsigned i = 0; i < count; i++) {
        struct platform *platform = platform_of(day, rows[i].destination);
        if (platform && rows[i].outcome == OUTCOME_DELIVERED && rows[i].server)
            add(&platform->sum, &rows[i], page->wish->shop->currency);
    }
    for (unsigned i = 0; i < day->platform_count; i++) {
        day->platforms[i].sum.browser = day->orders.browser;
        day->platforms[i].sum.v_browser = day->orders.v_browser;
    }
    return OK;
}

static enum status load_tags(const struct reports_page *page, int64_t from, struct day *day)
{
    const struct story *story = page->story;
    struct report_count *rows;
    unsigned count;
    int64_t utc = reports_counter_day(page, from);
    enum status status =
        report_counts(story->view, story->arena, page->shop, "tag:", utc, utc, &rows, &count);
    for (unsigned i = 0; status == OK && i < count; i++) {
        struct platform *platform =
            platform_of(day, span_sub(rows[i].what, strlen("tag:"), rows[i].what.len));
        if (platform && span_is(rows[i].label, "fired"))
            platform->fired += rows[i].n;
        else if (platform && span_is(rows[i].label, "blocked"))
            platform->blocked += rows[i].n;
    }
    return status;
}

/* ---- JSON ---- */

static void put_rate(struct json *json, const char *key, int64_t part, int64_t whole)
{
    char room[LATENCY_SHARE_ROOM];
    if (whole > 0)
        json_put_raw(json, key, latency_share(part, whole, room));
    else
        json_put_null(json, key);
}

static struct money or_zero(struct money money, span currency)
{
    return money.given ? money : money_of(0, money_scale(currency));
}

static void put_platform(struct json *json, const struct platform *platform, span currency)
{
    const struct sum *sum = &platform->sum;
    json_open(json, NULL, '{');
    json_put_text(json, "destination", platform->name);
    json_put_int(json, "both", sum->both);
    json_put_int(json, "server_only", sum->server);
    json_put_int(json, "browser_only", sum->browser);
    story_put_money(json, "value_both", or_zero(sum->v_both, currency));
    story_put_money(json, "value_server_only", or_zero(sum->v_server, currency));
    story_put_money(json, "value_browser_only", or_zero(sum->v_browser, currency));
    json_put_int(json, "tags_seen", platform->fired + platform->blocked);
    json_put_int(json, "tags_blocked", platform->blocked);
    put_rate(json, "dedup_match_rate", sum->both, sum->both + sum->server);
    json_close(json, '}');
}

static void put_day(struct json *json, const struct day *day, span currency)
{
    const struct sum *sum = &day->orders;
    int64_t seen = 0, blocked = 0;
    json_open(json, NULL, '{');
    json_put_text(json, "day", day->text);
    json_open(json, "platforms", '[');
    for (unsigned i = 0; i < day->platform_count; i++) {
        put_platform(json, &day->platforms[i], currency);
        seen += day->platforms[i].fired + day->platforms[i].blocked;
        blocked += day->platforms[i].blocked;
    }
    json_close(json, ']');
    json_open(json, "orders", '{');
    json_put_int(json, "both", sum->both);
    json_put_int(json, "server_only", sum->server);
    json_put_int(json, "browser_only", sum->browser);
    json_close(json, '}');
    json_open(json, "value", '{');
    story_put_money(json, "both", or_zero(sum->v_both, currency));
    story_put_money(json, "server_only", or_zero(sum->v_server, currency));
    story_put_money(json, "browser_only", or_zero(sum->v_browser, currency));
    json_close(json, '}');
    json_put_int(json, "tags_seen", seen);
    json_put_int(json, "tags_blocked", blocked);
    put_rate(json, "dedup_match_rate", sum->both, sum->both + sum->server);
    json_close(json, '}');
}

/* ---- text and CSV ---- */

static void print_sum(struct reports_page *page, span day, span name, const struct sum *sum,
                      int64_t seen, int64_t blocked)
{
    span currency = page->wish->shop->currency;
    char room[3][MONEY_TEXT_ROOM];
    span both = money_text(or_zero(sum->v_both, currency), room[0]);
    span server = money_text(or_zero(sum->v_server, currency), room[1]);
    span browser = money_text(or_zero(sum->v_browser, currency), room[2]);
    if (page->form == REPORTS_CSV) {
        buf_print(page->out, "%.*s,%.*s,%lld,%lld,%lld,%.*s,%.*s,%.*s,%.*s,%lld,%lld\r\n",
                  SPAN_ARG(day), SPAN_ARG(name), (long long)sum->both, (long long)sum->server,
                  (long long)sum->browser, SPAN_ARG(both), SPAN_ARG(server), SPAN_ARG(browser),
                  SPAN_ARG(currency), (long long)seen, (long long)blocked);
        return;
    }
    buf_print(page->out, "%-10.*s  %-10.*s %6lld %12.*s %8lld %12.*s %8lld %12.*s", SPAN_ARG(day),
              SPAN_ARG(name), (long long)sum->both, SPAN_ARG(both), (long long)sum->server,
              SPAN_ARG(server), (long long)sum->browser, SPAN_ARG(browser));
    if (sum->both + sum->server > 0)
        buf_print(page->out, "  %3lld %%",
                  (long long)(sum->both * 100 / (sum->both + sum->server)));
    if (seen > 0)
        buf_print(page->out, "  tag blocked on %lld of %lld pages", (long long)blocked,
                  (long long)seen);
    buf_add_char(page->out, '\n');
}

static void print_head(struct reports_page *page)
{
    span currency = page->wish->shop->currency;
    if (page->form == REPORTS_CSV)
        buf_add_text(page->out,
                     "day,destination,both,server_only,browser_only,value_both,value_server_only,"
                     "value_browser_only,currency,tags_seen,tags_blocked\r\n");
    else
        buf_print(page->out,
                  "Recovery of %.*s, in %.*s\n\n%-10s  %-10s %6s %12s %8s %12s %8s %12s  %s\n",
                  SPAN_ARG(page->wish->shop->name), SPAN_ARG(currency), "day", "platform", "both",
                  "value", "server", "value", "browser", "value", "match");
}

static bool nothing_in(const struct day *day)
{
    int64_t all = day->orders.both + day->orders.server + day->orders.browser;
    for (unsigned i = 0; i < day->platform_count; i++) {
        const struct platform *platform = &day->platforms[i];
        all += platform->sum.both + platform->sum.server + platform->sum.browser + platform->fired +
               platform->blocked;
    }
    return all == 0;
}

static void tell_day(struct reports_page *page, const struct day *day)
{
    if (page->form == REPORTS_JSON) {
        put_day(page->json, day, page->wish->shop->currency);
        return;
    }
    if (page->form == REPORTS_TEXT && nothing_in(day))
        return;
    print_sum(page, day->text, SPAN("(orders)"), &day->orders, 0, 0);
    for (unsigned i = 0; i < day->platform_count; i++)
        print_sum(page, page->form == REPORTS_CSV ? day->text : SPAN(""), day->platforms[i].name,
                  &day->platforms[i].sum, day->platforms[i].fired + day->platforms[i].blocked,
                  day->platforms[i].blocked);
}

enum status reports_recovery(struct reports_page *page)
{
    const struct reports_wish *wish = page->wish;
    enum status status = OK;
    if (page->form == REPORTS_JSON) {
        json_open(page->json, NULL, '{');
        json_open(page->json, "days", '[');
    } else {
        print_head(page);
    }
    for (int64_t at = wish->from; at < wish->until && status == OK;) {
        int64_t next = zone_next_day(&wish->zone, at);
        struct day day = {.text = zone_day_text(&wish->zone, page->story->arena, at)};
        status = load_orders(page, at, next, &day);
        if (status == OK)
            status = load_platforms(page, at, next, &day);
        if (status == OK)
            status = load_tags(page, at, &day);
        tell_day(page, &day);
        at = next;
    }
    if (page->form == REPORTS_JSON) {
        json_close(page->json, ']');
        json_put_text(page->json, "currency", wish->shop->currency);
    }
    reports_method(page, method);
    if (page->form == REPORTS_JSON)
        json_close(page->json, '}');
    return status;
}
