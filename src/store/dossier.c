/*
 * See dossier.h. Names are looked for in bodies as text, lower-cased, because an unsigned body may
 * say an e-mail of somebody without becoming his, and a signed one may carry it where no column
 * does. A whole word is asked for: nada@example.com is not ada@example.com.
 *
 * Phones are compared by their digits, from the right, since people write them in many ways.
 */
#include "dossier.h"

#include <ctype.h>
#include <stdlib.h>

#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "../event/clean.h"
#include "store_private.h"

#define PHONE_DIGITS_LEAST  7u /* behind the key `phone` */
#define PHONE_DIGITS_WITH_0 9u /* anywhere else: a number of an id's length is no phone */
#define PHONE_DIGITS_BARE   10u

/* ---- finding ----------------------------------------------------------------------------------
 */

struct numbers {
    int64_t *items;
    unsigned count;
};

static void number_add(struct arena *arena, struct numbers *numbers, int64_t number)
{
    for (unsigned i = 0; i < numbers->count; i++)
        if (numbers->items[i] == number)
            return;
    numbers->items = sql_grow(arena, numbers->items, numbers->count, sizeof *numbers->items);
    numbers->items[numbers->count++] = number;
}

/* The living one and all who became him. */
static enum status add_selves(struct view *view, struct arena *arena, struct numbers *persons,
                              int64_t person)
{
    struct sql_query q =
        sql_query(&view->sql, "WITH RECURSIVE self(id) AS (VALUES (?) UNION "
                              "  SELECT person FROM alias, self WHERE alias.lives = self.id) "
                              "SELECT id FROM self");
    sql_bind_int(&q, person_resolve(view, person));
    while (sql_next(&q))
        number_add(arena, persons, sql_int(&q));
    return sql_end(&q);
}

static void name_add(struct arena *arena, struct dossier *dossier, enum link_kind kind, span value)
{
    struct dossier_name *names = (struct dossier_name *)(uintptr_t)dossier->names;
    for (unsigned i = 0; i < dossier->name_count; i++)
        if (names[i].kind == kind && span_equal(names[i].value, value))
            return;
    names = sql_grow(arena, names, dossier->name_count, sizeof *names);
    names[dossier->name_count++] = (struct dossier_name){kind, value};
    dossier->names = names;
}

/* A phone that others share is theirs too: it says nothing of whose a text is. Nor do a phone and a
   customer's id that only his browser said: they may be anybody's. */
static enum status add_links(struct view *view, struct arena *arena, struct dossier *dossier,
                             int64_t person)
{
    struct dossier_name *names = NULL;
    unsigned count = 0;
    struct sql_query q = sql_query(&view->sql, "SELECT kind, value FROM link WHERE person = ? "
                                               "AND (said = 0 OR kind = ?)");
    sql_bind_int(&q, person);
    sql_bind_int(&q, LINK_EMAIL);
    while (sql_next(&q)) {
        names = sql_grow(arena, names, count, sizeof *names);
        names[count].kind = (enum link_kind)sql_int(&q);
        names[count++].value = sql_text(&q, arena);
    }
    enum status status = sql_end(&q);
    for (unsigned i = 0; i < count && status == OK; i++) {
        int64_t owner;
        status = person_find(view, dossier->shop, names[i].kind, names[i].value, &owner);
        if (status != CONFLICT)
            name_add(arena, dossier, names[i].kind, names[i].value);
        if (status == CONFLICT || status == MISSING)
            status = OK;
    }
    return status;
}

static enum status add_stays(struct view *view, struct arena *arena, struct dossier *dossier,
                             const struct numbers *persons)
{
    struct dossier_stay *stays = NULL;
    for (unsigned i = 0; i < persons->count; i++) {
        struct sql_query q = sql_query(
            &view->sql,
            "SELECT visitor, since, back, (SELECT count(*) FROM owner b WHERE b.shop = a.shop "
            "  AND b.visitor = a.visitor AND b.since < a.since), "
            "ifnull((SELECT min(since) FROM owner b WHERE b.shop = a.shop "
            "  AND b.visitor = a.visitor AND b.since > a.since), 9223372036854775807), "
            "(SELECT count(DISTINCT person) > 1 FROM owner b WHERE b.shop = a.shop "
            "  AND b.visitor = a.visitor) FROM owner a WHERE person = ? AND shop = ?");
        sql_bind_int(&q, persons->items[i]);
        sql_bind_int(&q, dossier->shop);
        while (sql_next(&q)) {
            stays = sql_grow(arena, stays, dossier->stay_count, sizeof *stays);
            struct dossier_stay *stay = &stays[dossier->stay_count++];
            *stay = (struct dossier_stay){.visitor = sql_text(&q, arena), .from = sql_int(&q)};
            int64_t back = sql_int(&q);
            if (sql_int(&q) == 0)
                stay->from -= back;
            stay->until = sql_int(&q);
            stay->shared = sql_bool(&q);
        }
        enum status status = sql_end(&q);
        if (status != OK)
            return status;
    }
    dossier->stays = stays;
    return OK;
}

