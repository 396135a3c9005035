/* Audits from the dashboard; auditor.h is the contract. */
#include "auditor.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/limits.h"
#include "../base/log.h"
#include "../base/url.h"
#include "../store/audits.h"

#define REPORT_BYTES (2u * MIB)
#define WORDS_BYTES  (16u * KIB) /* of what it says when it fails; the rest is dropped */
#define URL_BYTES    512u

enum { PROCESS, SAID, WRONG, TIMER, PARTS };

struct auditor {
    struct admin *admin; /* NULL: it is gone */
    uv_process_t process;
    uv_pipe_t pipes[2];
    uv_timer_t timer;
    char buffer[16 * KIB];
    struct buf said, wrong;
    char url[URL_BYTES];
    bool live, recorded, asked_to_end;
    int64_t since;
    unsigned running, handles; /* what has not ended yet; what is not closed yet */
};

static void on_closed(uv_handle_t *handle)
{
    struct auditor *auditor = handle->data;
    if (--auditor->handles > 0)
        return;
    buf_done(&auditor->said);
    buf_done(&auditor->wrong);
    free(auditor);
}

static void close_all(struct auditor *auditor)
{
    uv_handle_t *handles[PARTS] = {[PROCESS] = (uv_handle_t *)&auditor->process,
                                   [SAID] = (uv_handle_t *)&auditor->pipes[0],
                                   [WRONG] = (uv_handle_t *)&auditor->pipes[1],
                                   [TIMER] = (uv_handle_t *)&auditor->timer};
    if (auditor->admin)
        auditor->admin->auditor = NULL;
    for (unsigned i = 0; i < PARTS; i++)
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], on_closed);
}

/* ---- what came of it ---- */

static enum status keep_report(struct auditor *auditor, const struct json_value *report)
{
    struct store *store;
    struct error error = {{0}};
    int64_t id;
    const struct audits_row row = {.at = auditor->since,
                                   .url = span_of(auditor->url),
                                   .live = auditor->live,
                                   .recorded = auditor->recorded,
                                   .fails = json_get_int(report, "problems", 0),
                                   .warns = json_get_int(report, "warnings", 0),
                                   .passes = json_get_int(report, "passes", 0),
                                   .summary = json_get_text(report, "summary"),
                                   .body = span_trim(buf_span(&auditor->said))};
    enum status status = store_visit(auditor->admin->options.database, &store, &error);
    if (status != OK)
        return status;
    status = store_begin(store);
    if (status == OK)
        status = audits_add(store, &row, &id);
    if (status == OK)
        status = store_commit(store);
    store_rollback(store);
    store_close(store);
    return status;
}

/* The last line it said, without the program's name: it is a sentence for a person. */
static void keep_trouble(struct auditor *auditor)
{
    struct admin *admin = auditor->admin;
    span said = span_trim(buf_span(&auditor->wrong)), rest = said, line = {0}, part;
    while (span_split(&rest, '\n', &part))
        line = part;
    if (span_starts(line, "sidetrack audit: "))
        line = span_sub(line, strlen("sidetrack audit: "), line.len);
    bool words = !span_empty(line) && span_utf8(line);
    snprintf(admin->audit_trouble, sizeof admin->audit_trouble, "%.*s",
             SPAN_ARG(words ? line : SPAN("The audit ended without a report.")));
    if (auditor->asked_to_end)
        snprintf(admin->audit_trouble, sizeof admin->audit_trouble,
                 "The audit took longer than %u seconds and was ended.", AUDITOR_SECONDS);
}

static void part_ended(struct auditor *auditor)
{
    const struct json_value *report;
    struct arena arena;
    if (--auditor->running > 0 || auditor->admin == NULL)
        return;
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    auditor->admin->audit_trouble[0] = '\0';
    if (!buf_ok(&auditor->said) ||
        json_parse(&arena, buf_span(&auditor->said), &report, NULL) != OK ||
        !json_get(report, "findings"))
        keep_trouble(auditor);
    else if (keep_report(auditor, report) != OK)
        snprintf(auditor->admin->audit_trouble, sizeof auditor->admin->audit_trouble,
                 "The report could not be kept: the store is busy or full.");
    arena_done(&arena);
    log_event(LOG_INFO, "audit_ended", "trouble=\"%s\"", auditor->admin->audit_trouble);
    close_all(auditor);
}

static void on_exit_of(uv_process_t *process, int64_t code, int number)
{
    (void)code, (void)number;
    part_ended(process->data);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_room)
{
    struct auditor *auditor = handle->data;
    (void)wanted;
    *ret_room = uv_buf_init(auditor->buffer, sizeof auditor->buffer);
}

