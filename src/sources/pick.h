/*
 * Leaves of somebody else's JSON. Both ways in read bodies that others shape: ids come as numbers
 * or text, money as text or numbers, any member may be null, missing, of a wrong kind, or as long
 * as the sender likes. Each function here takes one member and gives a value the rest of the house
 * can rely on, or says "not known". What a person reads may be cut to its ceiling; what a machine
 * compares (ids, tokens, cookies, click ids, URLs) is taken whole or not at all, because half an
 * id is a wrong id.
 *
 * Spans point into the tree or the arena. `object` may be NULL or of any kind.
 */
#ifndef SOURCES_PICK_H
#define SOURCES_PICK_H
#include "../base/json.h"
#include "../event/money.h"

/* Text for people: trimmed, NULs out, cut to `limit` bytes on a character's border; "" is absent.
 */
span pick_text(struct arena *arena, const struct json_value *object, const char *key, size_t limit);
/* Text for machines, or a whole number's digits: trimmed, absent when longer than `limit` or with
   control bytes inside. */
span pick_exact(const struct json_value *object, const char *key, size_t limit);
/* An id, number or text, up to LIMIT_TOKEN_BYTES. A gid gives what follows its last '/'; whatever
   follows a '?' is cut off (contracts/sources 1.7, 1.8: cart tokens carry "?key=…"). */
span pick_id(const struct json_value *object, const char *key);
/* The same cut for a span that was read already. */
span pick_bare_id(span text);
/* An absolute http(s) URL up to LIMIT_URL_BYTES. */
span pick_url(const struct json_value *object, const char *key);
/* The same, or one that begins with "//" or "/", relative to `origin` (a page's; may be absent). */
span pick_page_url(struct arena *arena, const struct json_value *object, const char *key,
                   span origin);
/* ULID of a visitor, upper case: `text` is one, or "v1." and one and anything after a '.'. */
span pick_visitor(struct arena *arena, span text);
/* Milliseconds since 1970 given as a number (a fraction is dropped) or digits; 0 when it is none,
   negative, or beyond the year 9999. */
int64_t pick_ms(const struct json_value *object, const char *key);
/* The same from ISO 8601 text. */
int64_t pick_date(const struct json_value *object, const char *key);
/* Absent, null and "" are OK and leave money that is not given. INVALID: neither decimal text nor
   a number, or beyond the ceiling. The sign is kept. */
MUST_USE enum status pick_money(const struct json_value *object, const char *key, span currency,
                                struct money *ret_money);
/* Absent and null give `otherwise`. INVALID: not a whole number. */
MUST_USE enum status pick_quantity(const struct json_value *object, const char *key,
                                   int64_t otherwise, int64_t *ret_quantity);
/* An object written again without white space; absent when it is none or above `limit` bytes. */
span pick_object(struct arena *arena, const struct json_value *object, const char *key,
                 size_t limit);
/* The members of `object` that `known` (NULL-terminated) does not name, as an object of at most
   LIMIT_CUSTOM_BYTES: members are kept in their order as long as they fit, nulls are not kept.
   Absent when nothing is left. */
span pick_rest(struct arena *arena, const struct json_value *object, const char *const *known);
/* First element of the array `key`; NULL when it is none or empty. */
const struct json_value *pick_first(const struct json_value *object, const char *key);
/* `a` unless it is empty. */
span pick_either(span a, span b);
/* Upper-case ASCII copy. */
span pick_upper(struct arena *arena, span text);

#endif