static enum status add_orders(struct view *view, struct arena *arena, int64_t shop,
                              struct numbers *orders, const struct numbers *persons,
                              const span *ids, unsigned id_count)
{
    enum status status = OK;
    for (unsigned i = 0; i < persons->count && status == OK; i++) {
        struct sql_query q = sql_query(&view->sql, "SELECT key FROM orders WHERE person = ? "
                                                   "AND person != 0 AND shop = ?");
        sql_bind_int(&q, persons->items[i]);
        sql_bind_int(&q, shop);
        while (sql_next(&q))
            number_add(arena, orders, sql_int(&q));
        status = sql_end(&q);
    }
    for (unsigned i = 0; i < id_count && status == OK; i++) {
        struct sql_query q =
            sql_query(&view->sql, "SELECT order_key FROM order_alias WHERE shop = ? AND kind = 1 "
                                  "AND value = ?");
        sql_bind_int(&q, shop);
        sql_bind_text(&q, ids[i]);
        int64_t key = sql_value(&q);
        if (key)
            number_add(arena, orders, key);
    }
    /* Journal rows may carry the key of an order that became one of these. */
    for (unsigned i = 0; i < orders->count && status == OK; i++) {
        struct sql_query q =
            sql_query(&view->sql, "SELECT order_key FROM order_merged WHERE lives = ?");
        sql_bind_int(&q, orders->items[i]);
        while (sql_next(&q))
            number_add(arena, orders, sql_int(&q));
        status = sql_end(&q);
    }
    return status;
}

enum status dossier_find(struct view *view, struct arena *arena, int64_t shop,
                         const struct dossier_name *names, unsigned name_count, int64_t person,
                         const span *order_ids, unsigned order_id_count,
                         struct dossier *ret_dossier)
{
    struct dossier dossier = {.shop = shop};
    const unsigned failures = view->sql.failures;
    struct numbers persons = {0}, orders = {0};
    enum status status = person ? add_selves(view, arena, &persons, person) : OK;
    for (unsigned i = 0; i < name_count && status == OK; i++) {
        int64_t found;
        status = person_find(view, shop, names[i].kind, names[i].value, &found);
        if (status != CONFLICT)
            name_add(arena, &dossier, names[i].kind, names[i].value);
        if (status == OK)
            status = add_selves(view, arena, &persons, found);
        else if (status == MISSING || status == CONFLICT)
            status = OK;
    }
    for (unsigned i = 0; i < persons.count && status == OK; i++)
        status = add_links(view, arena, &dossier, persons.items[i]);
    if (status == OK)
        status = add_stays(view, arena, &dossier, &persons);
    if (status == OK)
        status = add_orders(view, arena, shop, &orders, &persons, order_ids, order_id_count);
    dossier.person = persons.count ? person_resolve(view, persons.items[0]) : 0;
    status = sql_sound(&view->sql, failures, status);
    if (status != OK)
        return status;
    dossier.persons = persons.items;
    dossier.person_count = persons.count;
    dossier.orders = orders.items;
    dossier.order_count = orders.count;
    *ret_dossier = dossier;
    return OK;
}

/* ---- what a text says -------------------------------------------------------------------------
 */

static bool of_word(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '+' || (c & 0x80);
}

/* `name` in lower case; both ends where a word ends. */
static bool says_word(span text, span name)
{
    for (size_t at = 0; at + name.len <= text.len;) {
        const char *found = memmem(text.ptr + at, text.len - at, name.ptr, name.len);
        if (!found)
            return false;
        size_t from = (size_t)(found - text.ptr), end = from + name.len;
        bool left = from == 0 || !(of_word(text.ptr[from - 1]) || text.ptr[from - 1] == '.');
        bool right = end == text.len ||
                     !(of_word(text.ptr[end]) ||
                       (text.ptr[end] == '.' && end + 1 < text.len && of_word(text.ptr[end + 1])));
        if (left && right)
            return true;
        at = from + 1;
    }
    return false;
}

