/*
 * Persons, their links and their merges; the rules are pipeline/identity.c's.
 *
 * Nothing that names a person is ever rewritten when two become one, but for links: the alias
 * table is followed when reading. Chains stay as they grew (a -> b, later b -> c), which is the
 * story a person can be shown; they are as long as merges happened, which is short.
 */
#include "person.h"

#include "person_json.h"
#include "store_private.h"

#define PHONE_OF_MOST 16u /* persons of one phone that are looked at: two are too many already */

int64_t person_resolve(struct view *view, int64_t person)
{
    /* An end is always reached: a merge goes from a living person to another living one. */
    for (;;) {
        struct sql_query q = sql_query(&view->sql, "SELECT lives FROM alias WHERE person = ?");
        sql_bind_int(&q, person);
        int64_t lives = sql_value(&q);
        if (lives == 0)
            return person;
        person = lives;
    }
}

enum status person_owner(struct view *view, int64_t shop, enum link_kind kind, span value,
                         int64_t *ret_person, bool *ret_said)
{
    int64_t first = 0, others[PHONE_OF_MOST];
    unsigned count = 0;
    const unsigned failures = view->sql.failures;
    bool said = false;
    struct sql_query q = sql_query(&view->sql, "SELECT said, person FROM link WHERE shop = ? AND "
                                               "kind = ? AND value = ? ORDER BY said");
    sql_bind_int(&q, shop);
    sql_bind_int(&q, kind);
    sql_bind_text(&q, value);
    while (count < PHONE_OF_MOST && sql_next(&q)) {
        said = sql_bool(&q);
        if (said && count > 0)
            break; /* somebody signed for it */
        others[count++] = sql_int(&q);
    }
    enum status status = sql_end(&q);
    for (unsigned i = 0; i < count && status == OK; i++) {
        int64_t person = person_resolve(view, others[i]);
        if (first && person != first)
            status = CONFLICT;
        first = person;
    }
    if (view->sql.failures != failures)
        status = BROKEN; /* two who are one may look like two */
    if (status != OK)
        return status;
    if (!first)
        return MISSING;
    *ret_person = first;
    *ret_said = said;
    return OK;
}

enum status person_find(struct view *view, int64_t shop, enum link_kind kind, span value,
                        int64_t *ret_person)
{
    bool said;
    return person_owner(view, shop, kind, value, ret_person, &said);
}

enum status person_get(struct view *view, struct arena *arena, int64_t person,
                       struct person_row *ret_row)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT id, shop, flags, created_at, updated_at, who FROM person WHERE id = ?");
    sql_bind_int(&q, person_resolve(view, person));
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    struct person_row row = {.id = sql_int(&q)};
    row.shop = sql_int(&q);
    row.flags = (unsigned)sql_int(&q);
    row.created_at = sql_int(&q);
    row.updated_at = sql_int(&q);
    span json = sql_text(&q, arena);
    status = sql_end(&q);
    struct event event;
    if (status == OK)
        status = person_json_read(&view->sql, arena, json, &event);
    if (status != OK)
        return status;
    row.who = event.who;
    *ret_row = row;
    return OK;
}

enum status person_put(struct store *store, struct person_row *row)
{
    struct event event = {.who = row->who};
    event.who.visitor = (span){0};
    struct sql_query q = store_query(
        store, "INSERT OR REPLACE INTO person (id, shop, flags, created_at, updated_at, who) "
               "VALUES (nullif(?, 0), ?, ?, ?, ?, ?)");
    sql_bind_int(&q, row->id);
    sql_bind_int(&q, row->shop);
    sql_bind_int(&q, row->flags);
    sql_bind_int(&q, row->created_at);
    sql_bind_int(&q, row->updated_at);
    sql_bind_text(&q, person_json_write(&store->view.sql, &event));
    enum status status = sql_run(&q);
    if (status == OK && row->id == 0)
        row->id = sqlite3_last_insert_rowid(store->view.sql.db);
    return status;
}

enum status person_link(struct store *store, int64_t shop, enum link_kind kind, span value,
                        int64_t person, bool said, int64_t now)
{
    struct sql_query q;
    if (!said) {
        q = store_query(store, "DELETE FROM link WHERE shop = ? AND kind = ? AND value = ? "
                               "AND (said OR kind != 2)");
        sql_bind_int(&q, shop);
        sql_bind_int(&q, kind);
        sql_bind_text(&q, value);
        enum status status = sql_run(&q);
        if (status != OK)
            return status;
    }
    q = store_query(store, "INSERT OR IGNORE INTO link (shop, kind, value, person, said, at) "
                           "VALUES (?, ?, ?, ?, ?, ?)");
    sql_bind_int(&q, shop);
    sql_bind_int(&q, kind);
    sql_bind_text(&q, value);
    sql_bind_int(&q, person);
    sql_bind_int(&q, said);
    sql_bind_int(&q, now);
    return sql_run(&q);
}

enum status person_unlink(struct store *store, int64_t shop, enum link_kind kind, span value,
                          int64_t person)
{
    struct sql_query q = store_query(
        store, "DELETE FROM link WHERE shop = ? AND kind = ? AND value = ? AND person = ?");
    sql_bind_int(&q, shop);
    sql_bind_int(&q, kind);
    sql_bind_text(&q, value);
    sql_bind_int(&q, person);
    return sql_run(&q);
}

