/*
 * How a fault looks on the line: late, slow, cut, reset, or a page that is somebody else's.
 *
 * A late or slow answer is a parked exchange with a timer of its own; ending the sandbox resets
 * them. What must break HTTP's own promises (a Content-Length that is not kept, a byte a second) is
 * written raw.
 */
#include "sandbox_private.h"

#include <assert.h>

#include "../base/limits.h"

#define HUGE_BYTES ((size_t)4 * MIB)

struct sandbox_strike {
    uv_timer_t timer;
    struct sandbox_strike *previous, *next;
    struct sandbox_strikes *strikes;
    struct exchange *exchange;
    struct sandbox_reply reply; /* in the exchange's arena; status 0: reset */
    span rest;                  /* TRICKLE: raw bytes still to go; absent: answer `reply` */
};

static void answer(struct exchange *exchange, const struct sandbox_reply *reply)
{
    if (reply->status == 0)
        listen_reset(exchange);
    else
        listen_answer(exchange, reply->status, reply->headers, reply->header_count, reply->body);
}

/* ---- later ---- */

static void strike_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void strike_end(struct sandbox_strike *strike)
{
    if (strike->previous)
        strike->previous->next = strike->next;
    else
        strike->strikes->first = strike->next;
    if (strike->next)
        strike->next->previous = strike->previous;
    uv_close((uv_handle_t *)&strike->timer, strike_closed);
}

static void strike_due(uv_timer_t *timer)
{
    struct sandbox_strike *strike = timer->data;
    if (!strike->rest.ptr) {
        strike_end(strike);
        answer(strike->exchange, &strike->reply);
        return;
    }
    if (strike->rest.len > 0 && listen_raw(strike->exchange, span_sub(strike->rest, 0, 1))) {
        strike->rest = span_sub(strike->rest, 1, strike->rest.len);
        return;
    }
    strike_end(strike);
    listen_hang_up(strike->exchange);
}

static void later(struct sandbox_strikes *strikes, struct exchange *exchange,
                  const struct sandbox_reply *reply, span rest, unsigned ms)
{
    struct sandbox_strike *strike = calloc(1, sizeof *strike);
    if (strike == NULL)
        abort();
    *strike = (struct sandbox_strike){.strikes = strikes,
                                      .exchange = exchange,
                                      .reply = *reply,
                                      .rest = rest,
                                      .next = strikes->first};
    if (strikes->first)
        strikes->first->previous = strike;
    strikes->first = strike;
    uv_timer_init(strikes->loop, &strike->timer);
    strike->timer.data = strike;
    uv_timer_start(&strike->timer, strike_due, ms, rest.ptr ? ms : 0);
}

void sandbox_strikes_end(struct sandbox_strikes *strikes)
{
    while (strikes->first) {
        struct exchange *exchange = strikes->first->exchange;
        strike_end(strikes->first);
        listen_reset(exchange);
    }
}

/* ---- raw ---- */

/* A head that promises `promised` bytes and as many of the body as `len` says. */
static span raw_answer(struct arena *arena, const struct sandbox_reply *reply, size_t len,
                       size_t promised)
{
    return arena_print(arena,
                       "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
                       "Content-Length: %zu\r\n\r\n%.*s",
                       reply->status, http_reason(reply->status), promised,
                       SPAN_ARG(span_sub(reply->body, 0, len)));
}

/* An answer without a body gets one, so that there is something to cut or to wait for. */
static void have_body(struct sandbox_reply *reply)
{
    if (reply->body.len < 2)
        reply->body = SPAN("          ");
    if (reply->status == 204)
        reply->status = 200;
}

static void cut(struct exchange *exchange, struct sandbox_reply *reply)
{
    have_body(reply);
    span half = raw_answer(exchange->arena, reply, reply->body.len / 2, reply->body.len);
    (void)listen_raw(exchange, half);
    listen_hang_up(exchange);
}

