/*
 * The members of an event as data: one table per struct, walked by event_read(), event_write()
 * and event_check(), so that what one writes the other reads and the third has looked at.
 * Private to this room. The types come from C itself (_Generic, offsetof): a misspelt or an
 * untabled type of member does not compile.
 */
#ifndef EVENT_EVENT_FIELDS_H
#define EVENT_EVENT_FIELDS_H
#include "event.h"

enum event_field_kind {
    FIELD_TEXT,     /* span: JSON string; an integer is taken by its digits (ids, postcodes) */
    FIELD_CURRENCY, /* span, upper-cased; governs the money beside and below it */
    FIELD_JSON,     /* span holding a JSON object */
    FIELD_MONEY,    /* decimal string out; string or number in */
    FIELD_INT,      /* int64_t; 0 = not known */
    FIELD_FLAG,     /* bool; false = not said */
    FIELD_NAME,     /* enum event_name, with event.name_text */
    FIELD_SOURCE,   /* enum event_source */
    FIELD_KIND,     /* enum event_kind */
    FIELD_TRI,      /* enum tri: JSON bool */
    FIELD_CHOICE,   /* enum consent_choice; unknown = not said */
    FIELD_OBJECT,   /* a nested struct, described by `shape` */
    FIELD_ITEMS,    /* const struct item * and its count */
    FIELD_TEXTS,    /* const span * and its count */
    FIELD_SEQS,     /* int64_t[4] and its count */
};

struct event_field {
    const char *key;
    uint8_t key_len;
    uint8_t kind;          /* enum event_field_kind */
    uint16_t offset;       /* in the struct the table describes */
    uint16_t count_offset; /* of lists: where their unsigned count is */
    uint16_t limit;        /* bytes, of text */
    uint16_t probe;        /* where to look whether there is anything */
    uint8_t probe_size;    /* 8, 4 or 1 bytes; 0: look into the object */
    const struct event_shape *shape;
};

struct event_shape {
    const struct event_field *fields;
    unsigned field_count;
    size_t size; /* of the struct; 0 where the rows point into the struct around it */
    const struct event_field *currency; /* the row of kind FIELD_CURRENCY, if there is one */
};

extern const struct event_shape event_fields; /* of struct event itself */

/* Whether a member has anything to say: for most, that one word is not zero (a length, a count, a
   number, `given`). Absent members are not written. */
bool event_shape_given(const struct event_shape *shape, const void *base);
static inline bool event_field_given(const struct event_field *field, const void *base)
{
    const char *probe = (const char *)base + field->probe;
    uint64_t wide;
    uint32_t narrow;
    switch (field->probe_size) {
    case sizeof wide:
        memcpy(&wide, probe, sizeof wide);
        return wide != 0;
    case sizeof narrow:
        memcpy(&narrow, probe, sizeof narrow);
        return narrow != 0;
    case 1:
        return *probe != 0;
    default:
        return event_shape_given(field->shape, probe);
    }
}

/* Typed views of a member; the row's kind says which one holds. */
static inline const void *event_field_at(const struct event_field *field, const void *base)
{
    return (const char *)base + field->offset;
}
static inline unsigned event_field_count(const struct event_field *field, const void *base)
{
    return *(const unsigned *)(const void *)((const char *)base + field->count_offset);
}

#endif
