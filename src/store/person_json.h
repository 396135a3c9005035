/*
 * Parts of an event as a column: an event with only these members in it, in the canonical JSON of
 * event_write(), so that there is one reader and one writer of who, client and consent.
 * Private to the room.
 */
#ifndef STORE_PERSON_JSON_H
#define STORE_PERSON_JSON_H
#include "../event/event.h"
#include "sql.h"

/* Stands in the connection's scratch until that is used again. */
span person_json_write(struct sql *sql, const struct event *event);
/* Texts in arena, and in `json`, which must live as long. BROKEN: the column is not what we wrote.
 */
MUST_USE enum status person_json_read(struct sql *sql, struct arena *arena, span json,
                                      struct event *ret_event);

#endif
