/* Private to tiktok.c and tiktok_*.c: the settings, and the shapes of one event. */
#ifndef DESTINATIONS_TIKTOK_H
#define DESTINATIONS_TIKTOK_H
#include "buyer.h"
#include "destination.h"
#include "field.h"
#include "sale.h"
#include "setup.h"

struct tiktok_settings {
    struct settings common; /* first: encode() and friends are handed its address */
    span pixel_code, access_token;
    span purchase_name, lead_name; /* what the shop's pixel calls them */
};

extern const struct field tiktok_person_fields[]; /* of struct buyer; hashed */
extern const struct field tiktok_place_fields[];  /* of struct buyer; plain */
extern const struct field tiktok_client_fields[]; /* of struct event; plain, of the request */
extern const struct field tiktok_item_fields[];   /* of struct item */

/* What the event would be matched by; NULL when something usable is there. */
const char *tiktok_unmatched(struct arena *arena, const struct event *event, bool limited);
void tiktok_write_user(struct json *json, struct arena *arena, const struct event *event,
                       bool limited);
void tiktok_write_properties(struct json *json, struct arena *arena,
                             const struct settings *settings, const struct event *event);

extern const struct setup tiktok_setup; /* tiktok_setup.c */

#endif
