/*
 * The golden tests of the destinations: events in, request out, answers to verdicts, as text.
 *
 *   run DIRECTORY            one TAP line for each DIRECTORY/NAME/FILE.case, NAME a destination
 *   run --accept DIRECTORY   writes every `body` anew from what is produced (tools/accept)
 *
 * Besides what a case says, every request is checked: what privacy.h says holds; for Klaviyo only
 * members of its OpenAPI schema.
 */
#include "../../src/base/clock.h"
#include "../../src/base/date.h"
#include "../../src/base/limits.h"
#include "../../src/destinations/list.h"
#include "compare.h"
#include "options.h"
#include "pairs.h"
#include "privacy.h"
#include "script.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>

#define MOST_EVENTS  1000u
#define MOST_HEADERS 8u
#define DEFAULT_NOW  INT64_C(1764000060000)

struct run {
    struct arena arena;
    const struct destination *destination;
    const struct json_value *schema; /* of this destination, or NULL */
    const struct directive *directive;
    struct buf *diagnosis;
    unsigned failures;
    bool accept;
    struct buf accepted; /* the file written anew */
    size_t copied;       /* of the old file */

    struct shop shop;
    struct settings *settings;
    struct event *events[MOST_EVENTS];
    unsigned count, part, amend;
    span amend_with;
    bool limited, opted_out, ads_denied, test;
    int64_t now;
    struct batch batch;
    struct http_call call;
    const struct json_value *body;
    void *memory; /* of errands */
    struct errand errand;
    struct judgement judged;    /* the last answer's */
    struct errand_result erred; /* the last errand's */
};

static void fail(struct run *run, const char *format, ...) PRINTF(2, 3);
static void fail(struct run *run, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    run->failures++;
    buf_print(run->diagnosis, "# line %u: %s\n", run->directive ? run->directive->line : 0, text);
}

static struct event *last_event(struct run *run)
{
    if (run->count == 0) {
        fail(run, "there is no event yet");
        return arena_new(&run->arena, struct event);
    }
    return run->events[run->count - 1];
}

/* ---- settings ------------------------------------------------------------------------------- */

static void set(struct run *run, span key, span value)
{
    const struct {
        const char *name;
        span *to;
    } common[] = {{"base_url", &run->settings->base_url},
                  {"api_version", &run->settings->api_version},
                  {"product_id", &run->settings->product_id},
                  {"test_code", &run->settings->test_code}};
    for (unsigned i = 0; i < COUNT_OF(common); i++)
        if (span_is(key, common[i].name)) {
            *common[i].to = value;
            return;
        }
    if (span_is(key, "mode")) {
        run->settings->mode = span_is(value, "validate") ? OUTLET_VALIDATE : OUTLET_LIVE;
        return;
    }
    if (!options_set(run->destination, run->settings, key, value))
        fail(run, "no such setting, or not a word of it: %.*s=%.*s", SPAN_ARG(key),
             SPAN_ARG(value));
}

static void start_settings(struct run *run)
{
    static const span hosts[] = {{"shop.example", 12}};
    run->settings = arena_take(&run->arena, run->destination->settings_size);
    run->shop = (struct shop){.name = SPAN("acme"),
                              .currency = SPAN("EUR"),
                              .hosts = {hosts, COUNT_OF(hosts)},
                              .orders.product_id = SPAN("variant_id")};
    *run->settings = (struct settings){.enabled = true,
                                       .base_url = span_of(run->destination->host),
                                       .api_version = span_of(run->destination->api_version),
                                       .events = UINT64_MAX,
                                       .shop = &run->shop};
    options_default(run->destination, run->settings);
    if (run->destination->memory_size > 0)
        run->memory = arena_take(&run->arena, run->destination->memory_size);
    run->now = DEFAULT_NOW;
}

static void do_settings(struct run *run, span text)
{
    span key, value;
    while (script_pair(&text, &key, &value))
        set(run, key, value);
}

