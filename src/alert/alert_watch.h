/*
 * The alerts of a running gateway: looks once a minute, keeps the book, sends the notices.
 *
 * Thread: the loop's. A look reads the store through a view of its own and is short; sending never
 * blocks (the HTTP client on this loop, mail on libuv's threads).
 */
#ifndef ALERT_ALERT_WATCH_H
#define ALERT_ALERT_WATCH_H
#include <uv.h>

#include "../pipeline/deliver.h"
#include "alert.h"

/* Where notices go; what is empty is not used. Lives as long as the watch, or until a reload. */
struct alert_channels {
    span webhook;
    span smtp, from;
    const span *to;
    unsigned to_count;
};

/* What the config says and a reload may replace; lives for ever. */
struct alert_scene {
    const struct shop *const *shops;
    unsigned shop_count;
    const struct outlet_spec *outlets;
    unsigned outlet_count;
    struct alert_channels channels;
};

struct alert_options {
    uv_loop_t *loop;
    const char *database;
    const struct clock *clock;
    bool (*writable)(void *arg);
    void *writable_arg;
    unsigned divisor; /* of every time the rules know; 1 but for demos and tests */
};

struct alert_watch;
MUST_USE enum status alert_watch_open(const struct alert_options *options, struct alert_scene scene,
                                      struct alert_watch **ret_watch, struct error *ret_error);
void alert_watch_reload(struct alert_watch *watch, struct alert_scene scene);
/* The loop must run until its handles are closed; NULL is fine. Notices on their way are given up,
   and said so in the log. */
void alert_watch_close(struct alert_watch *watch);
const struct alert_book *alert_watch_book(const struct alert_watch *watch);

/* ---- private to the room ---- */

/* The facts of this moment, in the arena. `past` remembers the past weeks between looks, one for
   each store of the scene. */
struct alert_past {
    int64_t at; /* of the quarter of an hour that the weeks were counted for */
    int64_t browser[ALERT_WEEKS], hooks[ALERT_WEEKS];
};
MUST_USE enum status alert_look(struct view *view, struct arena *arena, const char *database,
                                const struct alert_scene *scene, struct alert_past *past,
                                int64_t now, struct alert_facts *ret_facts);

/* Notices on their way: ALERT_POSTED at most; each is tried ALERT_TRIES times, ever more apart. */
#define ALERT_POSTED 64u
#define ALERT_TRIES  6u
struct alert_post;
MUST_USE enum status alert_post_open(uv_loop_t *loop, int64_t retry_ms,
                                     struct alert_post **ret_post);
void alert_post_add(struct alert_post *post, const struct alert_channels *channels,
                    const struct alert *alert, enum alert_notice notice, int64_t now);
void alert_post_turn(struct alert_post *post, int64_t now); /* sends what is due */
void alert_post_close(struct alert_post *post);             /* NULL is fine */

/* For `sidetrack alerts test`: one notice, blocking, by each channel in turn. */
typedef void alert_tried(void *arg, const char *channel, const char *trouble); /* NULL: taken */
void alert_post_try(const struct alert_channels *channels, int64_t now, alert_tried *tried,
                    void *arg);

#endif
