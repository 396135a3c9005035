/*
 * Leaf tables: one row says which member of our struct becomes which key over there.
 *
 * The row's type comes from C itself (_Generic, offsetof): a misspelt member or a type that is
 * not text, money or integer does not compile. Nesting, arrays and computed values stay code:
 * the day a row wants an `if`, it becomes three lines of C. The same rows print
 * `sidetrack describe` and docs/destinations.
 */
#ifndef DESTINATIONS_FIELD_H
#define DESTINATIONS_FIELD_H
#include "../event/clean.h"
#include "../event/event.h"

enum field_kind { FIELD_TEXT, FIELD_MONEY, FIELD_INT };

struct field {
    const char *key;    /* theirs; NULL ends the table */
    const char *member; /* ours, as written in the row */
    enum field_kind kind;
    size_t offset;
    clean_fn *clean; /* normalises; nothing left = the key is left out */
    clean_fn *
        ready; /* recognises a value that needs no cleaning and no hashing: gives it, else absent */
    bool hashed; /* SHA-256, lower-case hex, after cleaning */
    bool listed; /* written as an array of one */
    bool quoted; /* money as text: "29.95" */
};

#define FIELD_KIND(type, member)                                                                   \
    _Generic(((type *)0)->member, span                                                             \
             : FIELD_TEXT, struct money                                                            \
             : FIELD_MONEY, int64_t                                                                \
             : FIELD_INT)
#define FIELD_IN(type, key_, member_, ...)                                                         \
    {                                                                                              \
        .key = key_, .member = #member_, .kind = FIELD_KIND(type, member_),                        \
        .offset = offsetof(type, member_), __VA_ARGS__                                             \
    }
#define FIELD(key_, member_, ...) FIELD_IN(struct event, key_, member_, __VA_ARGS__)
#define FIELDS_END                                                                                 \
    {                                                                                              \
        .key = NULL                                                                                \
    }

/* Writes the rows of `record` (of the type the table was made for) into the open object.
   Absent and empty text, money not given and integers that are 0 are left out. */
void field_write(struct json *json, struct arena *arena, const void *record,
                 const struct field *fields);
/* The text one row would write; absent when it would write nothing. Only for text rows. */
span field_text(struct arena *arena, const void *record, const struct field *field);
/* One describe row per table row; `ours` and `theirs` are put before the names ("who.",
 * "user_data."). */
void field_describe(const struct field *fields, const char *ours, const char *theirs,
                    void (*row)(void *arg, const char *ours, const char *theirs,
                                const char *remark),
                    void *arg);

#endif
