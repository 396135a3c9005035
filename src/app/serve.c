/*
 * `sidetrack serve`: puts the parts together, and takes them apart in the one order that loses
 * nothing:
 *
 *   start   store (made, migrated) -> DELIVER opened -> RECORD opened -> public ports -> admin
 *           -> threads -> ready
 *   end     RECEIVE drains (RECORD still answers) -> DELIVER stops (RECORD still writes what it
 *           reports) -> RECORD's inbox closes, RECORD ends -> admin, alerts, which look at both
 *           -> RECORD is taken apart, which may still answer into DELIVER's queue -> DELIVER is
 *
 * An alarm ends the process should any of it hang: everything that was acknowledged is on disk, so
 * that is safe, and better than a supervisor's kill after a longer wait.
 *
 * Reload: a new config is loaded beside the old one. Old configs are kept until the end, because
 * requests and batches in flight point into them; an operator reloads a few times a day.
 */
#include "serve.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../admin/admin.h"
#include "../alert/alert_watch.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "../net/call.h"
#include "../store/store.h"
#include "ports.h"
#include "verbs.h"

#define DELIVER_GRACE_MS 3000u
#define END_SECONDS      9u
#define CHECKPOINT_MS    250 /* often: each is then short, and commits wait less behind it */
#define OLD_CONFIGS      10000u
#define QUICK_ALERTS     300u /* --quick: a minute of the rules is 200 ms */

struct serve {
    const char *path;            /* of the config */
    const char *data;            /* the database; never changes while we run */
    const struct config *config; /* the main thread's alone once threads run */
    const struct config *begun;  /* what sockets and threads were made with */
    const struct config **old;   /* configs before it */
    unsigned old_count;
    struct admit admit;
    struct queue inbox, ticks; /* ticks carries nothing: closed = stop the checkpoints */
    struct recorder *recorder;
    struct deliverer *deliverer;
    struct admin *admin;
    struct alert_watch *alerts;
    struct serve_loop loops[SERVE_LOOPS];
    unsigned loop_count, started;
    struct geo *geo; /* what the loops look addresses up in */
    pthread_t record, deliver, checkpoint;
    bool recording, delivering, checkpointing;
    uv_loop_t loop;
    uv_signal_t signals[3];
    struct pace_values pace;
};

/* ---- threads --------------------------------------------------------------------------------- */

static void *run_record(void *arg)
{
    record_run(arg);
    return NULL;
}

static void *run_deliver(void *arg)
{
    deliver_run(arg);
    return NULL;
}

static void *run_checkpoint(void *arg)
{
    struct serve *serve = arg;
    struct store_copier *copier = NULL;
    while (!queue_closed(&serve->ticks)) {
        int64_t frames;
        enum status status = copier ? OK : store_copier_open(serve->data, &copier);
        if (status == OK)
            status = store_checkpoint(copier, &frames);
        if (status != OK && status != AGAIN)
            log_event(LOG_WARN, "checkpoint_failed", "status=%d", (int)status);
        queue_wait(&serve->ticks, CHECKPOINT_MS);
    }
    store_copier_close(copier);
    return NULL;
}

static bool is_ready(void *arg)
{
    const struct serve *serve = arg;
    return record_ready(serve->recorder);
}

/* ---- start ----------------------------------------------------------------------------------- */

/* The last folder of the path is made when it is missing; more of them would be a slip. */
static enum status have_folder(const char *path, struct error *error)
{
    char folder[4096];
    struct stat stat_of;
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path ||
        (size_t)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path) >= sizeof folder)
        return OK;
    if (stat(folder, &stat_of) == 0 || mkdir(folder, 0700) == 0)
        return OK;
    if (errno == ENOENT)
        snprintf(error->text, sizeof error->text, "the folder %.80s does not exist; mkdir -p %.80s",
                 folder, folder);
    else
        snprintf(error->text, sizeof error->text, "cannot make the folder %.80s: %s", folder,
                 strerror(errno));
    return BROKEN;
}

