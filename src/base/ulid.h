/*
 * ULID: 48 bits of milliseconds and 80 of chance in 26 characters of Crockford base 32.
 * Minted in the browser for events and visitors; here for sources that bring no id.
 */
#ifndef BASE_ULID_H
#define BASE_ULID_H
#include "clock.h"
#include "span.h"

#define ULID_LEN 26
bool ulid_valid(span s);            /* either case; first digit ≤ 7 */
int64_t ulid_time(span valid_ulid); /* its milliseconds */
void ulid_make(const struct clock *clock, char ret_text[ULID_LEN + 1]);

#endif
