/*
 * One order's whole story: what state it is in and why, which halves came and how they were
 * joined, what was derived from them, and what each platform answered.
 */
#include "show.h"

#include "../base/limits.h"
#include "../destinations/list.h"

static enum status load_paused(struct view *view, struct arena *arena, struct show_order *story)
{
    unsigned count = 0;
    while (list_destinations[count])
        count++;
    story->paused = arena_array(arena, struct bookmark_row, count);
    for (unsigned i = 0; i < count; i++) {
        struct bookmark_row *row = &story->paused[story->paused_count];
        enum status status =
            bookmark_get(view, arena, story->row.shop, span_of(list_destinations[i]->name), row);
        if (status != OK && status != MISSING)
            return status;
        story->paused_count += status == OK && row->paused;
    }
    return OK;
}

static enum status load(struct view *view, struct arena *arena, const struct order_row *row,
                        struct show_order *ret_story)
{
    struct show_order story = {.row = *row};
    struct outcome_row *outcomes;
    enum status status =
        journal_of_order(view, arena, row->key, &story.journal, &story.journal_count);
    if (status == OK)
        status = order_facts(view, arena, row->key, &story.facts, &story.fact_count);
    if (status == OK)
        status = outcome_of_order(view, arena, row->key, &outcomes, &story.result_count);
    if (status == OK)
        status = show_letters_of(view, arena, story.journal, story.journal_count, &story.letters,
                                 &story.letter_count);
    if (status != OK)
        return status;
    story.results = arena_array(arena, struct show_result, story.result_count + 1);
    for (unsigned i = 0; i < story.result_count && status == OK; i++)
        status = show_result_of(view, arena, &outcomes[i], &story.results[i]);
    if (status == OK && row->person != 0) {
        status = person_get(view, arena, row->person, &story.person);
        if (status == MISSING)
            status = OK;
    }
    if (status == OK)
        status = load_paused(view, arena, &story);
    if (status == OK)
        *ret_story = story;
    return status;
}

/* ---- text ------------------------------------------------------------------------------------ */

static void put_money(struct buf *out, const char *what, struct money money, span currency)
{
    char room[MONEY_TEXT_ROOM];
    span text = money_text(money, room);
    buf_print(out, "%s%.*s %.*s", what, SPAN_ARG(text), SPAN_ARG(currency));
}

static span store_name(struct arena *arena, const struct show_order *story)
{
    const struct json_value *json;
    for (unsigned i = 0; i < story->journal_count; i++)
        if (json_parse(arena, story->journal[i].body, &json, NULL) == OK &&
            !span_empty(json_get_text(json, "store")))
            return json_get_text(json, "store");
    return SPAN("?");
}

static bool stays_here(const struct order_row *row)
{
    return row->state == ORDER_EXCLUDED || row->state == ORDER_DROPPED;
}

/* What an order is worth that was not sent, from the newest signed body, else the browser's. */
static void write_unsent(struct buf *out, struct arena *arena, const struct order_row *row)
{
    const struct json_value *json;
    span body = span_empty(row->server) ? row->browser : row->server, amount = {0}, currency = {0};
    if (!span_empty(body) && json_parse(arena, body, &json, NULL) == OK) {
        static const char *const keys[] = {"value", "total", "current_total"};
        const struct json_value *order = json_get(json, "order");
        for (unsigned i = 0; i < COUNT_OF(keys) && span_empty(amount); i++)
            amount = json_get_number(order, keys[i]);
        if (span_empty(amount))
            amount = json_get_number(json, "value");
        currency = json_get_text(order, "currency");
        if (span_empty(currency))
            currency = json_get_text(json, "currency");
    }
    buf_add_text(out, "  value       ");
    if (!span_empty(amount))
        buf_print(out, "%.*s %.*s, ", SPAN_ARG(amount), SPAN_ARG(currency));
    buf_add_text(out, stays_here(row) ? "not sent" : "not sent yet");
}