/* A phone behind the key `phone`, whose digits are the last ones of `name`. */
static bool says_phone(span text, span name)
{
    static const char key[] = "\"phone\":\"";
    for (size_t at = 0; at < text.len;) {
        const char *found = memmem(text.ptr + at, text.len - at, key, sizeof key - 1);
        if (!found)
            return false;
        size_t from = (size_t)(found - text.ptr) + sizeof key - 1;
        size_t end = span_find(text, from, '"'), left = name.len, same = 0;
        bool differs = false;
        for (size_t i = end; i > from && !differs; i--) {
            if (!isdigit((unsigned char)text.ptr[i - 1]))
                continue;
            if (left == 0 || name.ptr[left - 1] != text.ptr[i - 1])
                differs = left == 0 || text.ptr[i - 1] != '0'; /* the trunk's 0 */
            else
                left--, same++;
        }
        if (!differs && same >= PHONE_DIGITS_LEAST)
            return true;
        at = end;
    }
    return false;
}

/* Between a phone's digits people write much; any letter ends it. */
static bool of_phone(char c)
{
    return strchr(" +-./()", c) || (c & 0x80);
}

/* Does a phone whose digits are the last ones of `digits` end before text[end]? Read from the
   right: the country may be missing, a trunk's 0 (or 00) may stand before it. */
static bool phone_ends(span text, size_t end, span digits)
{
    size_t left = digits.len, at = end;
    for (; at > 0 && left > 0; at--) {
        char c = text.ptr[at - 1];
        if (of_phone(c))
            continue;
        if (!isdigit((unsigned char)c) || c != digits.ptr[left - 1])
            break;
        left--;
    }
    bool whole = left == 0;
    unsigned zeros = 0;
    for (; at > 0 && zeros < 2 && text.ptr[at - 1] == '0'; at--)
        zeros++;
    bool encoded = at >= 3 && text.ptr[at - 3] == '%'; /* %2b in a URL */
    if (at > 0 && isalnum((unsigned char)text.ptr[at - 1]) &&
        isdigit((unsigned char)text.ptr[at]) && !encoded)
        return false; /* in the middle of another number or word */
    return whole || digits.len - left >= (zeros ? PHONE_DIGITS_WITH_0 : PHONE_DIGITS_BARE);
}

/* Anywhere in the text, however it is written. */
static bool says_phone_somewhere(span text, span name)
{
    span digits = span_sub(name, 1, name.len);
    if (digits.len < PHONE_DIGITS_WITH_0)
        return false;
    for (size_t i = 1; i <= text.len; i++) {
        bool ends = text.ptr[i - 1] == digits.ptr[digits.len - 1] &&
                    (i == text.len || !isalnum((unsigned char)text.ptr[i]));
        if (ends && phone_ends(text, i, digits))
            return true;
    }
    return false;
}

static bool says(struct arena *arena, span lower, const struct dossier_name *name)
{
    span hashed;
    switch (name->kind) {
    case LINK_EMAIL:
        hashed = hash_hex(arena, name->value);
        return says_word(lower, name->value) || says_word(lower, hashed) ||
               says_word(lower, url_encode(arena, name->value));
    case LINK_PHONE:
        hashed = hash_hex(arena, name->value);
        return says_phone(lower, name->value) || says_word(lower, hashed) ||
               says_phone_somewhere(lower, name->value);
    case LINK_CUSTOMER:
        return says_word(lower,
                         arena_print(arena, "\"customer_id\":\"%.*s\"", SPAN_ARG(name->value)));
    case LINK_TOKEN:
        break;
    }
    return false;
}

/* Names are in the lower case of all letters; only a name that has others is worth that. */
static span lower_of(struct arena *arena, const struct dossier *dossier, span text)
{
    bool ascii = true;
    for (unsigned i = 0; i < dossier->name_count; i++)
        for (size_t k = 0; k < dossier->names[i].value.len; k++)
            ascii = ascii && !(dossier->names[i].value.ptr[k] & 0x80);
    if (!ascii && span_utf8(text))
        return clean_lower(arena, text);
    char *lower = arena_take(arena, text.len);
    for (size_t i = 0; i < text.len; i++)
        lower[i] = (char)tolower((unsigned char)text.ptr[i]);
    return (span){lower, text.len};
}

bool dossier_says(const struct dossier *dossier, span text)
{
    if (dossier->name_count == 0 || span_empty(text))
        return false;
    struct arena arena;
    arena_init(&arena, 4 * text.len + MIB);
    span lower = lower_of(&arena, dossier, text);
    bool found = false;
    for (unsigned i = 0; i < dossier->name_count && !found; i++)
        found = says(&arena, lower, &dossier->names[i]);
    arena_done(&arena);
    return found;
}

/* ---- his rows ---------------------------------------------------------------------------------
 */

