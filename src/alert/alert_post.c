/*
 * Notices on their way to people. Each notice is one posting a channel; a posting is tried until
 * the other side takes it or ALERT_TRIES are used up, at 30 s, 1, 2, 4, 8 min (retry_ms doubled). A
 * full post drops the new one and says so: a person who gets 64 alerts needs no 65th.
 */
#include "../base/limits.h"
#include "../base/log.h"
#include "../base/url.h"
#include "../net/call.h"
#include "../net/mail.h"
#include "alert_watch.h"

#define TEXT_MOST  (64 * KIB)
#define ARENA_MOST (4u * MIB)

struct posting {
    struct alert_post *post;
    bool used, under_way;
    struct arena arena;
    struct alert_channels channels; /* copied: one of webhook and smtp is there */
    span text;
    struct http_call call;
    struct mailing *mailing;
    unsigned tries;
    int64_t due;
};

struct alert_post {
    uv_loop_t *loop;
    struct caller *caller;
    int64_t retry_ms, now;
    unsigned under_way;
    bool closing;
    struct posting postings[ALERT_POSTED];
};

static const struct http_header json_type = {SPAN("Content-Type"), SPAN("application/json")};

static const char *name_of(const struct posting *posting)
{
    return span_empty(posting->channels.webhook) ? "email" : "webhook";
}

/* ---- answers ---- */

static void free_when_over(struct alert_post *post)
{
    if (post->closing && post->under_way == 0)
        free(post);
}

static void let_go(struct posting *posting)
{
    arena_done(&posting->arena);
    posting->used = false;
}

/* `trouble` NULL: taken. */
static void answered(struct posting *posting, const char *trouble)
{
    struct alert_post *post = posting->post;
    posting->under_way = false;
    post->under_way--;
    char words[200];
    snprintf(words, sizeof words, "%s", trouble ? trouble : "");
    for (char *c = words; *c; c++)
        *c = *c == '"' || *c == '\n' || *c == '\r' ? '\'' : *c;
    if (!trouble) {
        log_event(LOG_INFO, "alert_sent", "channel=%s tries=%u", name_of(posting), posting->tries);
        let_go(posting);
    } else if (posting->tries >= ALERT_TRIES || post->closing) {
        log_event(LOG_ERROR, "alert_not_sent", "channel=%s tries=%u trouble=\"%s\"",
                  name_of(posting), posting->tries, words);
        let_go(posting);
    } else {
        log_event(LOG_WARN, "alert_retried", "channel=%s tries=%u trouble=\"%s\"", name_of(posting),
                  posting->tries, words);
        posting->due = post->now + post->retry_ms * (INT64_C(1) << (posting->tries - 1));
    }
    free_when_over(post);
}

static void trouble_of(const struct call_result *result, char words[200])
{
    bool good = result->fate == CALL_ANSWERED && result->response.status >= 200 &&
                result->response.status < 300;
    if (good)
        words[0] = '\0';
    else if (result->fate == CALL_ANSWERED)
        snprintf(words, 200, "it answered %d: %.120s", result->response.status,
                 http_reason(result->response.status));
    else
        snprintf(words, 200, "%.190s", result->trouble);
}

static void on_answer(void *arg, const struct call_result *result)
{
    char words[200];
    trouble_of(result, words);
    answered(arg, words[0] ? words : NULL);
}

static void on_mailed(void *arg, const char *trouble)
{
    struct posting *posting = arg;
    posting->mailing = NULL;
    answered(posting, trouble);
}

/* ---- sending ---- */

static struct mail mail_of(const struct alert_channels *channels, span text)
{
    return (struct mail){.smtp = channels->smtp,
                         .from = channels->from,
                         .to = channels->to,
                         .to_count = channels->to_count,
                         .message = text};
}

static struct http_call call_of(const struct alert_channels *channels, span text)
{
    return (struct http_call){.method = "POST",
                              .url = channels->webhook,
                              .headers = &json_type,
                              .header_count = 1,
                              .body = text};
}

static void send_one(struct posting *posting)
{
    struct alert_post *post = posting->post;
    posting->tries++;
    posting->under_way = true;
    post->under_way++;
    if (!span_empty(posting->channels.webhook)) {
        posting->call = call_of(&posting->channels, posting->text);
        call_send(post->caller, &posting->call, on_answer, posting);
        return;
    }
    struct mail mail = mail_of(&posting->channels, posting->text);
    if (mail_send(post->loop, &mail, on_mailed, posting, &posting->mailing) != OK)
        answered(posting, "no thread for it");
}

void alert_post_turn(struct alert_post *post, int64_t now)
{
    post->now = now;
    for (unsigned i = 0; i < ALERT_POSTED; i++) {
        struct posting *posting = &post->postings[i];
        if (posting->used && !posting->under_way && posting->due <= now)
            send_one(posting);
    }
}

/* ---- writing ---- */

static bool wants_webhook(const struct alert_channels *channels)
{
    return !span_empty(channels->webhook);
}