static void write_head(struct buf *out, struct arena *arena, const struct show_order *story)
{
    const struct order_row *row = &story->row;
    buf_print(out, "Order %.*s of store %.*s: %s",
              SPAN_ARG(span_empty(row->name) ? row->order_id : row->name),
              SPAN_ARG(store_name(arena, story)), order_state_text(row->state));
    if (!span_empty(row->reason))
        buf_print(out, " (%.*s)", SPAN_ARG(row->reason));
    buf_print(out, "\n  shop's id   %.*s\n  platforms   %.*s\n", SPAN_ARG(row->order_id),
              SPAN_ARG(row->id));
    if (row->value.given)
        put_money(out, "  value       ", row->value, row->currency);
    else
        write_unsent(out, arena, row);
    if (row->adjusted.given && row->adjusted.units != 0)
        put_money(out, ", given back ", row->adjusted, row->currency);
    buf_print(out, "%s%s\n", row->paid ? ", paid" : "", row->cancelled ? ", cancelled" : "");
    if (row->due_at != 0) {
        buf_add_text(out, "  waits until ");
        show_time(out, row->due_at);
        buf_add_char(out, '\n');
    }
}

static void write_people(struct buf *out, const struct show_order *story)
{
    const struct order_row *row = &story->row;
    const char *server = row->server_seq ? "yes, signed" : "none";
    for (unsigned i = 0; i < story->journal_count; i++)
        if (story->journal[i].seq == row->server_seq && story->journal[i].source == SOURCE_API)
            server = "yes, by token";
    buf_print(out, "\nHalves\n  server's    %s\n  browser's   %s\n", server,
              row->browser_seq ? "yes" : "none");
    if (span_empty(row->visitor))
        buf_add_text(out, "  visitor     not known\n");
    else
        buf_print(out, "  visitor     %.*s, found by %.*s\n", SPAN_ARG(row->visitor),
                  SPAN_ARG(span_empty(row->matched) ? SPAN("the browser's half") : row->matched));
    if (story->person.id == 0)
        return;
    const struct who *who = &story->person.who;
    buf_print(out, "  person      %lld", (long long)story->person.id);
    const span parts[] = {who->email, who->phone, who->first_name, who->last_name};
    for (unsigned i = 0; i < COUNT_OF(parts); i++)
        if (!span_empty(parts[i])) {
            buf_add_char(out, ' ');
            show_line(out, parts[i], 80);
        }
    buf_add_char(out, '\n');
}