/* Rate limits are the platforms': who asks for none must not have any. */
static enum status may_send(const struct serve *serve, const struct config *config,
                            struct error *error)
{
    for (unsigned i = 0; serve->pace.unpaced && i < config->outlet_count; i++) {
        span to = config->outlets[i].settings->base_url;
        struct url url;
        if (url_parse(to, &url) == OK && span_is(url.host, "127.0.0.1"))
            continue;
        snprintf(error->text, sizeof error->text,
                 "--unpaced is for sinks at 127.0.0.1, and %s goes to %.*s",
                 config->outlets[i].destination->name, SPAN_ARG(to));
        return INVALID;
    }
    return OK;
}

static enum status open_pipeline(struct serve *serve, bool quick, struct error *error)
{
    const struct config *config = serve->config;
    struct store *store;
    serve->data = config->data.ptr;
    enum status status = may_send(serve, config, error);
    if (status == OK)
        status = have_folder(config->data.ptr, error);
    if (status == OK)
        status = store_open(config->data.ptr, &clock_real, &store, error);
    if (status != OK)
        return status;
    store_close(store); /* the file is there and migrated: DELIVER's view can open it */
    if (quick) {
        serve->pace.base_ms = 50;
        serve->pace.cap_ms = serve->pace.follow_cap_ms = 500;
        serve->pace.probe_ms = serve->pace.asked_cap_ms = SECOND_MS;
        serve->pace.send_ms = 3000;
        serve->pace.follow_ms = 100;
        serve->pace.gather_ms = 10;
    }
    struct deliver_options deliver = {.path = config->data.ptr,
                                      .clock = &clock_real,
                                      .outlets = config->outlets,
                                      .outlet_count = config->outlet_count,
                                      .to_record = &serve->inbox,
                                      .linger_ms = quick ? 50 : 0,
                                      .pace = &serve->pace};
    status = deliver_open(&deliver, &serve->deliverer, error);
    if (status != OK)
        return status;
    struct record_options record = {.path = config->data.ptr,
                                    .clock = &clock_real,
                                    .shops = config->shops,
                                    .shop_count = config->shop_count,
                                    .retain = {.retention_ms = config->retention_ms,
                                               .keep_ms = config->keep_ms,
                                               .outlets_known = true,
                                               .outlets = config->outlets,
                                               .outlet_count = config->outlet_count},
                                    .admit = &serve->admit,
                                    .inbox = &serve->inbox,
                                    .to_deliver = deliver_inbox(serve->deliverer)};
    return record_open(&record, &serve->recorder, error);
}

static unsigned loops_wanted(const struct config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned usual = cores < 1 ? 1 : cores > 4 ? 4 : (unsigned)cores;
    return config->limits.loops ? config->limits.loops : usual;
}

static enum status open_loops(struct serve *serve, struct error *error)
{
    const struct config *config = serve->config;
    unsigned wanted = loops_wanted(config);
    enum status opened = geo_open(config->geo.city, config->geo.asn, &serve->geo, error);
    if (opened != OK)
        return opened;
    struct receive_options options = {
        .listen = {.host = config->listen.host,
                   .port = config->listen.port,
                   .reuse_port = true,
                   .trusted = config->trusted,
                   .connections = config->limits.connections / wanted + 1},
        .clock = &clock_real,
        .shops = config->shops,
        .shop_count = config->shop_count,
        .rate_per_ip = config->limits.per_ip,
        .rate_per_store = config->limits.per_store,
        .geo = serve->geo,
        .to_record = &serve->inbox,
        .admit = &serve->admit,
        .ready = is_ready,
        .ready_arg = serve,
    };
    for (unsigned i = 0; i < wanted; i++) {
        enum status status = serve_loop_open(&serve->loops[i], options, error);
        if (status != OK)
            return status;
        serve->loop_count++;
        options.listen.port = receive_port(serve->loops[0].receiver);
    }
    return OK;
}

