/*
 * What an answer means, as far as HTTP itself says it; and the hygiene of the platform's words.
 *
 * Destinations read the body first and come here for the rest. When in doubt, nothing is lost: no
 * answer is RETRY, a doubt about our own credentials is PAUSED, and only a clear "no" is REFUSED.
 */
#include "../base/clock.h"
#include "../base/date.h"
#include "destination.h"

#define RETRY_CEILING_MS DAY_MS /* a platform that asks for more is asked again tomorrow */
#define MESSAGE_BYTES    300u
#define WORD_BYTES       32u /* longer words are tokens, digests or URLs: nothing a person reads */
#define DIGITS           7u  /* so many in a row may be a phone number */

const char *verdict_text(enum verdict verdict)
{
    static const char *const texts[] = {
        [VERDICT_DELIVERED] = "delivered", [VERDICT_RETRY] = "retry",   [VERDICT_SPLIT] = "split",
        [VERDICT_REFUSED] = "refused",     [VERDICT_PAUSED] = "paused", [VERDICT_AMEND] = "amend",
    };
    return (size_t)verdict < COUNT_OF(texts) ? texts[verdict] : "";
}

/* Static texts, so that verdict_by_status() needs no arena. */
static span status_code(int status)
{
#define STATUS_CODE(number)                                                                        \
    case number:                                                                                   \
        return SPAN("http_" #number);
    switch (status) {
    case 0:
        return SPAN("no_answer");
        STATUS_CODE(400)
        STATUS_CODE(401)
        STATUS_CODE(403)
        STATUS_CODE(404)
        STATUS_CODE(405)
        STATUS_CODE(406)
        STATUS_CODE(408)
        STATUS_CODE(409)
        STATUS_CODE(410)
        STATUS_CODE(413)
        STATUS_CODE(415)
        STATUS_CODE(422)
        STATUS_CODE(425)
        STATUS_CODE(429)
        STATUS_CODE(500)
        STATUS_CODE(502)
        STATUS_CODE(503)
        STATUS_CODE(504)
        STATUS_CODE(524)
    default:
        break;
    }
#undef STATUS_CODE
    if (status >= 500)
        return SPAN("http_5xx");
    if (status >= 400)
        return SPAN("http_4xx");
    return status >= 300 ? SPAN("http_3xx") : SPAN("http_1xx");
}

int64_t verdict_retry_after(const struct http_response *response, int64_t now)
{
    span text = span_trim(http_response_header(response, "retry-after"));
    int64_t seconds, at;
    if (span_int(text, &seconds) == OK) {
        if (seconds <= 0)
            return 0;
        return seconds < RETRY_CEILING_MS / SECOND_MS ? seconds * SECOND_MS : RETRY_CEILING_MS;
    }
    if (date_parse_http(text, &at) != OK || at <= now)
        return 0;
    return at - now < RETRY_CEILING_MS ? at - now : RETRY_CEILING_MS;
}

void verdict_by_status(const struct http_response *response, int64_t now,
                       struct judgement *ret_judgement)
{
    int status = response->status;
    struct judgement judgement = {.verdict = VERDICT_REFUSED};
    if (status >= 200 && status < 300) {
        *ret_judgement = (struct judgement){.verdict = VERDICT_DELIVERED};
        return;
    }
    /* 3xx: a portal, a proxy, a base_url that has moved; whoever it was, no platform refused. */
    bool elsewhere = status >= 300 && status < 400;
    if (status == 401 || status == 403) {
        judgement.verdict = VERDICT_PAUSED;
    } else if (status <= 0 || status == 408 || status == 425 || status == 429 || status >= 500 ||
               elsewhere) {
        judgement.verdict = VERDICT_RETRY;
        judgement.retry_after_ms = verdict_retry_after(response, now);
    }
    judgement.code = status_code(status);
    judgement.message = status > 0 ? span_of(http_reason(status)) : SPAN("no answer came");
    *ret_judgement = judgement;
}

static bool is_private_word(span word)
{
    unsigned digits = 0;
    if (word.len > WORD_BYTES)
        return true;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        if (c == '@')
            return true;
        if (c >= '0' && c <= '9')
            digits++;
    }
    return digits >= DIGITS;
}

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

span verdict_words(struct arena *arena, span words)
{
    if (span_empty(words))
        return (span){0};
    struct buf out;
    buf_init(&out, MESSAGE_BYTES + WORD_BYTES + 8);
    for (size_t at = 0; at < words.len && out.len < MESSAGE_BYTES;) {
        size_t end = at;
        while (end < words.len && !is_blank(words.ptr[end]))
            end++;
        span word = span_sub(words, at, end - at);
        if (!span_empty(word)) {
            if (out.len)
                buf_add_char(&out, ' ');
            if (is_private_word(word))
                buf_add_text(&out, "***");
            else
                buf_add_span(&out, word);
        }
        at = end + 1;
    }
    span kept = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return kept;
}
