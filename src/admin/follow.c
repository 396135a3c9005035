/* Server-sent events; follow.h is the contract. */
#include "follow.h"

#include <stdlib.h>

#include "../base/limits.h"
#include "../story/lists.h"
#include "../story/mask.h"
#include "login.h"
#include "pages.h"

#define LOOK_MS 250
#define PING_MS (15 * SECOND_MS)
#define ROWS    200u
#define PIECE   (4u * MIB)

struct follow {
    struct follow *next;
    struct admin *admin;
    struct exchange *exchange;
    int64_t after, pinged_at;
    int64_t shop;               /* 0: all */
    span name, source, visitor; /* in the exchange's arena */
    enum keys_role role;
    span token; /* its id, in the exchange's arena; absent: a session's stream */
    uint8_t digest[sizeof((struct session *)NULL)->digest];
};

struct follows {
    struct follow *list;
    uv_timer_t timer;
};

static unsigned count_of(const struct admin *admin)
{
    unsigned count = 0;
    for (const struct follow *f = admin->follows ? admin->follows->list : NULL; f; f = f->next)
        count++;
    return count;
}

static void on_closed(void *arg)
{
    struct follow *follow = arg;
    struct follows *follows = follow->admin->follows;
    struct follow **at = &follows->list;
    while (*at != follow)
        at = &(*at)->next;
    *at = follow->next;
    if (!follows->list)
        uv_timer_stop(&follows->timer);
    free(follow);
}

static bool wants(const struct follow *follow, const struct journal_row *row)
{
    return (follow->shop == 0 || row->shop == follow->shop) &&
           (span_empty(follow->name) || span_is(follow->name, names_text(row->name))) &&
           (span_empty(follow->source) ||
            span_is(follow->source, event_source_text(row->source))) &&
           (span_empty(follow->visitor) || span_equal(follow->visitor, row->visitor));
}

static void put_row(const struct follow *follow, const struct story *story,
                    const struct journal_row *row, struct buf *out)
{
    const struct json_value *parsed;
    struct json json;
    struct buf one;
    buf_init(&one, PIECE);
    json_start(&json, &one);
    lists_put_event(story, row, &json);
    json_end(&json);
    buf_print(out, "id: %lld\ndata: ", (long long)row->seq);
    if (follow->role == KEYS_VIEWER &&
        json_parse(story->arena, buf_span(&one), &parsed, NULL) == OK) {
        json_start(&json, out);
        mask_value(&json, story->arena, (span){0}, parsed);
        json_end(&json);
    } else if (follow->role != KEYS_VIEWER) {
        buf_add_span(out, buf_span(&one));
    }
    buf_add_text(out, "\n\n");
    buf_done(&one);
}

static bool still_known(const struct follow *follow)
{
    const struct sessions *sessions = &follow->admin->sessions;
    if (!span_empty(follow->token))
        return keys_has_token(&follow->admin->keys, follow->token);
    for (unsigned i = 0; i < SESSION_MOST; i++)
        if (sessions->list[i].role != KEYS_NOBODY &&
            memcmp(sessions->list[i].digest, follow->digest, sizeof follow->digest) == 0)
            return true;
    return false;
}

/* What is new since it last took something. */
static void feed(struct follow *follow, struct arena *arena, struct buf *out, int64_t now)
{
    struct admin *admin = follow->admin;
    struct story story = {.view = admin->view, .arena = arena, .now = now};
    struct journal_row *rows;
    unsigned count;
    int64_t after = follow->after;
    arena_reset(arena);
    buf_reset(out);
    if (journal_follow(admin->view, arena, after, ROWS, &rows, &count) != OK)
        return;
    for (unsigned i = 0; i < count; i++) {
        size_t before = out->len;
        if (wants(follow, &rows[i]))
            put_row(follow, &story, &rows[i], out);
        if (!buf_ok(out)) { /* this one goes first next time, or never fits */
            buf_cut(out, before);
            after = before > 0 ? after : rows[i].seq;
            break;
        }
        after = rows[i].seq;
    }
    if (out->len == 0 && now - follow->pinged_at >= PING_MS)
        buf_add_text(out, ": ping\n\n");
    if (out->len == 0) {
        follow->after = after;
        return;
    }
    if (listen_stream_send(follow->exchange, buf_span(out))) {
        follow->after = after;
        follow->pinged_at = now;
    }
}