static struct admin_facts facts_of(const struct config *config)
{
    return (struct admin_facts){.shops = config->shops,
                                .shop_count = config->shop_count,
                                .outlets = config->outlets,
                                .outlet_count = config->outlet_count};
}

static struct alert_scene scene_of(const struct config *config)
{
    return (struct alert_scene){.shops = config->shops,
                                .shop_count = config->shop_count,
                                .outlets = config->outlets,
                                .outlet_count = config->outlet_count,
                                .channels = config_channels(config)};
}

static enum status open_alerts(struct serve *serve, bool quick, struct error *error)
{
    struct alert_options options = {.loop = &serve->loop,
                                    .database = serve->data,
                                    .clock = &clock_real,
                                    .writable = is_ready,
                                    .writable_arg = serve,
                                    .divisor = quick ? QUICK_ALERTS : 1};
    return alert_watch_open(&options, scene_of(serve->config), &serve->alerts, error);
}

static void on_changed(void *arg)
{
    struct serve *serve = arg;
    deliver_poke(serve->deliverer);
}

static enum status open_admin(struct serve *serve, struct error *error)
{
    const struct config *config = serve->config;
    struct admin_options options = {.loop = &serve->loop,
                                    .host = config->admin.host,
                                    .port = config->admin.port,
                                    .trusted = config->trusted,
                                    .database = serve->data,
                                    .audit_private = config->audit_private,
                                    .alerts = alert_watch_book(serve->alerts),
                                    .clock = &clock_real,
                                    .changed = on_changed,
                                    .changed_arg = serve};
    return admin_open(&options, facts_of(config), &serve->admin, error);
}

static enum status start_threads(struct serve *serve, struct error *error)
{
    serve->recording = serve_loop_thread(&serve->record, run_record, serve->recorder) == OK;
    serve->delivering = serve_loop_thread(&serve->deliver, run_deliver, serve->deliverer) == OK;
    serve->checkpointing = serve_loop_thread(&serve->checkpoint, run_checkpoint, serve) == OK;
    while (serve->started < serve->loop_count &&
           serve_loop_start(&serve->loops[serve->started]) == OK)
        serve->started++;
    if (serve->recording && serve->delivering && serve->checkpointing &&
        serve->started == serve->loop_count)
        return OK;
    snprintf(error->text, sizeof error->text, "cannot start a thread");
    return BROKEN;
}

static void address_text(span host, uint16_t port, char text[64])
{
    bool six = span_find(host, 0, ':') < host.len;
    snprintf(text, 64, six ? "[%.*s]:%u" : "%.*s:%u", SPAN_ARG(host), port);
}

static enum status tell(const struct serve *serve, const char *ports)
{
    const struct config *config = serve->config;
    char listen[64], admin[64];
    address_text(config->listen.host, receive_port(serve->loops[0].receiver), listen);
    address_text(config->admin.host, admin_port(serve->admin), admin);
    log_event(LOG_INFO, "ready",
              "listen=%s admin=%s data=\"%s\" stores=%u destinations=%u loops=%u", listen, admin,
              config->data.ptr, config->shop_count, config->outlet_count, serve->loop_count);
    return ports_write(ports, span_of(listen), span_of(admin));
}

/* ---- signals --------------------------------------------------------------------------------- */

static void log_lines(enum log_level level, const char *what, span text)
{
    span line;
    while (span_split(&text, '\n', &line)) {
        char safe[400];
        size_t length = line.len < sizeof safe - 1 ? line.len : sizeof safe - 1;
        for (size_t i = 0; i < length; i++)
            safe[i] = (char)(line.ptr[i] == '"' ? '\'' : line.ptr[i]);
        safe[length] = '\0';
        if (length > 0)
            log_event(level, what, "trouble=\"%s\"", safe);
    }
}

static bool same_address(const struct config_address *a, const struct config_address *b)
{
    return a->port == b->port && span_equal(a->host, b->host);
}