static void do_shop(struct run *run, span text)
{
    span key, value;
    while (script_pair(&text, &key, &value)) {
        if (span_is(key, "currency")) {
            run->shop.currency = value;
        } else if (span_is(key, "product_id")) {
            run->shop.orders.product_id = value;
        } else if (span_is(key, "transaction_id")) {
            run->shop.orders.transaction_id =
                span_is(value, "order_number") ? TRANSACTION_ORDER_NUMBER
                : span_is(value, "order_name") ? TRANSACTION_ORDER_NAME
                                               : TRANSACTION_ORDER_ID;
        } else if (span_is(key, "host")) {
            span *host = arena_new(&run->arena, span);
            *host = value;
            run->shop.hosts = (struct span_list){host, value.len > 0};
        } else {
            fail(run, "no such member of the shop: %.*s", SPAN_ARG(key));
        }
    }
}

/* ---- events -----------------------------------------------------------------------------------
 */

static void do_event(struct run *run, span text)
{
    const struct json_value *json;
    struct error error = {0};
    struct event *event = arena_new(&run->arena, struct event);
    if (run->count == MOST_EVENTS)
        fail(run, "too many events");
    else if (json_parse(&run->arena, text, &json, &error) != OK)
        fail(run, "event is no JSON: %s", error.text);
    else if (event_read(&run->arena, json, run->shop.currency, event, &error) != OK)
        fail(run, "event is not canonical: %s", error.text);
    else
        run->events[run->count++] = event;
}

static void do_repeat(struct run *run, span text)
{
    int64_t times = 0;
    const struct event *pattern = last_event(run);
    if (span_int(text, &times) != OK)
        fail(run, "repeat wants a number");
    for (int64_t i = 1; i < times && run->count < MOST_EVENTS; i++) {
        struct event *event = arena_new(&run->arena, struct event);
        *event = *pattern;
        event->id = arena_print(&run->arena, "%.*s-%lld", SPAN_ARG(pattern->id), (long long)i);
        run->events[run->count++] = event;
    }
}