static void on_look(uv_timer_t *timer)
{
    struct admin *admin = timer->data;
    struct arena arena;
    struct buf out;
    struct follow *next;
    int64_t now = clock_now(admin->options.clock), head;
    if (journal_head(admin->view, &head) != OK)
        head = INT64_MIN; /* next time; who is to be pinged is pinged */
    login_read_keys(admin);
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    buf_init(&out, PIECE);
    for (struct follow *f = admin->follows->list; f; f = next) {
        next = f->next; /* sending may end the stream, and free it */
        if (!still_known(f))
            listen_stream_close(f->exchange);
        else if (f->after < head || now - f->pinged_at >= PING_MS)
            feed(f, &arena, &out, now);
    }
    buf_done(&out);
    arena_done(&arena);
}

static void have_timer(struct admin *admin)
{
    if (admin->follows)
        return;
    admin->follows = calloc(1, sizeof *admin->follows);
    if (!admin->follows)
        abort();
    uv_timer_init(admin->options.loop, &admin->follows->timer);
    admin->follows->timer.data = admin;
}

void follow_open(struct ask *ask, const struct lists_wish *wish)
{
    struct admin *admin = ask->admin;
    struct http_header headers[ASK_HEADERS];
    struct story story = pages_story(ask);
    int64_t after, head;
    if (journal_head(admin->view, &head) != OK) {
        ask_refuse(ask, 500, "store", "The store could not be read; the log says why.");
        return;
    }
    if (count_of(admin) >= FOLLOW_MOST) {
        ask_refuse(ask, 503, "too_many_streams", "Sixteen streams are open already: close one.");
        return;
    }
    have_timer(admin);
    struct follow *follow = calloc(1, sizeof *follow);
    if (!follow)
        abort();
    span last = http_request_header(ask->request, "Last-Event-ID");
    if (span_int(last, &after) != OK)
        after = ask_number(ask, "after", head, 0, INT64_MAX);
    *follow = (struct follow){.next = admin->follows->list,
                              .admin = admin,
                              .exchange = ask->exchange,
                              .after = after,
                              .pinged_at = ask->now,
                              .shop = wish->shop ? story_number(&story, wish->shop) : 0,
                              .name = arena_copy(ask->arena, wish->name),
                              .source = arena_copy(ask->arena, wish->source),
                              .visitor = arena_copy(ask->arena, wish->visitor),
                              .role = ask->role,
                              .token = ask->token};
    if (ask->session)
        memcpy(follow->digest, ask->session->digest, sizeof follow->digest);
    admin->follows->list = follow;
    unsigned count = ask_headers(headers);
    headers[count++] = (struct http_header){SPAN("Content-Type"), SPAN("text/event-stream")};
    headers[count++] = (struct http_header){SPAN("Cache-Control"), SPAN("no-store")};
    headers[count++] = (struct http_header){SPAN("X-Accel-Buffering"), SPAN("no")};
    if (!listen_stream_open(ask->exchange, headers, count, on_closed, follow)) {
        on_closed(follow);
        return;
    }
    if (!uv_is_active((uv_handle_t *)&admin->follows->timer))
        uv_timer_start(&admin->follows->timer, on_look, LOOK_MS, LOOK_MS);
    bool taken = listen_stream_send(ask->exchange, SPAN(": here\n\n"));
    (void)taken; /* it tells a page that the stream is open; nothing hangs on it */
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void follow_close(struct admin *admin)
{
    struct follows *follows = admin->follows;
    if (!follows)
        return;
    while (follows->list)
        listen_stream_close(follows->list->exchange); /* on_closed takes it out */
    admin->follows = NULL;
    follows->timer.data = follows;
    uv_close((uv_handle_t *)&follows->timer, on_timer_closed);
}
