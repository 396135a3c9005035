/* The changing half of the API; change.h is the contract. */
#include "change.h"

#include "../base/limits.h"
#include "../base/log.h"
#include "../story/probe.h"
#include "../story/replay.h"
#include "../store/erase.h"
#include "pages.h"
#include "work.h"

#define IDS_MOST 1000u

/* ---- a turn beside the gateway ---- */

static bool visit(struct ask *ask, struct store **ret_store)
{
    struct error error = {{0}};
    if (store_visit(ask->admin->options.database, ret_store, &error) == OK)
        return true;
    log_event(LOG_ERROR, "change_failed", "trouble=\"%s\"", error.text);
    ask_refuse(ask, 503, "store", "The store could not be opened; the log says why.");
    return false;
}

/* Ends what visit() began. True: it is committed, and the pipeline told; else it is refused. */
static bool leave(struct ask *ask, struct store *store, enum status status)
{
    if (status == OK)
        status = store_commit(store);
    if (status != OK)
        log_event(LOG_ERROR, "change_failed", "trouble=\"%s\"", store_trouble(store));
    store_rollback(store);
    store_close(store);
    if (status == OK && ask->admin->options.changed)
        ask->admin->options.changed(ask->admin->options.changed_arg);
    if (status != OK)
        ask_refuse(ask, 503, "store", "The store is busy or full: try again. Nothing was changed.");
    return status == OK;
}

static void answer_ok(struct ask *ask)
{
    json_open(&ask->json, NULL, '{');
    json_put_bool(&ask->json, "ok", true);
    json_close(&ask->json, '}');
    ask_answer(ask, 200);
}

/* ---- pause, resume ---- */

static void set_pause(struct ask *ask, const struct outlet_spec *spec, bool on)
{
    struct store *store;
    int64_t shop = 0;
    span name = span_of(spec->destination->name);
    if (!visit(ask, &store))
        return;
    enum status status = store_begin(store);
    if (status == OK)
        status = view_shop(store_view(store), spec->shop->name, &shop);
    if (status == OK)
        status = bookmark_pause(store, shop, name, on ? SPAN("by a person") : (span){0});
    if (status == MISSING) {
        store_rollback(store);
        store_close(store);
        ask_refuse(ask, 409, "not_begun", "The destination has not begun yet: try in a moment.");
        return;
    }
    if (!leave(ask, store, status))
        return;
    log_event(LOG_INFO, on ? "destination_paused" : "destination_resumed",
              "store=\"%.*s\" destination=%s by=dashboard", SPAN_ARG(spec->shop->name),
              spec->destination->name);
    answer_ok(ask);
}

static void do_pause(struct ask *ask, const struct outlet_spec *spec)
{
    set_pause(ask, spec, true);
}

static void do_resume(struct ask *ask, const struct outlet_spec *spec)
{
    set_pause(ask, spec, false);
}

/* ---- test: it waits for a platform ---- */

struct test {
    struct work work;
    struct probe_finding finding;
};

static void run_test(struct work *work)
{
    struct test *test = (struct test *)work;
    probe_ask(&work->arena, work->spec, &test->finding);
}

static void answer_test(struct work *work)
{
    const struct probe_finding *finding = &((struct test *)work)->finding;
    struct ask *ask = &work->ask;
    json_open(&ask->json, NULL, '{');
    json_put_bool(&ask->json, "ok", finding->outcome == PROBE_OK);
    json_put_text(&ask->json, "outcome", span_of(probe_text(finding->outcome)));
    json_put_text(&ask->json, "code", finding->code);
    json_put_text(&ask->json, "text", finding->words);
    story_put_text(&ask->json, "todo", span_of(finding->todo));
    json_close(&ask->json, '}');
    ask_answer(ask, 200);
}

static void do_test(struct ask *ask, const struct outlet_spec *spec)
{
    static const struct work_kind kind = {
        .name = "test", .size = sizeof(struct test), .run = run_test, .answer = answer_test};
    struct work *work = work_new(ask, &kind);
    if (!work)
        return;
    work->spec = spec;
    work_start(work);
}

/* ---- replay ---- */

struct sending { /* a period again */
    struct work work;
    struct replay replay;
    struct replay_done done;
};

