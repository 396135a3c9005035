/*
 * One person's story: what is known of them, which identifiers and visitors are theirs since when
 * and why, and what those visitors did last.
 *
 * Shops are small numbers, given in the order in which the store first saw them; a person is
 * looked for in each, because the same e-mail may buy in several.
 */
#include "show.h"

#include "../base/limits.h"
#include "../base/ulid.h"
#include "../event/clean.h"

#define SHOPS   1000 /* a config has no more; see config.c */
#define ACTIONS 50u  /* of each visitor */

/* 0: nobody. */
static int64_t find_in_shop(struct view *view, struct arena *arena, int64_t shop, span text)
{
    int64_t person = 0;
    const struct {
        enum link_kind kind;
        span value;
    } names[] = {{LINK_EMAIL, clean_email(arena, text)},
                 {LINK_PHONE, phone_e164(arena, text, (span){0})},
                 {LINK_CUSTOMER, text}};
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (!span_empty(names[i].value) &&
            person_find(view, shop, names[i].kind, names[i].value, &person) == OK)
            return person;
    return ulid_valid(text) ? visitor_owner(view, shop, text, clock_now(&clock_real)) : 0;
}

void show_person_json(struct json *json, const char *key, const struct person_row *row)
{
    const struct {
        const char *key;
        span value;
    } texts[] = {{"email", row->who.email},
                 {"phone", row->who.phone},
                 {"customer_id", row->who.customer_id},
                 {"first_name", row->who.first_name},
                 {"last_name", row->who.last_name},
                 {"city", row->who.city},
                 {"region", row->who.region},
                 {"zip", row->who.zip},
                 {"country", row->who.country}};
    json_open(json, key, '{');
    json_put_int(json, "id", row->id);
    for (unsigned i = 0; i < COUNT_OF(texts); i++)
        if (!span_empty(texts[i].value))
            json_put_text(json, texts[i].key, texts[i].value);
    json_put_int(json, "created_at", row->created_at);
    json_put_int(json, "updated_at", row->updated_at);
    json_put_bool(json, "too_many_visitors", (row->flags & PERSON_FANOUT) != 0);
    json_close(json, '}');
}

static void write_known(struct buf *out, const struct person_row *row)
{
    const struct who *who = &row->who;
    const span parts[] = {who->email, who->phone, who->first_name, who->last_name,
                          who->zip,   who->city,  who->region,     who->country};
    buf_print(out, "Person %lld", (long long)row->id);
    for (unsigned i = 0; i < COUNT_OF(parts); i++)
        if (!span_empty(parts[i])) {
            buf_add_text(out, i ? " · " : ": ");
            show_line(out, parts[i], 100);
        }
    if (row->flags & PERSON_FANOUT)
        buf_add_text(out, "\n  has an absurd number of visitors: links to no more of them");
    buf_add_char(out, '\n');
}

/* The newest of a browser, whoever used it. */
static enum status actions_of(struct view *view, struct arena *arena, int64_t shop, span visitor,
                              struct journal_row **ret_rows, unsigned *ret_count)
{
    struct visitor_row row;
    enum status status = visitor_get(view, arena, shop, visitor, &row);
    *ret_count = 0;
    if (status != OK)
        return status == MISSING ? OK : status;
    int64_t head, first, after;
    if ((status = journal_head(view, &head)) != OK ||
        (status = journal_since(view, row.first_at - LIMIT_AHEAD_MS, &first)) != OK ||
        (status = journal_trail_newest(view, shop, visitor, first - 1, head, ACTIONS, &after)) !=
            OK)
        return status;
    return journal_trail(view, arena, shop, visitor, after, head, ACTIONS, ret_rows, ret_count);
}

