/*
 * A notice in words. One sentence serves the log, the dashboard, Slack and the mail's subject; what
 * is longer is put around it.
 */
#include "alert.h"

#include "../base/date.h"

static void add_time(struct buf *out, int64_t at)
{
    char text[DATE_TEXT_LEN + 1];
    date_text(at, text);
    buf_print(out, "%.10s %.5s UTC", text, text + 11);
}

static void add_lasted(struct buf *out, int64_t ms)
{
    if (ms >= 48 * HOUR_MS)
        buf_print(out, "%lld days", (long long)(ms / DAY_MS));
    else if (ms >= 2 * HOUR_MS)
        buf_print(out, "%lld h %lld min", (long long)(ms / HOUR_MS),
                  (long long)(ms % HOUR_MS / MINUTE_MS));
    else if (ms >= MINUTE_MS)
        buf_print(out, "%lld min", (long long)(ms / MINUTE_MS));
    else
        buf_print(out, "%lld s", (long long)(ms / SECOND_MS));
}

/* "acme: Meta refuses our token or account" */
static void add_title(struct buf *out, const struct alert *alert)
{
    if (alert->rule->scope == ALERT_DESTINATION)
        buf_print(out, "%s: %s %s", alert->store, alert->called, alert->rule->title);
    else if (alert->rule->scope == ALERT_STORE)
        buf_print(out, "%s %s", alert->store, alert->rule->title);
    else
        buf_add_text(out, alert->rule->title);
}

void alert_words_line(struct buf *out, const struct alert *alert, enum alert_notice notice,
                      int64_t now)
{
    if (notice == ALERT_TESTS) {
        buf_add_text(out, "This is a test: sidetrack's alerts reach you here.");
    } else if (notice == ALERT_RECOVERS) {
        buf_add_text(out, "Over: ");
        add_title(out, alert);
        buf_add_text(out, " (it lasted ");
        add_lasted(out, now - alert->raised_at);
        buf_add_text(out, ")");
    } else {
        buf_add_text(out, notice == ALERT_REMINDS ? "Still: " : "");
        add_title(out, alert);
        buf_add_text(out, " since ");
        add_time(out, alert->raised_at);
        buf_print(out, ": %s", alert->why);
    }
}

void alert_words_json(struct json *json, const struct alert *alert, enum alert_notice notice,
                      int64_t now)
{
    struct buf line;
    bool test = notice == ALERT_TESTS;
    buf_init(&line, 4 * ALERT_WHY_ROOM);
    json_open(json, NULL, '{');
    json_put_int(json, "v", 1);
    json_put_text(json, "kind", span_of(alert_notice_text(notice)));
    json_put_text(json, "rule", span_of(test ? "test" : alert->rule->name));
    json_put_text(json, "store", span_of(alert->store));
    json_put_text(json, "destination", span_of(alert->destination));
    json_put_int(json, "since", alert->raised_at);
    json_put_int(json, "at", now);
    json_put_int(json, "lasted_ms", now - alert->raised_at);
    if (!test) {
        add_title(&line, alert);
        json_put_text(json, "title", buf_span(&line));
        json_put_text(json, "why", span_of(alert->why));
        json_put_text(json, "advice", span_of(alert->rule->advice));
        buf_reset(&line);
    }
    alert_words_line(&line, alert, notice, now);
    json_put_text(json, "text", buf_span(&line));
    json_close(json, '}');
    buf_done(&line);
}

/* ---- mail ---- */

static void add_mail_date(struct buf *out, int64_t at)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(at / SECOND_MS);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    buf_print(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d +0000\r\n", days + 3 * tm.tm_wday,
              tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
              tm.tm_sec);
}

/* A header is ASCII and one line, whatever a store is called. */
static void add_plain(struct buf *out, span text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_add_char(out, text.ptr[i] >= ' ' && text.ptr[i] < 127 ? text.ptr[i] : '?');
}

/* Lines of a width that mail programs do not break. */
static void add_wrapped(struct buf *out, span text)
{
    span word;
    size_t column = 0;
    while (span_split(&text, ' ', &word)) {
        if (column > 0 && column + 1 + word.len > 72) {
            buf_add_text(out, "\r\n");
            column = 0;
        }
        if (column > 0) {
            buf_add_char(out, ' ');
            column++;
        }
        for (size_t i = 0; i < word.len; i++)
            buf_add_char(out, word.ptr[i] == '\r' || word.ptr[i] == '\n' ? ' ' : word.ptr[i]);
        column += word.len;
    }
    buf_add_text(out, "\r\n");
}

static void add_subject(struct buf *out, const struct alert *alert, enum alert_notice notice)
{
    struct buf title;
    buf_init(&title, 4 * ALERT_NAME_ROOM);
    buf_add_text(&title, notice == ALERT_RECOVERS  ? "Over: "
                         : notice == ALERT_REMINDS ? "Still: "
                                                   : "");
    if (notice == ALERT_TESTS)
        buf_add_text(&title, "a test");
    else
        add_title(&title, alert);
    buf_add_text(out, "Subject: [sidetrack] ");
    add_plain(out, buf_span(&title));
    buf_add_text(out, "\r\n");
    buf_done(&title);
}

void alert_words_mail(struct buf *out, const struct alert *alert, enum alert_notice notice,
                      int64_t now, span from, const span *to, unsigned to_count)
{
    struct buf line;
    buf_add_text(out, "From: ");
    add_plain(out, from);
    buf_add_text(out, "\r\nTo: ");
    for (unsigned i = 0; i < to_count; i++) {
        buf_add_text(out, i ? ",\r\n " : "");
        add_plain(out, to[i]);
    }
    buf_add_text(out, "\r\n");
    add_mail_date(out, now);
    buf_print(out, "Message-ID: <%llx.%llx@sidetrack.invalid>\r\n", (unsigned long long)now,
              (unsigned long long)clock_real.random(&clock_real));
    add_subject(out, alert, notice);
    buf_add_text(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: "
                      "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
    buf_init(&line, 4 * ALERT_WHY_ROOM);
    alert_words_line(&line, alert, notice, now);
    add_wrapped(out, buf_span(&line));
    buf_done(&line);
    if (notice == ALERT_FIRES || notice == ALERT_REMINDS) {
        buf_add_text(out, "\r\nWhat to do:\r\n");
        add_wrapped(out, span_of(alert->rule->advice));
    }
    buf_add_text(out, "\r\n-- \r\nsidetrack; `sidetrack alerts` lists what is open\r\n");
}

void alert_words_list(struct json *json, const struct alert_book *book, span store, int64_t now)
{
    struct buf line;
    buf_init(&line, 4 * ALERT_WHY_ROOM);
    for (unsigned i = 0; i < book->count; i++) {
        const struct alert *alert = &book->alerts[i];
        bool here = span_empty(store) || !alert->store[0] || span_is(store, alert->store);
        if (!alert_open(alert) || !here)
            continue;
        buf_reset(&line);
        alert_words_line(&line, alert, ALERT_FIRES, now);
        json_open(json, NULL, '{');
        json_put_text(json, "rule", span_of(alert->rule->name));
        json_put_text(json, "store", span_of(alert->store));
        json_put_text(json, "destination", span_of(alert->destination));
        json_put_int(json, "since", alert->raised_at);
        json_put_text(json, "text", buf_span(&line));
        json_put_text(json, "advice", span_of(alert->rule->advice));
        json_close(json, '}');
    }
    buf_done(&line);
}