static void do_items(struct run *run, span text)
{
    int64_t count = 0;
    struct event *event = last_event(run);
    if (span_int(text, &count) != OK || count < 0)
        fail(run, "items wants a number");
    struct item *items = arena_array(&run->arena, struct item, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        items[i] =
            (struct item){.variant_id = arena_print(&run->arena, "%lld", 50000LL + (long long)i),
                          .name = arena_print(&run->arena, "Thing %lld", (long long)i),
                          .price = money_of(100 + i, 2),
                          .quantity = 1};
    if (names_class(event->name) == EVENT_CLASS_ORDER) {
        event->order.items = items;
        event->order.item_count = (unsigned)count;
    } else {
        event->items = items;
        event->item_count = (unsigned)count;
    }
}

static void do_reset(struct run *run, span text)
{
    (void)text;
    run->count = run->part = run->amend = 0;
    run->amend_with = (span){0};
    run->limited = run->opted_out = run->ads_denied = run->test = false;
}

static void do_now(struct run *run, span text)
{
    if (span_int(text, &run->now) != OK && date_parse(text, &run->now) != OK)
        fail(run, "now wants milliseconds or a date");
}

static bool is_yes(span text)
{
    return !span_is(text, "no");
}
static void do_limited(struct run *run, span text)
{
    run->limited = is_yes(text);
}
static void do_ads_denied(struct run *run, span text)
{
    run->ads_denied = is_yes(text);
}

static void do_opted_out(struct run *run, span text)
{
    run->opted_out = is_yes(text);
}
static void do_test(struct run *run, span text)
{
    run->test = is_yes(text);
}

static unsigned number(struct run *run, span text)
{
    int64_t value = 0;
    if (span_int(text, &value) != OK || value < 0)
        fail(run, "wants a number");
    return (unsigned)value;
}
static void do_part(struct run *run, span text)
{
    run->part = number(run, text);
}
static void do_amend(struct run *run, span text)
{
    run->amend = number(run, script_word(&text));
    run->amend_with = text;
}

/* ---- what the destination says of the last event
 * ------------------------------------------------- */

static void do_rename(struct run *run, span text)
{
    span name = run->destination->rename(run->settings, last_event(run));
    if (!span_equal(name, text))
        fail(run, "renamed to \"%.*s\", not \"%.*s\"", SPAN_ARG(name), SPAN_ARG(text));
}

static void do_skip(struct run *run, span text)
{
    (void)text;
    do_rename(run, (span){0});
}

static void do_lane(struct run *run, span text)
{
    const struct destination *d = run->destination;
    unsigned lane = d->lane ? d->lane(run->settings, last_event(run)) : 0;
    if (!span_is(text, d->lanes[lane].name))
        fail(run, "lane is %s", d->lanes[lane].name);
}

static void do_parts(struct run *run, span text)
{
    const struct destination *d = run->destination;
    unsigned parts = d->parts ? d->parts(run->settings, last_event(run)) : 1;
    if (parts != number(run, text))
        fail(run, "parts is %u", parts);
}

static void do_unfit(struct run *run, span text)
{
    const char *word =
        run->destination->unfit(run->settings, last_event(run), run->limited, &run->arena);
    if (!span_is(text, word ? word : "no"))
        fail(run, "unfit is %s", word ? word : "no");
}

/* ---- the request --------------------------------------------------------------------------------
 */

static bool contains_nocase(span text, span part)
{
    for (size_t at = 0; at + part.len <= text.len; at++)
        if (span_equal_nocase(span_sub(text, at, part.len), part))
            return true;
    return false;
}

static void check_privacy(struct run *run)
{
    if (privacy_check(run->diagnosis, &run->arena, run->destination, &run->batch, &run->call,
                      run->body) > 0)
        fail(run, "the request says more than it may");
}

static void check_schema(struct run *run)
{
    span path = span_sub(run->call.url, run->settings->base_url.len, run->call.url.len);
    const struct json_value *schema = compare_find(run->schema, path);
    if (!run->schema)
        return;
    if (!schema)
        fail(run, "no schema for %.*s", SPAN_ARG(path));
    else if (!compare_schema(run->diagnosis, schema, run->body))
        fail(run, "the body has members that the platform does not know");
}

static void make_call(struct run *run)
{
    bool *limited = arena_array(&run->arena, bool, MOST_EVENTS);
    bool *opted_out = arena_array(&run->arena, bool, MOST_EVENTS);
    bool *ads_denied = arena_array(&run->arena, bool, MOST_EVENTS);
    for (unsigned i = 0; i < run->count; i++) {
        limited[i] = run->limited;
        opted_out[i] = run->opted_out;
        ads_denied[i] = run->ads_denied;
    }
    run->batch = (struct batch){
        .events = (const struct event *const *)run->events,
        .count = run->count,
        .part = run->part,
        .amend = run->amend,
        .amend_with = run->amend_with,
        .test = run->test,
        .limited = limited,
        .opted_out = opted_out,
        .ads_denied = ads_denied,
        .now = run->now,
        .arena = &run->arena,
        .memory = run->memory,
    };
    run->destination->encode(run->settings, &run->batch, &run->call);
    run->body = NULL;
}

static void encode(struct run *run)
{
    struct error error = {0};
    make_call(run);
    span text = pairs_body(&run->arena, &run->call);
    if (json_parse(&run->arena, text, &run->body, &error) != OK) {
        fail(run, "the body is no JSON: %s", error.text);
        return;
    }
    check_privacy(run);
    check_schema(run);
}

static void do_expect(struct run *run, span text)
{
    last_event(run);
    encode(run);
    span method = script_word(&text);
    if (!span_is(method, run->call.method) || !pairs_url_is(&run->call, text))
        fail(run, "request is %s %.*s", run->call.method, SPAN_ARG(run->call.url));
}

static void do_too_large(struct run *run, span text)
{
    (void)text;
    make_call(run);
    if (!span_empty(run->call.body))
        fail(run, "the body has %zu bytes", run->call.body.len);
}

static void do_header(struct run *run, span text)
{
    size_t colon = span_find(text, 0, ':');
    const char *name = arena_text(&run->arena, span_sub(text, 0, colon));
    span value = http_header_get(run->call.headers, run->call.header_count, name);
    if (!span_equal(value, span_trim(span_sub(text, colon + 1, text.len))))
        fail(run, "header %s is \"%.*s\"", name, SPAN_ARG(value));
}

static void accept_body(struct run *run, const struct script *script)
{
    const struct directive *d = run->directive;
    buf_add_span(&run->accepted, span_sub(script->file, run->copied, d->start - run->copied));
    buf_add_text(&run->accepted, "body ");
    compare_print(&run->accepted, run->body, 0);
    run->copied = d->end;
}

static void do_body(struct run *run, span text)
{
    const struct json_value *expected;
    struct error error = {0};
    if (!run->body)
        fail(run, "no body was made");
    else if (json_parse(&run->arena, text, &expected, &error) != OK)
        fail(run, "the expected body is no JSON: %s", error.text);
    else if (!compare_json(run->diagnosis, expected, run->body))
        fail(run, "the body is another one");
}

static void do_at(struct run *run, span text)
{
    const struct json_value *expected, *actual = compare_find(run->body, script_word(&text));
    if (span_starts(text, "#")) {
        if (!actual || actual->count != number(run, span_sub(text, 1, text.len)))
            fail(run, "has %u children", actual ? actual->count : 0);
    } else if (!actual) {
        fail(run, "nothing is there");
    } else if (json_parse(&run->arena, text, &expected, NULL) != OK) {
        fail(run, "`at` wants a path and JSON");
    } else if (!compare_json(run->diagnosis, expected, actual)) {
        fail(run, "another value is there");
    }
}

static void do_absent(struct run *run, span text)
{
    if (compare_find(run->body, text))
        fail(run, "%.*s is there", SPAN_ARG(text));
}

static void do_lacks(struct run *run, span text)
{
    if (contains_nocase(pairs_text(&run->arena, &run->call), text))
        fail(run, "the body has %.*s", SPAN_ARG(text));
}

static void do_budget(struct run *run, span text)
{
    span word = script_word(&text);
    if (!span_is(word, "bytes") || run->call.body.len > number(run, text))
        fail(run, "the body has %zu bytes", run->call.body.len);
}

/* ---- the answer
 * ----------------------------------------------------------------------------------- */

/* "{Name: value; Name: value}" off the front of *text. */
static unsigned read_headers(struct run *run, span *text, struct http_header *headers)
{
    unsigned count = 0;
    if (!span_starts(*text, "{") || span_starts(*text, "{\"") || span_starts(*text, "{}"))
        return 0;
    size_t end = 0; /* values may hold JSON: the list ends at "} " or at the end */
    for (unsigned depth = 0; end < text->len; end++) {
        depth += text->ptr[end] == '{';
        depth -= text->ptr[end] == '}';
        if (depth == 0)
            break;
    }
    span list = span_sub(*text, 1, end - 1), part;
    *text = span_trim(span_sub(*text, end + 1, text->len));
    while (span_split(&list, ';', &part)) {
        size_t colon = span_find(part, 0, ':');
        if (count == MOST_HEADERS || colon == part.len) {
            fail(run, "bad headers");
            return count;
        }
        headers[count++] = (struct http_header){span_trim(span_sub(part, 0, colon)),
                                                span_trim(span_sub(part, colon + 1, part.len))};
    }
    return count;
}

static span after_arrow(span *text)
{
    for (size_t at = text->len; at-- > 0;)
        if (span_starts(span_sub(*text, at, 3), "-> ")) {
            span rest = span_trim(span_sub(*text, at + 3, text->len));
            *text = span_trim(span_sub(*text, 0, at));
            return rest;
        }
    return (span){0};
}

static void check_judgement(struct run *run, span expected, const struct judgement *judgement)
{
    span verdict = script_word(&expected), key, value;
    if (!span_equal_nocase(verdict, span_of(verdict_text(judgement->verdict))))
        fail(run, "verdict is %s", verdict_text(judgement->verdict));
    bool waits = false;
    while (script_pair(&expected, &key, &value)) {
        if (span_is(key, "code")) {
            if (!span_equal(value, judgement->code))
                fail(run, "code is \"%.*s\"", SPAN_ARG(judgement->code));
        } else if (span_is(key, "message")) {
            if (!span_equal(value, judgement->message))
                fail(run, "message is \"%.*s\"", SPAN_ARG(judgement->message));
        } else if (span_is(key, "amend")) {
            if (judgement->amend != number(run, value))
                fail(run, "amend is %u", judgement->amend);
        } else if (span_is(key, "amend_with")) {
            if (!span_equal(value, judgement->amend_with))
                fail(run, "amend_with is \"%.*s\"", SPAN_ARG(judgement->amend_with));
        } else if (span_is(key, "retry_after")) {
            waits = true;
            if (judgement->retry_after_ms != (int64_t)number(run, value) * SECOND_MS)
                fail(run, "retry_after is %lld ms", (long long)judgement->retry_after_ms);
        } else {
            fail(run, "no such word: %.*s", SPAN_ARG(key));
        }
    }
    if (!waits && judgement->retry_after_ms != 0)
        fail(run, "retry_after is %lld ms", (long long)judgement->retry_after_ms);
}

static void do_answer(struct run *run, span text)
{
    struct http_header headers[MOST_HEADERS];
    struct judgement judgement = {.retry_after_ms = -1};
    span expected = after_arrow(&text);
    int status = (int)number(run, script_word(&text));
    unsigned count = read_headers(run, &text, headers);
    struct http_response response = {
        .status = status, .headers = headers, .header_count = count, .body = text};
    run->batch.amend = run->amend;
    run->destination->judge(run->settings, &run->batch, &response, &judgement);
    check_judgement(run, expected, &judgement);
    run->judged = judgement;
}

static void do_rows(struct run *run, span text)
{
    const struct judgement *judged = &run->judged;
    span expected;
    for (unsigned i = 0; i < judged->row_count; i++) {
        int64_t later = judged->rows[i].later_ms / SECOND_MS;
        span got = arena_print(&run->arena, "%u=%.*s", judged->rows[i].index,
                               SPAN_ARG(judged->rows[i].code));
        if (later > 0)
            got = arena_print(&run->arena, "%.*s+%lld", SPAN_ARG(got), (long long)later);
        if (!span_split(&text, ' ', &expected) || !span_equal(expected, got))
            fail(run, "row %.*s was named", SPAN_ARG(got));
    }
    if (!span_empty(text) && !span_is(text, "none"))
        fail(run, "not named: %.*s", SPAN_ARG(text));
}

/* ---- errands ------------------------------------------------------------------------------------
 */

static void ask_errand(struct run *run, span text, bool events_wait)
{
    run->errand = (struct errand){.again_at = INT64_MAX};
    run->destination->errand(run->settings, run->memory, events_wait, run->now, &run->arena,
                             &run->errand);
    span got = span_of(run->errand.stuck ? "stuck" : run->errand.what ? run->errand.what : "none");
    if (run->errand.what) {
        run->call = run->errand.call;
        got = arena_print(&run->arena, "%.*s %s %.*s", SPAN_ARG(got), run->call.method,
                          SPAN_ARG(run->call.url));
    }
    if (!span_equal(got, text))
        fail(run, "errand is %.*s", SPAN_ARG(got));
}

static void do_errand(struct run *run, span text)
{
    ask_errand(run, text, true);
}

static void do_idle_errand(struct run *run, span text)
{
    ask_errand(run, text, false);
}

static void do_text(struct run *run, span text)
{
    if (!span_equal(run->call.body, text))
        fail(run, "the body is %.*s", SPAN_ARG(run->call.body));
}

static void do_errand_answer(struct run *run, span text)
{
    struct http_header headers[MOST_HEADERS];
    span expected = after_arrow(&text);
    int status = (int)number(run, script_word(&text));
    unsigned count = read_headers(run, &text, headers);
    struct http_response response = {
        .status = status, .headers = headers, .header_count = count, .body = text};
    run->destination->errand_answer(run->settings, run->memory, &run->errand, &response, run->now,
                                    &run->arena, &run->erred);
    check_judgement(run, expected, &run->erred.judgement);
}

static void do_counted(struct run *run, span text)
{
    unsigned i = 0;
    span expected;
    while (!span_is(text, "none") && span_split(&text, ' ', &expected)) {
        const struct errand_count *count = &run->erred.counts[i];
        span got = i++ >= run->erred.count
                       ? (span){0}
                       : arena_print(&run->arena, "%.*s=%lld", SPAN_ARG(count->what),
                                     (long long)count->count);
        if (!span_equal(got, expected))
            fail(run, "counted is %.*s", SPAN_ARG(got));
    }
    if (i != run->erred.count)
        fail(run, "%u were counted", run->erred.count);
}

static void do_ready(struct run *run, span text)
{
    bool ready = run->destination->ready(run->settings, run->memory, run->now);
    if (ready != is_yes(text))
        fail(run, "events may %sgo", ready ? "" : "not ");
}

/* ---- the words
 * ------------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    void (*act)(struct run *, span text);
} words[] = {
    {"settings", do_settings},     /* key=value …: options of the destination */
    {"shop", do_shop},             /* currency= host= product_id= transaction_id= */
    {"now", do_now},               /* the time of sending */
    {"event", do_event},           /* canonical JSON, joins the batch */
    {"items", do_items},           /* N: gives the last event so many items */
    {"repeat", do_repeat},         /* N: the last event so often, with ids of their own */
    {"reset", do_reset},           /* no events, no part, no amend, no flags */
    {"limited", do_limited},       /* consent rule `limited` applies */
    {"opted_out", do_opted_out},   /* sale of data refused */
    {"ads_denied", do_ads_denied}, /* marketing consent withdrawn by now, or never given */
    {"test", do_test},             /* test orders */
    {"part", do_part},             /* which request of several */
    {"amend", do_amend},           /* bits judge() asked for, what to use instead */
    {"rename", do_rename},         /* the platform's name of the last event */
    {"skip", do_skip},             /* it has none */
    {"lane", do_lane},             /* name of its lane */
    {"parts", do_parts},           /* how many requests it becomes */
    {"unfit", do_unfit},           /* the word why it cannot be sent, or no */
    {"expect", do_expect},         /* METHOD URL: makes the request */
    {"too_large", do_too_large},   /* makes a request that no platform would take */
    {"header", do_header},         /* Name: value */
    {"body", do_body},             /* JSON: the whole body */
    {"at", do_at},                 /* path JSON, or path #count */
    {"absent", do_absent},         /* path */
    {"lacks", do_lacks},           /* text that is nowhere in the body */
    {"budget", do_budget},         /* bytes N: at most */
    {"answer",
     do_answer}, /* STATUS {Header: value} BODY -> VERDICT code= retry_after= amend= amend_with= */
    {"rows", do_rows},     /* INDEX=CODE{+SECONDS it is to wait} …: the rows it named, or none */
    {"ready", do_ready},   /* events may go; `no`: they wait for an errand */
    {"errand", do_errand}, /* WHAT METHOD URL, none or stuck: what is due while events wait */
    {"idle_errand", do_idle_errand},     /* the same while none wait */
    {"text", do_text},                   /* the request's body, as it is */
    {"errand_answer", do_errand_answer}, /* as `answer` */
    {"counted", do_counted},             /* REASON=N …: what that answer told to count */
};