static bool same_ranges(const struct addr_list *a, const struct addr_list *b)
{
    return a->count == b->count && memcmp(a->ranges, b->ranges, a->count * sizeof *a->ranges) == 0;
}

/* The keys that only a restart brings in and that differ from what we began with: "listen,data".
   Not from what was loaded last: a change that waits still waits after the next SIGHUP. */
static void restart_keys(const struct config *a, const struct config *b, struct buf *out)
{
    const struct {
        const char *key;
        bool same;
    } keys[] = {
        {"listen", same_address(&a->listen, &b->listen)},
        {"admin", same_address(&a->admin, &b->admin)},
        {"data", span_equal(a->data, b->data)},
        {"geo", span_equal(a->geo.city, b->geo.city) && span_equal(a->geo.asn, b->geo.asn)},
        {"retention", a->retention_ms == b->retention_ms},
        {"keep", a->keep_ms == b->keep_ms},
        {"audit", a->audit_private == b->audit_private},
        {"limits", memcmp(&a->limits, &b->limits, sizeof a->limits) == 0},
        {"trusted_proxies", same_ranges(&a->trusted, &b->trusted)},
    };
    for (unsigned i = 0; i < COUNT_OF(keys); i++)
        if (!keys[i].same)
            buf_print(out, "%s%s", out->len ? "," : "", keys[i].key);
}

static void reload(struct serve *serve)
{
    const struct config *config;
    struct buf troubles;
    buf_init(&troubles, CONFIG_TROUBLES);
    if (serve->old_count == OLD_CONFIGS || config_load(serve->path, &troubles, &config) != OK) {
        log_lines(LOG_ERROR, "config_refused", buf_span(&troubles));
        buf_done(&troubles);
        return;
    }
    struct error error = {{0}};
    if (may_send(serve, config, &error) != OK) {
        log_lines(LOG_ERROR, "config_refused", span_of(error.text));
        config_free(config);
        buf_done(&troubles);
        return;
    }
    buf_reset(&troubles);
    log_setup(config->log_level, config->log_format);
    restart_keys(serve->begun, config, &troubles);
    if (troubles.len > 0)
        log_event(LOG_WARN, "config_needs_restart", "keys=%.*s", SPAN_ARG(buf_span(&troubles)));
    buf_done(&troubles);
    log_lines(LOG_WARN, "config_warning", config->warnings);
    serve->old[serve->old_count++] = serve->config;
    serve->config = config;
    record_reload(serve->recorder, config->shops, config->shop_count, config->outlets,
                  config->outlet_count);
    deliver_reload(serve->deliverer, config->outlets, config->outlet_count);
    admin_reload(serve->admin, facts_of(config));
    alert_watch_reload(serve->alerts, scene_of(config));
    for (unsigned i = 0; i < serve->loop_count; i++)
        serve_loop_reload(&serve->loops[i], config);
    log_event(LOG_INFO, "config_reloaded", "stores=%u destinations=%u", config->shop_count,
              config->outlet_count);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct serve *serve = signal->data;
    if (number == SIGHUP)
        reload(serve);
    else
        uv_stop(&serve->loop);
}

static void watch(struct serve *serve)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (unsigned i = 0; i < COUNT_OF(numbers); i++) {
        uv_signal_init(&serve->loop, &serve->signals[i]);
        serve->signals[i].data = serve;
        uv_signal_start(&serve->signals[i], on_signal, numbers[i]);
    }
}

/* ---- end ------------------------------------------------------------------------------------- */

static void on_alarm(int number)
{
    (void)number;
    _exit(EXIT_FAILED);
}

