/* The timer that puts the room together; alert_watch.h is the contract. */
#include "alert_watch.h"

#include "../base/limits.h"
#include "../base/log.h"
#include "../pipeline/count.h"
#include "../store/store.h"

#define LOOK_MS    MINUTE_MS
#define TURN_MS    SECOND_MS
#define RETRY_MS   (30 * SECOND_MS)
#define ARENA_MOST (64u * MIB)

struct alert_watch {
    struct alert_options options;
    struct alert_scene scene;
    struct alert_pace pace;
    struct alert_book book;
    struct alert_past *past; /* one a store of the scene */
    struct alert_post *post;
    struct view *view;
    struct arena arena; /* of one look */
    uv_timer_t timer;
    int64_t next_look;
};

/* ---- one notice ---- */

static void log_notice(const struct alert *alert, enum alert_notice notice, int64_t now)
{
    struct buf line;
    buf_init(&line, 4 * ALERT_WHY_ROOM);
    alert_words_line(&line, alert, notice, now);
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '"' || line.ptr[i] == '\n')
            line.ptr[i] = '\'';
    log_event(notice == ALERT_RECOVERS ? LOG_INFO : LOG_WARN, "alert",
              "kind=%s rule=%s store=%s destination=%s text=\"%.*s\"", alert_notice_text(notice),
              alert->rule->name, alert->store, alert->destination, SPAN_ARG(buf_span(&line)));
    buf_done(&line);
}

static void on_notice(void *arg, const struct alert *alert, enum alert_notice notice, int64_t now)
{
    struct alert_watch *watch = arg;
    log_notice(alert, notice, now);
    alert_post_add(watch->post, &watch->scene.channels, alert, notice, now);
}

/* ---- a look ---- */

static void set_gauges(const struct alert_watch *watch)
{
    for (unsigned i = 0; i < watch->book.count; i++) {
        const struct alert *alert = &watch->book.alerts[i];
        count_set(COUNT_ALERTS, span_of(alert->rule->name), span_of(alert->store),
                  span_of(alert->destination), alert_open(alert));
    }
}

static void look(struct alert_watch *watch, int64_t now)
{
    struct alert_facts facts;
    arena_reset(&watch->arena);
    enum status status = alert_look(watch->view, &watch->arena, watch->options.database,
                                    &watch->scene, watch->past, now, &facts);
    if (status != OK) {
        log_event(LOG_WARN, "alerts_cannot_look", "trouble=\"%s\"", view_trouble(watch->view));
        return;
    }
    facts.writable = watch->options.writable(watch->options.writable_arg);
    bool changed = alert_book_look(&watch->book, &facts, &watch->pace, on_notice, watch);
    set_gauges(watch);
    if (changed && alert_keep_save(watch->options.database, &watch->book) != OK)
        log_event(LOG_WARN, "alerts_not_kept", "file=\"%s.alerts\"", watch->options.database);
}

static void on_timer(uv_timer_t *timer)
{
    struct alert_watch *watch = timer->data;
    int64_t now = clock_now(watch->options.clock), every = LOOK_MS / watch->options.divisor;
    if (now >= watch->next_look || now < watch->next_look - every) { /* or the clock went back */
        watch->next_look = now + every;
        look(watch, now);
    }
    alert_post_turn(watch->post, now);
}

/* ---- opening and closing ---- */

static void take_scene(struct alert_watch *watch, struct alert_scene scene)
{
    free(watch->past);
    watch->past = calloc(scene.shop_count + 1, sizeof *watch->past);
    if (!watch->past)
        abort();
    watch->scene = scene;
}

static void free_watch(struct alert_watch *watch)
{
    view_close(watch->view);
    alert_book_done(&watch->book);
    arena_done(&watch->arena);
    free(watch->past);
    free(watch);
}

static void on_closed(uv_handle_t *handle)
{
    free_watch(handle->data);
}

enum status alert_watch_open(const struct alert_options *options, struct alert_scene scene,
                             struct alert_watch **ret_watch, struct error *ret_error)
{
    struct alert_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        abort();
    watch->options = *options;
    watch->pace = alert_pace_usual;
    watch->pace.divisor = options->divisor;
    watch->pace.repeat_ms /= options->divisor;
    watch->pace.calm_ms /= options->divisor;
    arena_init(&watch->arena, ARENA_MOST);
    take_scene(watch, scene);
    enum status status = view_open(options->database, &watch->view, ret_error);
    if (status == OK)
        status = alert_post_open(options->loop, RETRY_MS / options->divisor, &watch->post);
    if (status != OK) {
        free_watch(watch);
        return status;
    }
    if (alert_keep_load(options->database, &watch->book) == INVALID)
        log_event(LOG_WARN, "alerts_forgotten", "file=\"%s.alerts\"", options->database);
    uv_timer_init(options->loop, &watch->timer);
    watch->timer.data = watch;
    uint64_t turn = (uint64_t)(options->divisor > 1 ? LOOK_MS / options->divisor : TURN_MS);
    uv_timer_start(&watch->timer, on_timer, turn, turn);
    *ret_watch = watch;
    return OK;
}

void alert_watch_reload(struct alert_watch *watch, struct alert_scene scene)
{
    take_scene(watch, scene);
}

void alert_watch_close(struct alert_watch *watch)
{
    if (!watch)
        return;
    alert_post_close(watch->post);
    uv_close((uv_handle_t *)&watch->timer, on_closed);
}

const struct alert_book *alert_watch_book(const struct alert_watch *watch)
{
    return &watch->book;
}