static void on_said(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    struct auditor *auditor = stream->data;
    bool report = stream == (uv_stream_t *)&auditor->pipes[0];
    if (len > 0) {
        buf_add(report ? &auditor->said : &auditor->wrong, room->base, (size_t)len);
    } else if (len < 0) {
        uv_read_stop(stream);
        part_ended(auditor);
    }
}

static void on_late(uv_timer_t *timer)
{
    struct auditor *auditor = timer->data;
    uv_process_kill(&auditor->process, auditor->asked_to_end ? SIGKILL : SIGTERM);
    auditor->asked_to_end = true;
}

void auditor_close(struct admin *admin)
{
    struct auditor *auditor = admin->auditor;
    if (auditor == NULL)
        return;
    uv_process_kill(&auditor->process, SIGTERM); /* it ends its browser and removes its files */
    close_all(auditor);
    auditor->admin = NULL;
}

/* ---- starting ---- */

/* A file in memory with these bytes, to be read from its beginning; -1: there is no room. */
static int memory_file(span bytes)
{
    int fd = memfd_create("recording", MFD_CLOEXEC);
    for (size_t at = 0; fd >= 0 && at < bytes.len;) {
        ssize_t written = write(fd, bytes.ptr + at, bytes.len - at);
        if (written <= 0) {
            close(fd);
            return -1;
        }
        at += (size_t)written;
    }
    return fd;
}

/* Nothing of our environment: secrets of the config may be in it. `recording`: a file's number, -1:
   none. */
static int spawn(struct auditor *auditor, bool allow_private, int recording)
{
    char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", NULL};
    char *words[10] = {"sidetrack", "audit", "--json"};
    unsigned count = 3;
    if (auditor->live)
        words[count++] = "--live";
    if (allow_private)
        words[count++] = "--allow-private";
    if (recording >= 0) {
        words[count++] = "--har";
        words[count++] = "/proc/self/fd/3";
    }
    words[count++] = "--";
    words[count++] = auditor->url;
    uv_stdio_container_t stdio[4] = {
        {.flags = UV_IGNORE}, [3] = {.flags = UV_INHERIT_FD, .data.fd = recording}};
    for (unsigned i = 0; i < 2; i++) {
        stdio[i + 1].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
        stdio[i + 1].data.stream = (uv_stream_t *)&auditor->pipes[i];
    }
    uv_process_options_t options = {.file = "/proc/self/exe",
                                    .args = words,
                                    .env = (char **)(uintptr_t)environment,
                                    .stdio = stdio,
                                    .stdio_count = recording >= 0 ? 4 : 3,
                                    .exit_cb = on_exit_of};
    return uv_spawn(auditor->admin->options.loop, &auditor->process, &options);
}

static struct auditor *begin(struct ask *ask, span url, bool live)
{
    uv_loop_t *loop = ask->admin->options.loop;
    struct auditor *auditor = calloc(1, sizeof *auditor);
    if (auditor == NULL)
        abort();
    auditor->admin = ask->admin;
    auditor->live = live;
    auditor->since = ask->now;
    auditor->running = 3;
    auditor->handles = PARTS;
    snprintf(auditor->url, sizeof auditor->url, "%.*s", SPAN_ARG(url));
    buf_init(&auditor->said, REPORT_BYTES);
    buf_init(&auditor->wrong, WORDS_BYTES);
    for (unsigned i = 0; i < 2; i++) {
        uv_pipe_init(loop, &auditor->pipes[i], 0);
        auditor->pipes[i].data = auditor;
    }
    uv_timer_init(loop, &auditor->timer);
    auditor->timer.data = auditor->process.data = auditor;
    ask->admin->auditor = auditor;
    return auditor;
}

static bool good_address(span url)
{
    struct url parts;
    bool bare = span_find(url, 0, ':') == url.len && span_find(url, 0, '/') == url.len;
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || (unsigned char)url.ptr[i] == 0x7F)
            return false;
    return url.len > 3 && url.len < URL_BYTES && url.ptr[0] != '-' &&
           (url_parse(url, &parts) == OK || (bare && span_find(url, 0, '.') < url.len));
}

static void put_running(struct ask *ask)
{
    const struct auditor *auditor = ask->admin->auditor;
    if (auditor == NULL) {
        json_put_null(&ask->json, "running");
        return;
    }
    json_open(&ask->json, "running", '{');
    json_put_text(&ask->json, "url", span_of(auditor->url));
    json_put_bool(&ask->json, "live", auditor->live);
    json_put_bool(&ask->json, "recorded", auditor->recorded);
    json_put_int(&ask->json, "since", auditor->since);
    json_close(&ask->json, '}');
}