static void end(struct serve *serve)
{
    signal(SIGALRM, on_alarm);
    alarm(END_SECONDS);
    call_once_give_up(); /* a test of a destination may be waiting for its platform */
    for (unsigned i = 0; i < serve->started; i++)
        serve_loop_stop(&serve->loops[i]);
    for (unsigned i = 0; i < serve->started; i++)
        serve_loop_join(&serve->loops[i]);
    geo_close(serve->geo);
    if (serve->delivering) {
        deliver_stop(serve->deliverer, DELIVER_GRACE_MS);
        pthread_join(serve->deliver, NULL);
    }
    queue_close(&serve->inbox);
    queue_close(&serve->ticks);
    if (serve->recording)
        pthread_join(serve->record, NULL);
    if (serve->checkpointing)
        pthread_join(serve->checkpoint, NULL);
    for (unsigned i = 0; i < COUNT_OF(serve->signals); i++)
        if (serve->signals[i].data)
            uv_close((uv_handle_t *)&serve->signals[i], NULL);
    admin_close(serve->admin); /* may turn the loop: all that is looked at from there still lives */
    alert_watch_close(serve->alerts);
    record_close(serve->recorder); /* before DELIVER: what it could not keep is answered in there */
    deliver_close(serve->deliverer);
    uv_run(&serve->loop, UV_RUN_DEFAULT);
    uv_loop_close(&serve->loop);
    for (unsigned i = 0; i < serve->old_count; i++)
        config_free(serve->old[i]);
    free(serve->old);
    config_free(serve->config);
}

static enum status begin(struct serve *serve, const struct args *args, struct error *error)
{
    serve->pace = pace_usual;
    serve->pace.unpaced = args_get(args, "unpaced") != NULL;
    enum status status = open_pipeline(serve, args_get(args, "quick") != NULL, error);
    if (status == OK)
        status = open_loops(serve, error);
    if (status == OK)
        status = open_alerts(serve, args_get(args, "quick") != NULL, error);
    if (status == OK)
        status = open_admin(serve, error);
    if (status == OK)
        status = start_threads(serve, error);
    if (status != OK)
        return status;
    watch(serve);
    return tell(serve, args_get(args, "ports"));
}

int serve_verb(const struct args *args)
{
    static struct serve serve; /* a loop that lost patience is still pointed to at the very end */
    struct buf troubles;
    struct error error = {{0}};
    serve.path = args_get(args, "config") ? args_get(args, "config") : CONFIG_FILE;
    buf_init(&troubles, CONFIG_TROUBLES);
    if (config_load(serve.path, &troubles, &serve.config) != OK) {
        fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&troubles)));
        buf_done(&troubles);
        return EXIT_WRONG;
    }
    buf_done(&troubles);
    log_setup(serve.config->log_level, serve.config->log_format);
    log_lines(LOG_WARN, "config_warning", serve.config->warnings);
    serve.begun = serve.config;
    signal(SIGPIPE, SIG_IGN);
    /* Pages of the journal come and go: their blocks are mapped, and so are given back at once.
       glibc would keep them, once it has seen them freed, in a heap that never shrinks again. */
    mallopt(M_MMAP_THRESHOLD, 1 * MIB);
    mallopt(M_TRIM_THRESHOLD, 4 * MIB);
    queue_init(&serve.inbox, LIMIT_QUEUE_PARCELS, LIMIT_QUEUE_BYTES);
    queue_init(&serve.ticks, 1, 0);
    admit_init(&serve.admit);
    uv_loop_init(&serve.loop);
    serve.old = calloc(OLD_CONFIGS, sizeof *serve.old);
    if (!serve.old)
        abort();
    enum status status = begin(&serve, args, &error);
    if (status == OK) {
        uv_run(&serve.loop, UV_RUN_DEFAULT);
        log_event(LOG_INFO, "stopping", "within_s=%u", END_SECONDS);
    } else if (error.text[0]) {
        log_lines(LOG_ERROR, "cannot_start", span_of(error.text));
    }
    end(&serve);
    log_event(LOG_INFO, "stopped", "exit=%d", status == OK ? EXIT_DONE : EXIT_FAILED);
    return status == OK ? EXIT_DONE : EXIT_FAILED;
}