static bool wants_mail(const struct alert_channels *channels)
{
    return !span_empty(channels->smtp) && channels->to_count > 0;
}

static span webhook_text(struct arena *arena, const struct alert *alert, enum alert_notice notice,
                         int64_t now)
{
    struct buf out;
    struct json json;
    buf_init(&out, TEXT_MOST);
    json_start(&json, &out);
    alert_words_json(&json, alert, notice, now);
    json_end(&json);
    span text = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static span mail_text(struct arena *arena, const struct alert_channels *channels,
                      const struct alert *alert, enum alert_notice notice, int64_t now)
{
    struct buf out;
    buf_init(&out, TEXT_MOST);
    alert_words_mail(&out, alert, notice, now, channels->from, channels->to, channels->to_count);
    span text = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static struct posting *take_posting(struct alert_post *post, int64_t now)
{
    for (unsigned i = 0; i < ALERT_POSTED; i++) {
        struct posting *posting = &post->postings[i];
        if (posting->used)
            continue;
        *posting = (struct posting){.post = post, .used = true, .due = now};
        arena_init(&posting->arena, ARENA_MOST);
        return posting;
    }
    log_event(LOG_ERROR, "alert_not_sent", "trouble=\"%u notices wait already\"", ALERT_POSTED);
    return NULL;
}

void alert_post_add(struct alert_post *post, const struct alert_channels *channels,
                    const struct alert *alert, enum alert_notice notice, int64_t now)
{
    struct posting *posting;
    if (wants_webhook(channels) && (posting = take_posting(post, now))) {
        posting->channels.webhook = arena_copy(&posting->arena, channels->webhook);
        posting->text = webhook_text(&posting->arena, alert, notice, now);
    }
    if (wants_mail(channels) && (posting = take_posting(post, now))) {
        span *to = arena_array(&posting->arena, span, channels->to_count);
        for (unsigned i = 0; i < channels->to_count; i++)
            to[i] = arena_copy(&posting->arena, channels->to[i]);
        posting->channels.smtp = arena_copy(&posting->arena, channels->smtp);
        posting->channels.from = arena_copy(&posting->arena, channels->from);
        posting->channels.to = to;
        posting->channels.to_count = channels->to_count;
        posting->text = mail_text(&posting->arena, channels, alert, notice, now);
    }
}

/* ---- opening and closing ---- */

enum status alert_post_open(uv_loop_t *loop, int64_t retry_ms, struct alert_post **ret_post)
{
    const struct call_options options = {.connections = 2};
    struct alert_post *post = calloc(1, sizeof *post);
    if (!post)
        abort();
    post->loop = loop;
    post->retry_ms = retry_ms;
    enum status status = call_open(loop, &options, &post->caller);
    if (status != OK) {
        free(post);
        return status;
    }
    *ret_post = post;
    return OK;
}

void alert_post_close(struct alert_post *post)
{
    if (!post)
        return;
    post->closing = true;
    post->under_way++; /* so that it lives to the end of this function */
    for (unsigned i = 0; i < ALERT_POSTED; i++) {
        struct posting *posting = &post->postings[i];
        if (posting->used && posting->mailing)
            mail_stop(posting->mailing);
        else if (posting->used && !posting->under_way)
            let_go(posting);
    }
    call_close(post->caller);
    post->under_way--;
    free_when_over(post);
}

/* ---- for the command ---- */

static void try_webhook(const struct alert_channels *channels, struct arena *arena, span text,
                        alert_tried *tried, void *arg)
{
    const struct call_options options = {0};
    struct call_result result = {0};
    struct url url = {0};
    char words[200] = "cannot begin", channel[160] = "webhook";
    struct http_call call = call_of(channels, text);
    if (url_parse(channels->webhook, &url) == OK) /* its path is a secret as often as not */
        snprintf(channel, sizeof channel, "webhook %.*s", SPAN_ARG(url.origin));
    if (call_once(arena, &call, &options, &result) == OK)
        trouble_of(&result, words);
    tried(arg, channel, words[0] ? words : NULL);
}

void alert_post_try(const struct alert_channels *channels, int64_t now, alert_tried *tried,
                    void *arg)
{
    const struct alert test = {.raised_at = now};
    struct arena arena;
    arena_init(&arena, ARENA_MOST + LIMIT_ANSWER_BYTES);
    if (wants_webhook(channels))
        try_webhook(channels, &arena, webhook_text(&arena, &test, ALERT_TESTS, now), tried, arg);
    if (wants_mail(channels)) {
        struct error error = {{0}};
        char channel[160];
        struct mail mail = mail_of(channels, mail_text(&arena, channels, &test, ALERT_TESTS, now));
        snprintf(channel, sizeof channel, "email to %u address%s", channels->to_count,
                 channels->to_count == 1 ? "" : "es");
        enum status status = mail_once(&mail, &error);
        tried(arg, channel, status == OK ? NULL : error.text);
    }
    arena_done(&arena);
}