static bool has(const int64_t *numbers, unsigned count, int64_t number)
{
    for (unsigned i = 0; i < count; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

/* A browser that was his alone is his from its first day, anonymous days included. */
static bool was_his(const struct dossier *dossier, span visitor, int64_t at)
{
    for (unsigned i = 0; i < dossier->stay_count; i++) {
        const struct dossier_stay *stay = &dossier->stays[i];
        if (span_equal(stay->visitor, visitor) &&
            (!stay->shared || (at >= stay->from && at < stay->until)))
            return true;
    }
    return false;
}

static bool is_his(const struct dossier *dossier, const struct journal_row *row)
{
    if (dossier->everything || has(dossier->persons, dossier->person_count, row->person) ||
        (row->order && has(dossier->orders, dossier->order_count, row->order)))
        return true;
    if (row->person == 0 && !span_empty(row->visitor) && was_his(dossier, row->visitor, row->at))
        return true;
    return dossier_says(dossier, row->body);
}

bool dossier_is_anothers(const struct dossier *dossier, const struct journal_row *row)
{
    return row->person && !has(dossier->persons, dossier->person_count, row->person) &&
           !(row->order && has(dossier->orders, dossier->order_count, row->order));
}

enum status dossier_rows(struct view *view, struct arena *arena, const struct dossier *dossier,
                         int64_t after, int64_t to, struct journal_row **ret_rows,
                         unsigned *ret_count)
{
    struct journal_row *rows = NULL;
    unsigned count = 0;
    struct sql_query q = sql_query(
        &view->sql, "SELECT seq, at, received_at, name, source, event_id, visitor, person, "
                    "order_key, body FROM journal WHERE seq > ? AND seq <= ? AND shop = ? "
                    "AND body != '' ORDER BY seq");
    sql_bind_int(&q, after);
    sql_bind_int(&q, to);
    sql_bind_int(&q, dossier->shop);
    while (sql_next(&q)) {
        struct journal_row row = {.seq = sql_int(&q), .shop = dossier->shop};
        row.at = sql_int(&q);
        row.received_at = sql_int(&q);
        row.name = names_find(sql_peek(&q));
        row.source = event_source_find(sql_peek(&q));
        row.event_id = sql_peek(&q);
        row.visitor = sql_peek(&q);
        row.person = sql_int(&q);
        row.order = sql_int(&q);
        row.body = sql_peek(&q);
        if (!is_his(dossier, &row))
            continue;
        row.event_id = arena_copy(arena, row.event_id);
        row.visitor = arena_copy(arena, row.visitor);
        row.body = arena_copy(arena, row.body);
        rows = sql_grow(arena, rows, count, sizeof *rows);
        rows[count++] = row;
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

/* ---- the quarantine ---------------------------------------------------------------------------
 */

/* A customer's id as Shopify writes it, where the body could not be understood. */
static bool odd_says(struct arena *arena, const struct dossier *dossier, span body)
{
    for (unsigned i = 0; i < dossier->name_count; i++) {
        span value = dossier->names[i].value;
        if (dossier->names[i].kind != LINK_CUSTOMER)
            continue;
        const span ways[] = {
            arena_print(arena, "\"id\":%.*s,", SPAN_ARG(value)),
            arena_print(arena, "\"id\":%.*s}", SPAN_ARG(value)),
            arena_print(arena, "\"id\":\"%.*s\"", SPAN_ARG(value)),
        };
        for (unsigned k = 0; k < COUNT_OF(ways); k++)
            if (memmem(body.ptr, body.len, ways[k].ptr, ways[k].len))
                return true;
    }
    return dossier->everything || dossier_says(dossier, body);
}

enum status dossier_quarantine(struct view *view, struct arena *arena,
                               const struct dossier *dossier, struct dossier_odd **ret_odd,
                               unsigned *ret_count)
{
    struct dossier_odd *odd = NULL;
    unsigned count = 0;
    struct sql_query q =
        sql_query(&view->sql, "SELECT id, at, topic, body FROM quarantine WHERE shop = ?");
    sql_bind_int(&q, dossier->shop);
    while (sql_next(&q)) {
        struct dossier_odd one = {.id = sql_int(&q)};
        one.at = sql_int(&q);
        span topic = sql_peek(&q), body = sql_peek(&q);
        if (!odd_says(arena, dossier, body))
            continue;
        one.topic = arena_copy(arena, topic);
        one.body = arena_copy(arena, body);
        odd = sql_grow(arena, odd, count, sizeof *odd);
        odd[count++] = one;
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_odd = odd;
    *ret_count = count;
    return OK;
}
