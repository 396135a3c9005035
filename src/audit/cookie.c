/* One Set-Cookie line: cookie.h. */
#include "cookie.h"

#include "../base/clock.h"
#include "../base/date.h"
#include "../base/limits.h"

#define ID_BYTES 16u /* shorter values are switches and languages */

static void read_attribute(struct cookie *cookie, span name, span value, int64_t at, bool *aged)
{
    int64_t number;
    if (span_equal_nocase(name, SPAN("max-age")) && span_int(value, &number) == OK) {
        cookie->lifetime = number > 0 ? number : 0;
        *aged = true;
    } else if (span_equal_nocase(name, SPAN("expires")) && !*aged) {
        if (date_parse_http(value, &number) == OK)
            cookie->lifetime = number > at ? (number - at) / SECOND_MS : 0;
    } else if (span_equal_nocase(name, SPAN("domain")) && !span_empty(value)) {
        cookie->domain = span_starts(value, ".") ? span_sub(value, 1, value.len) : value;
    }
    cookie->http_only |= span_equal_nocase(name, SPAN("httponly"));
    cookie->secure |= span_equal_nocase(name, SPAN("secure"));
}

enum status cookie_read(span line, int64_t at, struct cookie *ret_cookie)
{
    struct cookie cookie = {.lifetime = -1};
    span rest = span_sub(line, 0, 4 * KIB), part = {0};
    bool aged = false;
    (void)span_split(&rest, ';', &part);
    size_t equals = span_find(part, 0, '=');
    cookie.name = span_trim(span_sub(part, 0, equals));
    if (equals == part.len || span_empty(cookie.name))
        return INVALID;
    cookie.lasting_id = span_trim(span_sub(part, equals + 1, part.len)).len >= ID_BYTES;
    while (span_split(&rest, ';', &part)) {
        equals = span_find(part, 0, '=');
        read_attribute(&cookie, span_trim(span_sub(part, 0, equals)),
                       span_trim(span_sub(part, equals + 1, part.len)), at, &aged);
    }
    *ret_cookie = cookie;
    return OK;
}