/* ---- somebody else's answers ---- */

static void page(struct sandbox_reply *reply, int status, const char *type, span body)
{
    *reply = (struct sandbox_reply){.status = status, .body = body};
    if (type)
        sandbox_reply_header(reply, "Content-Type", span_of(type));
}

static void elsewhere(struct sandbox_reply *reply)
{
    page(reply, 302, NULL, (span){0});
    sandbox_reply_header(reply, "Location", SPAN("/_sandbox/elsewhere"));
}

static void spaces(struct exchange *exchange, struct sandbox_reply *reply)
{
    char *bytes = arena_array(exchange->arena, char, HUGE_BYTES);
    memset(bytes, ' ', HUGE_BYTES);
    page(reply, 200, "application/json", (span){bytes, HUGE_BYTES});
}

static void rename_type(struct sandbox_reply *reply)
{
    for (unsigned i = 0; i < reply->header_count; i++)
        if (span_equal_nocase(reply->headers[i].name, SPAN("Content-Type")))
            reply->headers[i].value = SPAN("text/html");
}

static void ask_to_wait(struct arena *arena, int seconds, struct sandbox_reply *reply)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < reply->header_count; i++)
        if (!span_equal_nocase(reply->headers[i].name, SPAN("Retry-After")))
            reply->headers[kept++] = reply->headers[i];
    reply->header_count = kept;
    if (seconds > 0)
        sandbox_reply_header(reply, "Retry-After", arena_print(arena, "%d", seconds));
}

void sandbox_strike(struct sandbox_strikes *strikes, struct exchange *exchange,
                    const struct sandbox_fault *fault, struct sandbox_reply *reply)
{
    struct arena *arena = exchange->arena;
    switch (fault->kind) {
    case SANDBOX_FAULT_LATENCY:
        later(strikes, exchange, reply, (span){0}, fault->ms);
        return;
    case SANDBOX_FAULT_HANG:
    case SANDBOX_FAULT_HANG_AFTER: /* what it was worth saying is not said: a reset */
        *reply = (struct sandbox_reply){.status = 0};
        later(strikes, exchange, reply, (span){0}, fault->ms);
        return;
    case SANDBOX_FAULT_TRICKLE:
        have_body(reply);
        later(strikes, exchange, reply, raw_answer(arena, reply, reply->body.len, reply->body.len),
              fault->ms);
        return;
    case SANDBOX_FAULT_RESET_BEFORE:
    case SANDBOX_FAULT_RESET_AFTER:
        listen_reset(exchange);
        return;
    case SANDBOX_FAULT_CLOSE_AFTER:
        listen_hang_up(exchange);
        return;
    case SANDBOX_FAULT_CUT:
        cut(exchange, reply);
        return;
    case SANDBOX_FAULT_TRUNCATED:
        reply->body.len /= 2;
        break;
    case SANDBOX_FAULT_WRONG_TYPE:
        rename_type(reply);
        break;
    case SANDBOX_FAULT_502:
        page(reply, 502, "text/html", SPAN("<html><body>502 Bad Gateway</body></html>"));
        break;
    case SANDBOX_FAULT_GARBAGE_200:
        page(reply, 200, "text/html", SPAN("<html><body>Welcome</body></html>"));
        break;
    case SANDBOX_FAULT_NOISE_200:
        page(reply, 200, "application/json", SPAN("\xff\xfe{\"\x01]\x80 hm"));
        break;
    case SANDBOX_FAULT_EMPTY:
        page(reply, 204, NULL, (span){0});
        break;
    case SANDBOX_FAULT_HUGE:
        spaces(exchange, reply);
        break;
    case SANDBOX_FAULT_REDIRECT:
        elsewhere(reply);
        break;
    default:
        break; /* the platform's own words are in `reply` */
    }
    if (fault->retry_after >= 0)
        ask_to_wait(arena, fault->retry_after, reply);
    answer(exchange, reply);
}
