/* The life of an alert and the book of all of them; alert.h draws it. */
#include "alert.h"

const struct alert_pace alert_pace_usual = {
    .repeat_ms = 12 * HOUR_MS, .calm_ms = HOUR_MS, .divisor = 1};

const char *alert_notice_text(enum alert_notice notice)
{
    static const char *const texts[] = {[ALERT_NOTHING] = "nothing",
                                        [ALERT_FIRES] = "firing",
                                        [ALERT_REMINDS] = "reminder",
                                        [ALERT_RECOVERS] = "recovered",
                                        [ALERT_TESTS] = "test"};
    return texts[notice];
}

bool alert_open(const struct alert *alert)
{
    return alert->state == ALERT_FIRING || alert->state == ALERT_CLEARING;
}

static void enter(struct alert *alert, enum alert_state state, int64_t now)
{
    alert->state = state;
    alert->since = now;
}

static enum alert_notice tell_now(struct alert *alert, int64_t now, const struct alert_pace *pace)
{
    bool first = !alert->told;
    int64_t wait = first ? pace->calm_ms : pace->repeat_ms;
    if (alert->told_at != 0 && now >= alert->told_at && now - alert->told_at < wait)
        return ALERT_NOTHING;
    alert->told = true;
    alert->told_at = now;
    return first ? ALERT_FIRES : ALERT_REMINDS;
}

enum alert_notice alert_step(struct alert *alert, bool raised, int64_t now,
                             const struct alert_pace *pace)
{
    if (now < alert->since)
        alert->since = now;
    if (alert->state == ALERT_QUIET && raised) {
        alert->raised_at = now;
        alert->told = false;
        enter(alert, ALERT_PENDING, now);
    }
    int64_t lasted = now - alert->since;
    if (alert->state == ALERT_PENDING && !raised)
        enter(alert, ALERT_QUIET, now);
    else if (alert->state == ALERT_PENDING && lasted >= alert->rule->for_ms / pace->divisor)
        enter(alert, ALERT_FIRING, now);
    else if (alert->state == ALERT_FIRING && !raised)
        enter(alert, ALERT_CLEARING, now);
    else if (alert->state == ALERT_CLEARING && raised)
        enter(alert, ALERT_FIRING, now);
    else if (alert->state == ALERT_CLEARING && lasted >= alert->rule->clear_ms / pace->divisor) {
        enter(alert, ALERT_QUIET, now);
        return alert->told ? ALERT_RECOVERS : ALERT_NOTHING;
    }
    return alert->state == ALERT_FIRING ? tell_now(alert, now, pace) : ALERT_NOTHING;
}

/* ---- the book ---- */

void alert_book_done(struct alert_book *book)
{
    free(book->alerts);
    *book = (struct alert_book){0};
}

static void keep_name(char room[ALERT_NAME_ROOM], span name)
{
    snprintf(room, ALERT_NAME_ROOM, "%.*s", SPAN_ARG(name));
}

struct alert *alert_book_at(struct alert_book *book, const struct alert_rule *rule, span store,
                            span destination)
{
    struct alert fresh = {.rule = rule};
    keep_name(fresh.store, store);
    keep_name(fresh.destination, destination);
    for (unsigned i = 0; i < book->count; i++) {
        struct alert *one = &book->alerts[i];
        if (one->rule == rule && strcmp(one->store, fresh.store) == 0 &&
            strcmp(one->destination, fresh.destination) == 0)
            return one;
    }
    if (book->count == ALERT_MOST)
        return NULL;
    if (!book->alerts && !(book->alerts = calloc(ALERT_MOST, sizeof *book->alerts)))
        abort();
    book->alerts[book->count] = fresh;
    return &book->alerts[book->count++];
}

struct looking {
    struct alert_book *book;
    const struct alert_facts *facts;
    const struct alert_pace *pace;
    alert_tell *tell;
    void *arg;
    bool changed;
};

static void look_at(struct looking *looking, const struct alert_rule *rule, unsigned place)
{
    const struct alert_facts *facts = looking->facts;
    span store = {0}, destination = {0}, called = {0};
    if (rule->scope == ALERT_STORE) {
        store = facts->shops[place].name;
    } else if (rule->scope == ALERT_DESTINATION) {
        store = facts->outlets[place].store;
        destination = facts->outlets[place].destination;
        called = facts->outlets[place].called;
    }
    struct alert *alert = alert_book_at(looking->book, rule, store, destination);
    if (!alert)
        return;
    struct buf why;
    buf_init(&why, 4 * ALERT_WHY_ROOM);
    enum alert_state before = alert->state;
    bool raised = rule->check(facts, place, before != ALERT_QUIET, &why);
    if (raised)
        snprintf(alert->why, sizeof alert->why, "%.*s", SPAN_ARG(buf_span(&why)));
    buf_done(&why);
    keep_name(alert->called, called);
    alert->seen = true;
    enum alert_notice notice = alert_step(alert, raised, facts->now, looking->pace);
    looking->changed = looking->changed || alert->state != before || notice != ALERT_NOTHING;
    if (notice != ALERT_NOTHING)
        looking->tell(looking->arg, alert, notice, facts->now);
}

bool alert_book_look(struct alert_book *book, const struct alert_facts *facts,
                     const struct alert_pace *pace, alert_tell *tell, void *arg)
{
    struct looking looking = {book, facts, pace, tell, arg, false};
    const unsigned places[] = {1, facts->shop_count, facts->outlet_count};
    for (unsigned i = 0; i < book->count; i++)
        book->alerts[i].seen = false;
    for (unsigned i = 0; i < alert_rule_count; i++)
        for (unsigned place = 0; place < places[alert_rules[i].scope]; place++)
            look_at(&looking, &alert_rules[i], place);
    unsigned kept = 0;
    for (unsigned i = 0; i < book->count; i++)
        if (book->alerts[i].seen)
            book->alerts[kept++] = book->alerts[i];
    looking.changed = looking.changed || kept != book->count;
    book->count = kept;
    return looking.changed;
}