static void write_text(struct buf *out, struct arena *arena, const struct show_order *story)
{
    write_head(out, arena, story);
    write_people(out, story);
    buf_add_text(out, "\nWhat came in, and what was made of it (UTC)\n");
    for (unsigned i = 0; i < story->journal_count; i++)
        show_journal_line(out, &story->journal[i]);
    for (unsigned i = 0; i < story->fact_count; i++)
        if (!story->facts[i].applied)
            buf_print(out, "  %s from #%lld waits for the order to be sent\n",
                      names_text(story->facts[i].what), (long long)story->facts[i].seq);
    buf_add_text(out, "\nWhat the platforms said\n");
    if (story->result_count == 0 && stays_here(&story->row))
        buf_print(out, "  not sent: %.*s\n",
                  SPAN_ARG(span_empty(story->row.reason) ? SPAN("no reason is kept")
                                                         : story->row.reason));
    else if (story->result_count == 0)
        buf_add_text(out, "  nothing yet\n");
    for (unsigned i = 0; i < story->paused_count; i++)
        show_paused_line(out, &story->paused[i]);
    for (unsigned i = 0; i < story->result_count; i++)
        show_result_line(out, &story->results[i]);
    if (story->letter_count > 0)
        buf_add_text(out, "\nLetters\n");
    for (unsigned i = 0; i < story->letter_count; i++)
        show_letter_line(out, &story->letters[i]);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void put_amount(struct json *json, const char *key, struct money money)
{
    char room[MONEY_TEXT_ROOM];
    if (money.given)
        json_put_text(json, key, money_text(money, room));
}

static void write_row(struct json *json, const struct order_row *row)
{
    const struct {
        const char *key;
        span value;
    } texts[] = {{"id", row->id},           {"order_id", row->order_id},
                 {"number", row->number},   {"name", row->name},
                 {"reason", row->reason},   {"currency", row->currency},
                 {"visitor", row->visitor}, {"matched", row->matched}};
    json_put_text(json, "state", span_of(order_state_text(row->state)));
    for (unsigned i = 0; i < COUNT_OF(texts); i++)
        if (!span_empty(texts[i].value))
            json_put_text(json, texts[i].key, texts[i].value);
    put_amount(json, "value", row->value);
    put_amount(json, "adjusted", row->adjusted);
    json_put_bool(json, "paid", row->paid);
    json_put_bool(json, "cancelled", row->cancelled);
    json_put_int(json, "first_at", row->first_at);
    json_put_int(json, "trigger_at", row->trigger_at);
    json_put_int(json, "due_at", row->due_at);
    json_put_int(json, "server_seq", row->server_seq);
    json_put_int(json, "browser_seq", row->browser_seq);
    json_put_int(json, "sent_seq", row->sent_seq);
}

static void write_json(struct json *json, const struct show_order *story)
{
    write_row(json, &story->row);
    if (story->person.id != 0)
        show_person_json(json, "person", &story->person);
    json_open(json, "journal", '[');
    for (unsigned i = 0; i < story->journal_count; i++)
        show_journal_json(json, &story->journal[i]);
    json_close(json, ']');
    json_open(json, "facts", '[');
    for (unsigned i = 0; i < story->fact_count; i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "makes", span_of(names_text(story->facts[i].what)));
        json_put_text(json, "subject", story->facts[i].subject);
        json_put_int(json, "seq", story->facts[i].seq);
        json_put_int(json, "at", story->facts[i].at);
        json_put_bool(json, "applied", story->facts[i].applied);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_open(json, "outcomes", '[');
    for (unsigned i = 0; i < story->result_count; i++)
        show_result_json(json, &story->results[i]);
    json_close(json, ']');
    json_open(json, "paused", '[');
    for (unsigned i = 0; i < story->paused_count; i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "destination", story->paused[i].destination);
        json_put_text(json, "reason", story->paused[i].paused_reason);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_open(json, "letters", '[');
    for (unsigned i = 0; i < story->letter_count; i++)
        show_letter_json(json, &story->letters[i]);
    json_close(json, ']');
}

/* ---- all that are meant ---------------------------------------------------------------------- */

static enum status find(struct view *view, struct arena *arena, span text,
                        struct order_row **ret_rows, unsigned *ret_count)
{
    enum status status = order_search(view, arena, text, ret_rows, ret_count);
    return status == OK && *ret_count == 0 ? MISSING : status;
}

enum status show_orders_json(struct view *view, struct arena *arena, span text,
                             void (*more)(void *arg, const struct show_order *order,
                                          struct json *json),
                             void *arg, struct json *json)
{
    struct order_row *rows;
    unsigned count;
    enum status status = find(view, arena, text, &rows, &count);
    if (status != OK)
        return status;
    json_open(json, NULL, '[');
    for (unsigned i = 0; i < count && status == OK; i++) {
        struct show_order story;
        status = load(view, arena, &rows[i], &story);
        if (status != OK)
            break;
        json_open(json, NULL, '{');
        write_json(json, &story);
        if (more)
            more(arg, &story, json);
        json_close(json, '}');
    }
    json_close(json, ']');
    return status;
}

static enum status write_texts(struct view *view, struct arena *arena, span text, struct buf *out)
{
    struct order_row *rows;
    unsigned count;
    enum status status = find(view, arena, text, &rows, &count);
    for (unsigned i = 0; status == OK && i < count; i++) {
        struct show_order story;
        status = load(view, arena, &rows[i], &story);
        if (status != OK)
            break;
        write_text(out, arena, &story);
        if (i + 1 < count)
            buf_add_text(out, "\n----\n\n");
    }
    return status;
}

enum status show_order(struct view *view, struct arena *arena, span text, bool as_json,
                       struct buf *out)
{
    struct json json;
    if (!as_json)
        return write_texts(view, arena, text, out);
    json_start(&json, out);
    enum status status = show_orders_json(view, arena, text, NULL, NULL, &json);
    if (status != OK)
        return status;
    json_end(&json);
    buf_add_char(out, '\n');
    return OK;
}

enum status show_order_story(const char *path, span text, struct buf *out)
{
    struct view *view;
    struct error error;
    struct arena arena;
    enum status status = view_open(path, &view, &error);
    if (status != OK)
        return status;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    status = show_order(view, &arena, text, false, out);
    arena_done(&arena);
    view_close(view);
    return status;
}