static void act(struct run *run, const struct script *script)
{
    const struct directive *d = run->directive;
    if (run->accept && span_is(d->word, "body") && run->body) {
        accept_body(run, script);
        return;
    }
    for (unsigned i = 0; i < COUNT_OF(words); i++)
        if (span_is(d->word, words[i].word)) {
            words[i].act(run, d->text);
            return;
        }
    fail(run, "no such directive: %.*s", SPAN_ARG(d->word));
}

/* ---- files
 * ------------------------------------------------------------------------------------------ */

static span read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return (span){0};
    struct buf buf;
    buf_init(&buf, 16u << 20);
    char block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        buf_add(&buf, block, got);
    fclose(file);
    span text = arena_copy(arena, buf_span(&buf));
    buf_done(&buf);
    return text;
}

static void write_accepted(struct run *run, const struct script *script, const char *path)
{
    buf_add_span(&run->accepted, span_sub(script->file, run->copied, script->file.len));
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(run->accepted.ptr, 1, run->accepted.len, file) != run->accepted.len)
        fail(run, "cannot write %s", path);
    if (file)
        fclose(file);
}

static bool run_case(const char *directory, const struct destination *destination, const char *name,
                     bool accept, struct buf *diagnosis)
{
    static struct run run; /* large, and one at a time */
    run = (struct run){.destination = destination, .diagnosis = diagnosis, .accept = accept};
    arena_init(&run.arena, LIMIT_BATCH_ARENA);
    buf_init(&run.accepted, 16u << 20);
    char path[512];
    snprintf(path, sizeof path, "%s/%s/schema.json", directory, destination->name);
    span schema = read_file(&run.arena, path);
    if (!span_empty(schema) && json_parse(&run.arena, schema, &run.schema, NULL) != OK)
        fail(&run, "%s is no JSON", path);
    snprintf(path, sizeof path, "%s/%s/%s", directory, destination->name, name);
    struct script script = script_read(&run.arena, read_file(&run.arena, path));
    if (script.count == 0)
        fail(&run, "%s says nothing", path);
    start_settings(&run);
    for (unsigned i = 0; i < script.count; i++) {
        run.directive = &script.directives[i];
        act(&run, &script);
    }
    if (accept)
        write_accepted(&run, &script, path);
    bool passed = run.failures == 0;
    buf_done(&run.accepted);
    arena_done(&run.arena);
    return passed;
}