static bool on_turned(void *arg, const struct replay_done *done)
{
    struct work *work = arg;
    atomic_store(&work->percent, done->percent);
    return !atomic_load(&work->cancelled);
}

static void run_replay(struct work *work)
{
    struct sending *sending = (struct sending *)work;
    struct store *store;
    work->status = store_visit(work->ask.admin->options.database, &store, &work->error);
    if (work->status != OK) {
        work->status = BROKEN;
        return;
    }
    work->status =
        replay_run(store, &sending->replay, on_turned, work, &sending->done, &work->error);
    store_close(store);
}

static void answer_replay(struct work *work)
{
    const struct sending *sending = (struct sending *)work;
    const struct replay_done *done = &sending->done;
    struct ask *ask = &work->ask;
    enum status status = work->status;
    if (status != OK) {
        bool ours = status == INVALID || status == MISSING || status == FULL;
        ask_refuse(ask, ours ? 409 : 503, ours ? "not_allowed" : "store", work->error.text);
        return;
    }
    if (!sending->replay.dry && ask->admin->options.changed)
        ask->admin->options.changed(ask->admin->options.changed_arg);
    json_open(&ask->json, NULL, '{');
    json_put_int(&ask->json, "rows", done->rows);
    json_put_int(&ask->json, "skipped_delivered", sending->replay.forced ? 0 : done->delivered);
    json_put_bool(&ask->json, "dry", sending->replay.dry);
    json_put_bool(&ask->json, "stopped", done->stopped);
    json_close(&ask->json, '}');
    ask_answer(ask, 200);
}

static void do_replay(struct ask *ask, const struct outlet_spec *spec)
{
    static const struct work_kind kind = {.name = "replay",
                                          .alone = true,
                                          .size = sizeof(struct sending),
                                          .run = run_replay,
                                          .answer = answer_replay};
    const struct replay replay = {.destination = spec->destination,
                                  .store = spec->shop->name,
                                  .from = json_get_int(ask->body, "from", -1),
                                  .to = json_get_int(ask->body, "to", -1),
                                  .forced = json_get_bool(ask->body, "forced", false),
                                  .dry = json_get_bool(ask->body, "dry", true),
                                  .now = ask->now};
    if (replay.from < 0 || replay.to < 0) {
        ask_refuse(ask, 400, "period_missing", "from and to, in milliseconds.");
        return;
    }
    struct work *work = work_new(ask, &kind);
    if (!work)
        return;
    work->spec = spec;
    ((struct sending *)work)->replay = replay;
    work_start(work);
}

void change_destination(struct ask *ask)
{
    static const struct {
        const char *word;
        void (*act)(struct ask *ask, const struct outlet_spec *spec);
    } acts[] = {
        {"pause", do_pause}, {"resume", do_resume}, {"test", do_test}, {"replay", do_replay}};
    struct story story = pages_story(ask);
    span rest = ask->rest, store = {0}, destination = {0}, word = {0};
    if (!span_split(&rest, '/', &store) || !span_split(&rest, '/', &destination) ||
        !span_split(&rest, '/', &word) || !span_empty(rest))
        word = (span){0};
    const struct outlet_spec *spec = story_outlet(&story, store, destination);
    for (unsigned i = 0; spec && i < COUNT_OF(acts); i++)
        if (span_is(word, acts[i].word)) {
            acts[i].act(ask, spec);
            return;
        }
    ask_refuse(ask, 404, "not_found",
               spec ? "pause, resume, test or replay." : "The config has no such destination.");
}

/* ---- letters ---- */

static enum status change_ids(struct ask *ask, struct store *store, bool retry, unsigned *ret_count)
{
    const struct json_value *ids = json_get(ask->body, "ids");
    enum status status = OK;
    for (const struct json_value *v = ids->first; v && status == OK; v = v->next) {
        int64_t id = 0;
        unsigned count = 0;
        if (v->kind != JSON_NUMBER || span_int(v->text, &id) != OK)
            continue;
        status = retry ? letter_retry_one(store, id, ask->now, &count)
                       : letter_drop_one(store, id, ask->now, &count);
        *ret_count += count;
    }
    return status;
}

