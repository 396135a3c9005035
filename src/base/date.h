/*
 * ISO 8601 / RFC 3339 text to and from milliseconds since 1970 UTC.
 * Accepts: date and time split by 'T' or ' ', seconds with any fraction, 'Z' or ±hh:mm or
 * ±hhmm or no offset (UTC). Years 0001…9999, real calendar days only.
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H
#include "arena.h"

MUST_USE enum status date_parse(span text, int64_t *ret_ms);
/* RFC 9110 IMF-fixdate, "Tue, 24 Nov 2026 16:00:00 GMT", also with the '-' of old cookies. */
MUST_USE enum status date_parse_http(span text, int64_t *ret_ms);
span date_print(struct arena *arena, int64_t ms);    /* 2026-11-24T16:00:00Z */
span date_print_ms(struct arena *arena, int64_t ms); /* 2026-11-24T16:00:00.123Z */
/* The same as date_print_ms without an arena. Times outside the years print as the nearest. */
#define DATE_TEXT_LEN 24
void date_text(int64_t ms, char ret_text[DATE_TEXT_LEN + 1]);

#endif