static int is_case(const struct dirent *entry)
{
    return span_ends(span_of(entry->d_name), ".case");
}

int main(int argc, char **argv)
{
    bool accept = argc == 3 && strcmp(argv[1], "--accept") == 0;
    if (argc != 2 && !accept) {
        fprintf(stderr, "usage: run [--accept] DIRECTORY\n");
        return 2;
    }
    const char *directory = argv[argc - 1];
    unsigned number = 0, failed = 0;
    for (unsigned d = 0; list_destinations[d]; d++) {
        char path[512];
        struct dirent **entries = NULL;
        snprintf(path, sizeof path, "%s/%s", directory, list_destinations[d]->name);
        int count = scandir(path, &entries, is_case, alphasort);
        for (int i = 0; i < count; i++) {
            struct buf diagnosis;
            buf_init(&diagnosis, 1u << 20);
            bool passed =
                run_case(directory, list_destinations[d], entries[i]->d_name, accept, &diagnosis);
            failed += !passed;
            printf("%s %u - %s/%s\n%.*s", passed ? "ok" : "not ok", ++number,
                   list_destinations[d]->name, entries[i]->d_name, SPAN_ARG(buf_span(&diagnosis)));
            buf_done(&diagnosis);
            free(entries[i]);
        }
        free(entries);
    }
    printf("1..%u\n", number);
    return failed || number == 0;
}