static void letters(struct ask *ask, bool retry)
{
    const struct json_value *ids = json_get(ask->body, "ids");
    span destination = json_get_text(ask->body, "destination");
    struct store *store;
    unsigned count = 0;
    bool by_ids = ids && ids->kind == JSON_ARRAY && ids->count <= IDS_MOST;
    if (!by_ids && !list_find(destination)) {
        ask_refuse(ask, 400, "which", "ids (at most 1000 numbers) or a destination.");
        return;
    }
    if (!visit(ask, &store))
        return;
    enum status status = store_begin(store);
    if (status == OK && by_ids)
        status = change_ids(ask, store, retry, &count);
    else if (status == OK)
        status = retry ? letter_retry(store, destination, ask->now, &count)
                       : letter_drop(store, destination, ask->now, &count);
    if (!leave(ask, store, status))
        return;
    json_open(&ask->json, NULL, '{');
    json_put_int(&ask->json, "changed", count);
    json_close(&ask->json, '}');
    ask_answer(ask, 200);
}

void change_letters_retry(struct ask *ask)
{
    letters(ask, true);
}

void change_letters_drop(struct ask *ask)
{
    letters(ask, false);
}

/* ---- forgetting ---- */

/* What only a browser said of him may be anybody's: his rows are found by it no more than by
   nothing. An e-mail is his own, or he would not wear it. */
static unsigned names_of(struct view *view, const struct person_row *row,
                         struct dossier_name names[3])
{
    const struct {
        enum link_kind kind;
        span value;
    } all[] = {{LINK_EMAIL, row->who.email},
               {LINK_PHONE, row->who.phone},
               {LINK_CUSTOMER, row->who.customer_id}};
    unsigned count = 0;
    for (unsigned i = 0; i < COUNT_OF(all); i++) {
        int64_t owner;
        bool said = false;
        if (span_empty(all[i].value) ||
            (person_owner(view, row->shop, all[i].kind, all[i].value, &owner, &said) == OK &&
             said && all[i].kind != LINK_EMAIL))
            continue;
        names[count++] = (struct dossier_name){all[i].kind, all[i].value};
    }
    return count;
}

/* Begun here; RECORD goes on with it between its turns. */
static enum status begin(struct ask *ask, struct store *store, const struct person_row *row,
                         int64_t *ret_id)
{
    struct dossier_name names[3];
    struct erase_wish wish = {.shop = row->shop, .names = names, .asked_by = "forget"};
    wish.name_count = names_of(ask->admin->view, row, names);
    enum status status = store_begin(store);
    return status == OK ? erase_begin(store, ask->arena, &wish, ask->now, ret_id) : status;
}

static void forget(struct ask *ask, const struct person_row *row)
{
    struct erase_receipt receipt = {.id = 0};
    struct store *store;
    int64_t id = 0;
    if (!visit(ask, &store) || !leave(ask, store, begin(ask, store, row, &id)))
        return;
    log_event(LOG_INFO, "forgetting", "receipt=%lld by=dashboard", (long long)id);
    enum status status = erase_receipt(ask->admin->view, ask->arena, id, &receipt);
    json_open(&ask->json, NULL, '{');
    json_put_int(&ask->json, "receipt", id);
    json_put_text(&ask->json, "asked_by", receipt.asked_by);
    json_put_text(&ask->json, "subject", receipt.subject);
    json_put_int(&ask->json, "asked_at", receipt.asked_at);
    json_put_int(&ask->json, "done_at", receipt.done_at);
    json_put_raw(&ask->json, "removed", receipt.removed);
    json_close(&ask->json, '}');
    pages_answer(ask, status, "The receipt is gone already.");
}

void change_person(struct ask *ask)
{
    struct person_row row;
    struct dossier_name names[3];
    span rest = ask->rest, number = {0}, word = {0};
    int64_t id = 0;
    bool whole = span_split(&rest, '/', &number) && span_split(&rest, '/', &word) &&
                 span_empty(rest) && span_int(number, &id) == OK && span_is(word, "forget");
    enum status status = whole ? person_get(ask->admin->view, ask->arena, id, &row) : MISSING;
    if (status != OK)
        pages_answer(ask, status, "There is nobody of that number.");
    else if (names_of(ask->admin->view, &row, names) == 0)
        ask_refuse(ask, 409, "nameless",
                   "Nothing names this person, so nothing can be looked for.");
    else
        forget(ask, &row);
}
