/*
 * How people were told apart, to be looked over: every merge with its reason, newest first, and
 * every identifier that names nobody (placeholders, gatherers, those of too many visitors).
 */
#include "show.h"

enum status show_identity(struct view *view, struct arena *arena, span text, bool as_json,
                          struct buf *out)
{
    struct person_note *notes;
    unsigned count;
    struct json json;
    (void)text;
    enum status status = person_flagged(view, arena, SHOW_FLAGGED, &notes, &count);
    if (status != OK)
        return status;
    json_start(&json, out);
    if (as_json)
        json_open(&json, NULL, '[');
    for (unsigned i = 0; i < count; i++) {
        if (as_json) {
            json_open(&json, NULL, '{');
            json_put_text(&json, "kind", notes[i].kind);
            json_put_text(&json, "text", notes[i].text);
            json_put_int(&json, "at", notes[i].at);
            json_close(&json, '}');
            continue;
        }
        show_time(out, notes[i].at);
        buf_print(out, "  %-7.*s ", SPAN_ARG(notes[i].kind));
        show_line(out, notes[i].text, 200);
        buf_add_char(out, '\n');
    }
    if (as_json) {
        json_close(&json, ']');
        json_end(&json);
        buf_add_char(out, '\n');
    } else if (count == 0) {
        buf_add_text(out, "Nobody was merged, and no identifier is passed over.\n");
    }
    return OK;
}