static void start(struct ask *ask, span url, bool live, span recording)
{
    if (!good_address(url)) {
        ask_refuse(ask, 400, "url_invalid", "Say the store's address, such as shop.example.");
        return;
    }
    if (ask->admin->auditor) {
        ask_refuse(ask, 409, "running", "An audit is running: one at a time.");
        return;
    }
    bool recorded = !span_empty(recording);
    int file = recorded ? memory_file(recording) : -1;
    if (recorded && file < 0) {
        ask_refuse(ask, 503, "not_started", "There is no memory for the recording.");
        return;
    }
    struct auditor *auditor = begin(ask, url, live);
    auditor->recorded = recorded;
    int result = spawn(auditor, ask->admin->options.audit_private, file);
    if (recorded)
        close(file);
    if (result == 0) {
        uv_timer_start(&auditor->timer, on_late, AUDITOR_SECONDS * 1000, 5000);
        for (unsigned i = 0; i < 2; i++)
            uv_read_start((uv_stream_t *)&auditor->pipes[i], on_room, on_said);
        log_event(LOG_INFO, "audit_started", "url=\"%.*s\"", SPAN_ARG(url_bare(url)));
        json_open(&ask->json, NULL, '{');
        put_running(ask);
        json_close(&ask->json, '}');
        ask_answer(ask, 202);
        return;
    }
    log_event(LOG_ERROR, "audit_not_started", "trouble=\"%s\"", uv_strerror(result));
    close_all(auditor);
    ask_refuse(ask, 503, "not_started", "The audit could not be started; the log says why.");
}

void auditor_start(struct ask *ask)
{
    start(ask, span_trim(json_get_text(ask->body, "url")), json_get_bool(ask->body, "live", false),
          (span){0});
}

void auditor_start_recorded(struct ask *ask)
{
    span recording = span_trim(ask->request->body);
    if (span_starts(recording, "\xEF\xBB\xBF"))
        recording = span_sub(recording, 3, recording.len);
    if (!span_starts(recording, "{")) {
        ask_refuse(ask, 400, "har_invalid",
                   "This is no HAR file. In the browser's tools: Network, then Export HAR.");
        return;
    }
    start(ask, span_trim(ask_query(ask, "url")), span_is(ask_query(ask, "live"), "1"), recording);
}

/* ---- reading ---- */

static void put_row(void *arg, const struct audits_row *row)
{
    struct json *json = arg;
    json_open(json, NULL, '{');
    json_put_int(json, "id", row->id);
    json_put_int(json, "at", row->at);
    json_put_text(json, "url", row->url);
    json_put_bool(json, "live", row->live);
    json_put_bool(json, "recorded", row->recorded);
    json_put_int(json, "problems", row->fails);
    json_put_int(json, "warnings", row->warns);
    json_put_int(json, "passes", row->passes);
    json_put_text(json, "summary", row->summary);
    if (row->body.ptr)
        json_put_raw(json, "report", row->body);
    json_close(json, '}');
}

void auditor_list(struct ask *ask)
{
    struct json *json = &ask->json;
    json_open(json, NULL, '{');
    json_open(json, "audits", '[');
    enum status status = audits_each(ask->admin->view, put_row, json);
    json_close(json, ']');
    put_running(ask);
    if (ask->admin->audit_trouble[0])
        json_put_text(json, "trouble", span_of(ask->admin->audit_trouble));
    else
        json_put_null(json, "trouble");
    json_open(json, "hosts", '[');
    for (unsigned i = 0; i < ask->admin->facts.shop_count; i++)
        if (ask->admin->facts.shops[i]->hosts.count > 0)
            json_put_text(json, NULL, ask->admin->facts.shops[i]->hosts.items[0]);
    json_close(json, ']');
    json_close(json, '}');
    if (status == OK)
        ask_answer(ask, 200);
    else
        ask_refuse(ask, 500, "store", "The store could not be read; the log says why.");
}

void auditor_one(struct ask *ask)
{
    struct audits_row row;
    int64_t id;
    if (span_int(ask->rest, &id) != OK ||
        audits_read(ask->admin->view, ask->arena, id, &row) != OK) {
        ask_refuse(ask, 404, "not_found", "There is no such audit, or it is too old.");
        return;
    }
    put_row(&ask->json, &row);
    ask_answer(ask, 200);
}
