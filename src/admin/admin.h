/*
 * The admin listener: dashboard, JSON API, metrics. INTERFACE 6; docs/api.yaml describes each path.
 *
 * Everything but the login page's files and /healthz asks who is there: a session cookie (a person,
 * with a CSRF header on whatever changes something) or a bearer token (a machine). /metrics and
 * /healthz are open while the listener is on loopback, since whoever reaches that may read more
 * than our counters; elsewhere /metrics wants a token.
 *
 * Reading goes through a view of its own; changes are made as the command line makes them, in a
 * short turn of a visiting writer, and `changed` tells the pipeline. Thread: the loop's.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H
#include <uv.h>

#include "../base/clock.h"
#include "../alert/alert.h"
#include "../pipeline/deliver.h"

struct admin_options {
    uv_loop_t *loop;
    span host; /* IP to bind */
    uint16_t port;
    struct addr_list trusted; /* proxies whose X-Forwarded-For is believed */
    const char *database;
    bool audit_private;              /* the config lets audits look at private addresses */
    const struct alert_book *alerts; /* what is unwell; NULL: nobody looks */
    const struct clock *clock;
    /* Somebody paused, resumed or retried: the pipeline should look. */
    void (*changed)(void *arg);
    void *changed_arg;
};

/* What the config says and a reload may replace; lives for ever. */
struct admin_facts {
    const struct shop *const *shops;
    unsigned shop_count;
    const struct outlet_spec *outlets;
    unsigned outlet_count;
};

struct admin;
MUST_USE enum status admin_open(const struct admin_options *options, struct admin_facts facts,
                                struct admin **ret_admin, struct error *ret_error);
uint16_t admin_port(const struct admin *admin);
void admin_reload(struct admin *admin, struct admin_facts facts);
void admin_close(
    struct admin *admin); /* the loop must run until its handles are closed; NULL is fine */

#endif
