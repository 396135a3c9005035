/* Between the files sandbox_google*.c only. */
#ifndef SANDBOX_SANDBOX_GOOGLE_H
#define SANDBOX_SANDBOX_GOOGLE_H
#include "sandbox_private.h"

/* The first thing wrong with a row, or with what is around the rows. */
struct sandbox_google_violation {
    span field; /* "events[3].currency": Google's path, snake_case */
    const char *reason, *description;
};

/* False: *ret_violation says why. `pointer` is "/events/3"; `hex` that encoding is HEX. */
bool sandbox_google_event(struct arena *arena, const struct json_value *event, span pointer,
                          bool hex, int64_t now, struct sandbox_google_violation *ret_violation);
bool sandbox_google_destination(struct arena *arena, const struct json_value *destination,
                                span pointer, struct sandbox_google_violation *ret_violation);
/* "/events/3/userData" -> "events[3].user_data" */
span sandbox_google_path(struct arena *arena, span pointer);
/* Decoded; absent when it is no base64url. */
span sandbox_google_unbase(struct arena *arena, span text);

/* sandbox_google_ads.c: the Google Ads API. NULL when it answered, else what is wrong with the
   request as a whole. */
bool sandbox_google_ads_owns(span path);
const char *sandbox_google_ads_handle(struct sandbox_ledger *ledger,
                                      const struct http_request *request, int64_t now,
                                      struct arena *arena, struct sandbox_reply *ret_reply);

#endif
