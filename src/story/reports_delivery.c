/* Delivery: what became of the rows at each destination, day by day, from the daily counters. */
#include "reports.h"

#include "latency.h"

#define REASONS 48u

static const char *const method[] = {
    "Rows are events or order adjustments, counted when they were settled at the destination; days "
    "are UTC's.",
    "Refused: the platform said no for good, or they grew too old. Unknown: the answer was lost "
    "and the platform cannot tell a copy, so they were not repeated. Dry: made and not sent, or "
    "sent to be looked at only (`mode`). Retried: became letters that are tried again.",
    "Times run from arrival at the gateway to acceptance and are told as \"at most\", in steps. A "
    "gateway that was killed may have lost the count of its last five seconds, never an event.",
    NULL};

struct line {
    int64_t delivered, refused, unknown, retried, dry;
    struct {
        span word;
        int64_t n;
    } skipped[REASONS];
    unsigned skip_count;
    struct latency latency;
};

static void add_end(struct line *line, span label, int64_t n)
{
    if (span_is(label, "delivered"))
        line->delivered += n;
    else if (span_is(label, "refused") || span_is(label, "expired"))
        line->refused += n;
    else if (span_is(label, "may_have_arrived"))
        line->unknown += n;
    else if (span_is(label, "retrying"))
        line->retried += n;
    else if (span_is(label, "dry"))
        line->dry += n;
    else if (line->skip_count < REASONS) {
        line->skipped[line->skip_count].word =
            span_starts(label, "skip_") ? span_sub(label, strlen("skip_"), label.len) : label;
        line->skipped[line->skip_count++].n = n;
    }
}

static enum status load(const struct reports_page *page, const char *name, int64_t midnight,
                        struct line *line)
{
    const struct story *story = page->story;
    struct report_count *rows;
    unsigned count;
    int64_t day = reports_counter_day(page, midnight);
    *line = (struct line){.delivered = 0};
    enum status status =
        report_counts(story->view, story->arena, page->shop,
                      arena_print(story->arena, "out:%s", name).ptr, day, day, &rows, &count);
    for (unsigned i = 0; status == OK && i < count; i++)
        add_end(line, rows[i].label, rows[i].n);
    if (status == OK)
        status =
            report_counts(story->view, story->arena, page->shop,
                          arena_print(story->arena, "ms:%s", name).ptr, day, day, &rows, &count);
    for (unsigned i = 0; status == OK && i < count; i++)
        latency_add_label(&line->latency, rows[i].label, rows[i].n);
    return status;
}

static void put_line(struct json *json, const char *name, const struct line *line)
{
    json_open(json, NULL, '{');
    json_put_text(json, "destination", span_of(name));
    json_put_int(json, "delivered", line->delivered);
    json_put_int(json, "refused", line->refused);
    json_put_int(json, "unknown", line->unknown);
    json_put_int(json, "dry", line->dry);
    json_open(json, "skipped", '{');
    for (unsigned i = 0; i < line->skip_count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)line->skipped[i].n);
        json_put_raw_at(json, line->skipped[i].word, span_of(number));
    }
    json_close(json, '}');
    json_put_int(json, "retried", line->retried);
    latency_put(&line->latency, json);
    json_close(json, '}');
}

/* Absent: nothing was measured. */
static span print_ms(struct reports_page *page, const struct line *line, unsigned percent)
{
    int64_t ms = latency_percentile(&line->latency, percent);
    return ms < 0 ? (span){0} : arena_print(page->story->arena, "%lld", (long long)ms);
}

static bool nothing_in(const struct line *line)
{
    return line->delivered + line->refused + line->unknown + line->dry + line->retried == 0 &&
           line->skip_count == 0;
}

static void print_line(struct reports_page *page, span day, const char *name,
                       const struct line *line)
{
    bool csv = page->form == REPORTS_CSV;
    int64_t skipped = 0;
    span half = print_ms(page, line, 50), most = print_ms(page, line, 99);
    if (!csv && nothing_in(line))
        return;
    if (!csv && !half.len)
        half = most = SPAN("-");
    for (unsigned i = 0; i < line->skip_count; i++)
        skipped += line->skipped[i].n;
    buf_print(page->out,
              csv ? "%.*s,%s,%lld,%lld,%lld,%lld,%lld,%lld,%.*s,%.*s\r\n"
                  : "%-10.*s  %-10s %9lld %8lld %8lld %8lld %8lld %8lld %8.*s %8.*s",
              SPAN_ARG(day), name, (long long)line->delivered, (long long)line->refused,
              (long long)line->unknown, (long long)line->dry, (long long)skipped,
              (long long)line->retried, SPAN_ARG(half), SPAN_ARG(most));
    for (unsigned i = 0; !csv && i < line->skip_count; i++)
        buf_print(page->out, "%s%.*s %lld",
                  i ? ", " : "  skipped: ", SPAN_ARG(line->skipped[i].word),
                  (long long)line->skipped[i].n);
    if (!csv)
        buf_add_char(page->out, '\n');
}

static void begin(struct reports_page *page)
{
    if (page->form == REPORTS_JSON) {
        json_open(page->json, NULL, '{');
        json_open(page->json, "days", '[');
    } else if (page->form == REPORTS_CSV) {
        buf_add_text(page->out,
                     "day,destination,delivered,refused,unknown,dry,skipped,retried,p50_ms,"
                     "p99_ms\r\n");
    } else {
        buf_print(page->out, "Delivery of %.*s\n\n%-10s  %-10s %9s %8s %8s %8s %8s %8s %8s %8s\n",
                  SPAN_ARG(page->wish->shop->name), "day", "to", "delivered", "refused", "unknown",
                  "dry", "skipped", "retried", "p50 ms", "p99 ms");
    }
}

static enum status tell_day(struct reports_page *page, int64_t at)
{
    const struct story *story = page->story;
    span text = zone_day_text(&page->wish->zone, story->arena, at);
    enum status status = OK;
    if (page->form == REPORTS_JSON) {
        json_open(page->json, NULL, '{');
        json_put_text(page->json, "day", text);
        json_open(page->json, "destinations", '[');
    }
    for (unsigned i = 0; i < story->outlet_count && status == OK; i++) {
        const char *name = story->outlets[i].destination->name;
        struct line line;
        if (story->outlets[i].shop != page->wish->shop)
            continue;
        status = load(page, name, at, &line);
        if (page->form == REPORTS_JSON)
            put_line(page->json, name, &line);
        else
            print_line(page, text, name, &line);
    }
    if (page->form == REPORTS_JSON) {
        json_close(page->json, ']');
        json_close(page->json, '}');
    }
    return status;
}

enum status reports_delivery(struct reports_page *page)
{
    const struct reports_wish *wish = page->wish;
    enum status status = OK;
    begin(page);
    for (int64_t at = wish->from; at < wish->until && status == OK;
         at = zone_next_day(&wish->zone, at))
        status = tell_day(page, at);
    if (page->form == REPORTS_JSON)
        json_close(page->json, ']');
    reports_method(page, method);
    if (page->form == REPORTS_JSON)
        json_close(page->json, '}');
    return status;
}