unsigned person_kinds(struct view *view, int64_t person, bool with_said)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT kind FROM link WHERE person = ? AND said <= ?");
    sql_bind_int(&q, person);
    sql_bind_int(&q, with_said);
    unsigned kinds = 0;
    while (sql_next(&q))
        kinds |= 1u << sql_int(&q);
    return sql_end(&q) == OK ? kinds : 0;
}

unsigned person_links(struct view *view, int64_t person)
{
    struct sql_query q = sql_query(&view->sql, "SELECT count(*) FROM link WHERE person = ?");
    sql_bind_int(&q, person);
    return (unsigned)sql_value(&q);
}

enum status person_absurd(struct store *store, int64_t shop, enum link_kind kind, span value,
                          const char *reason, int64_t now)
{
    struct sql_query q = store_query(
        store,
        "INSERT OR IGNORE INTO absurd (shop, kind, value, reason, at) VALUES (?, ?, ?, ?, ?)");
    sql_bind_int(&q, shop);
    sql_bind_int(&q, kind);
    sql_bind_text(&q, value);
    sql_bind_text(&q, span_of(reason));
    sql_bind_int(&q, now);
    return sql_run(&q);
}

bool person_is_absurd(struct view *view, int64_t shop, enum link_kind kind, span value,
                      bool is_signed)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT count(*) FROM absurd WHERE shop = ? AND kind = ? AND "
                              "value = ? AND reason != ?");
    sql_bind_int(&q, shop);
    sql_bind_int(&q, kind);
    sql_bind_text(&q, value);
    sql_bind_text(&q, is_signed ? SPAN(PERSON_TOO_MANY_VISITORS) : SPAN(""));
    return sql_value(&q) > 0;
}

enum status person_merge(struct store *store, int64_t from, int64_t into, span reason, int64_t seq,
                         int64_t now)
{
    from = person_resolve(&store->view, from);
    into = person_resolve(&store->view, into);
    if (from == into)
        return OK; /* the same already: an alias to itself would never end */
    struct sql_query q = store_query(
        store, "INSERT INTO alias (person, lives, reason, seq, at) VALUES (?, ?, ?, ?, ?)");
    sql_bind_int(&q, from);
    sql_bind_int(&q, into);
    sql_bind_text(&q, reason.ptr ? reason : SPAN(""));
    sql_bind_int(&q, seq);
    sql_bind_int(&q, now);
    enum status status = sql_run(&q);
    if (status != OK)
        return status;
    q = store_query(store, "UPDATE OR REPLACE link SET person = ? WHERE person = ?");
    sql_bind_int(&q, into);
    sql_bind_int(&q, from);
    return sql_run(&q);
}

static enum status notes_read(struct sql_query *q, struct arena *arena,
                              struct person_note **ret_notes, unsigned *ret_count)
{
    struct person_note *notes = NULL;
    unsigned count = 0;
    for (; sql_next(q); count++) {
        notes = sql_grow(arena, notes, count, sizeof *notes);
        notes[count].kind = sql_text(q, arena);
        notes[count].text = sql_text(q, arena);
        notes[count].at = sql_int(q);
    }
    enum status status = sql_end(q);
    if (status != OK)
        return status;
    *ret_notes = notes;
    *ret_count = count;
    return OK;
}

enum status person_flagged(struct view *view, struct arena *arena, unsigned most,
                           struct person_note **ret_notes, unsigned *ret_count)
{
    struct sql_query q = sql_query(
        &view->sql,
        "SELECT 'merge', 'person ' || person || ' became ' || lives || ': ' || reason, at "
        "  FROM alias "
        "UNION ALL SELECT 'nobody', CASE kind WHEN 1 THEN 'email ' WHEN 2 THEN 'phone ' "
        "  WHEN 3 THEN 'customer ' ELSE 'token ' END || value || ': ' || reason, at FROM absurd "
        "ORDER BY 3 DESC, 1, 2 LIMIT ?");
    sql_bind_int(&q, most);
    return notes_read(&q, arena, ret_notes, ret_count);
}

enum status person_story(struct view *view, struct arena *arena, int64_t person,
                         struct person_note **ret_notes, unsigned *ret_count)
{
    struct sql_query q = sql_query(
        &view->sql,
        "WITH RECURSIVE self(id) AS (VALUES (?) UNION "
        "  SELECT person FROM alias, self WHERE alias.lives = self.id) "
        "SELECT 'link', CASE kind WHEN 1 THEN 'email ' WHEN 2 THEN 'phone ' "
        "  WHEN 3 THEN 'customer ' ELSE 'token ' END || value, at "
        "  FROM link WHERE person IN (SELECT id FROM self) "
        /* A visitor that says again who it is already was, tells nothing new. */
        "UNION ALL SELECT 'visitor', visitor, since FROM "
        "  (SELECT visitor, since, person, "
        "     lag(person) OVER (PARTITION BY shop, visitor ORDER BY since) AS before "
        "   FROM owner WHERE (shop, visitor) IN "
        "     (SELECT shop, visitor FROM owner WHERE person IN (SELECT id FROM self))) "
        "  WHERE person IN (SELECT id FROM self) "
        "    AND (before IS NULL OR before NOT IN (SELECT id FROM self)) "
        "UNION ALL SELECT 'merge', 'person ' || person || ' became ' || lives || ': ' || reason, "
        "  at FROM alias WHERE lives IN (SELECT id FROM self) "
        "ORDER BY 3, 1, 2");
    sql_bind_int(&q, person_resolve(view, person));
    return notes_read(&q, arena, ret_notes, ret_count);
}