static void write_note(struct buf *out, struct json *json, const struct person_note *note)
{
    if (json) {
        json_open(json, NULL, '{');
        json_put_text(json, "kind", note->kind);
        json_put_text(json, "text", note->text);
        json_put_int(json, "at", note->at);
        json_close(json, '}');
        return;
    }
    buf_add_text(out, "  ");
    show_time(out, note->at);
    buf_print(out, "  %-8.*s ", SPAN_ARG(note->kind));
    show_line(out, note->text, 200);
    buf_add_char(out, '\n');
}

/* A visitor that was somebody else's in between is there more than once. */
static bool told_before(const struct person_note *notes, unsigned i)
{
    for (unsigned k = 0; k < i; k++)
        if (span_is(notes[k].kind, "visitor") && span_equal(notes[k].text, notes[i].text))
            return true;
    return false;
}

static enum status write_actions(struct view *view, struct arena *arena,
                                 const struct person_row *person, const struct person_note *notes,
                                 unsigned count, struct json *json, struct buf *out)
{
    int64_t shop = person->shop;
    for (unsigned i = 0; i < count; i++) {
        struct journal_row *rows;
        unsigned row_count;
        if (!span_is(notes[i].kind, "visitor") || told_before(notes, i))
            continue;
        enum status status = actions_of(view, arena, shop, notes[i].text, &rows, &row_count);
        if (status != OK)
            return status;
        for (unsigned k = 0; k < row_count; k++) {
            if (visitor_owner(view, shop, notes[i].text, rows[k].at) != person->id)
                continue; /* a shared browser: it was another's then */
            if (json)
                show_journal_json(json, &rows[k]);
            else
                show_journal_line(out, &rows[k]);
        }
    }
    return OK;
}

static enum status write_one(struct view *view, struct arena *arena, const struct person_row *row,
                             struct json *json, struct buf *out)
{
    struct person_note *notes;
    unsigned count;
    enum status status = person_story(view, arena, row->id, &notes, &count);
    if (status != OK)
        return status;
    if (json) {
        json_open(json, NULL, '{');
        show_person_json(json, "person", row);
        json_open(json, "notes", '[');
    } else {
        write_known(out, row);
        buf_add_text(out, "\nHow we know (UTC)\n");
    }
    for (unsigned i = 0; i < count; i++)
        write_note(out, json, &notes[i]);
    if (json) {
        json_close(json, ']');
        json_open(json, "journal", '[');
    } else {
        buf_add_text(out, "\nWhat their browsers did\n");
    }
    status = write_actions(view, arena, row, notes, count, json, out);
    if (json) {
        json_close(json, ']');
        json_close(json, '}');
    }
    return status;
}

/* The number that other stories call a person by. */
static enum status write_by_number(struct view *view, struct arena *arena, span text,
                                   struct json *json, struct buf *out)
{
    struct person_row row;
    int64_t id;
    if (span_int(text, &id) != OK || id <= 0)
        return MISSING;
    enum status status = person_get(view, arena, id, &row);
    return status == OK ? write_one(view, arena, &row, json, out) : status;
}

enum status show_person(struct view *view, struct arena *arena, span text, bool as_json,
                        struct buf *out)
{
    struct json json;
    unsigned found = 0;
    json_start(&json, out);
    if (as_json)
        json_open(&json, NULL, '[');
    for (int64_t shop = 1; shop <= SHOPS; shop++) {
        struct person_row row;
        int64_t person = find_in_shop(view, arena, shop, text);
        if (person == 0)
            continue;
        enum status status = person_get(view, arena, person, &row);
        if (status == OK)
            status = write_one(view, arena, &row, as_json ? &json : NULL, out);
        if (status != OK)
            return status;
        found++;
    }
    if (found == 0) {
        enum status status = write_by_number(view, arena, text, as_json ? &json : NULL, out);
        if (status != OK)
            return status;
        found++;
    }
    if (as_json) {
        json_close(&json, ']');
        json_end(&json);
        buf_add_char(out, '\n');
    }
    return found > 0 ? OK : MISSING;
}
