/*
 * A column of JSON, written and read by the event's own functions. An event needs a name, so it
 * is given one; nobody looks at it.
 */
#include "person_json.h"

#include <assert.h>

span person_json_write(struct sql *sql, const struct event *event)
{
    struct event named = *event;
    named.name = EVENT_PAGE_VIEWED;
    buf_reset(&sql->scratch);
    event_write(&sql->scratch, &named);
    assert(buf_ok(&sql->scratch));
    return buf_span(&sql->scratch);
}

enum status person_json_read(struct sql *sql, struct arena *arena, span json,
                             struct event *ret_event)
{
    const struct json_value *root = NULL;
    struct error error = {""};
    enum status status = json_parse(arena, json, &root, &error);
    if (status == OK)
        status = event_read(arena, root, (span){0}, ret_event, &error);
    if (status == OK)
        return OK;
    snprintf(sql->trouble, sizeof sql->trouble, "a column of JSON cannot be read: %.140s",
             error.text);
    sql->failed = true;
    return BROKEN;
}
