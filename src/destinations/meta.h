/* Private to meta.c and meta_*.c: the settings, and the shapes of one event. What reads and cleans
   a person serves also who normalises "as Meta" (contract 0.4: Pinterest, Snap). */
#ifndef DESTINATIONS_META_H
#define DESTINATIONS_META_H
#include "buyer.h"
#include "destination.h"
#include "field.h"
#include "sale.h"
#include "setup.h"

enum meta_refunds { META_REFUNDS_IGNORE, META_REFUNDS_CUSTOM };
struct meta_settings {
    struct settings common; /* first: encode() and friends are handed its address */
    span pixel_id, access_token, app_secret;
    span ldu_states; /* "CA=1000,CO=1001": meta_law() */
    enum meta_refunds refunds;
};

extern const struct field meta_person_fields[]; /* of struct buyer; hashed */
extern const struct field meta_client_fields[]; /* of struct event; plain */
extern const struct field meta_item_fields[];   /* of struct item */

/* buyer_read(), with codes where the shop gives codes, and the five digits of a US zip. */
void meta_read_person(struct arena *arena, const struct event *event, struct buyer *buyer);
/* What the event would be matched by; NULL when something usable is there. */
const char *meta_unmatched(struct arena *arena, const struct event *event, bool limited);
void meta_write_user(struct json *json, struct arena *arena, const struct event *event,
                     bool limited);
void meta_write_custom(struct json *json, struct arena *arena, const struct settings *settings,
                       const struct event *event);
/* Limited Data Use: the options and where the person is, so that the right state's law applies. */
void meta_write_privacy(struct json *json, span laws, const struct event *event);

/* Two-letter code as Meta's own library makes it (contract 1.6, `st`); absent when nothing is left.
 */
clean_fn meta_state;
/* Meta's number for a US state with a privacy law of its own (contract 1.10); 0: Meta decides.
   `laws` as in the option ldu_states; INVALID when they are not of that form. */
int meta_law(span laws, span region_code);
MUST_USE enum status meta_law_check(span laws);
/* The cookie when it is well formed (contract 1.7), else absent. */
clean_fn meta_fbp;
clean_fn meta_fbc;
clean_fn meta_digest; /* a value hashed by somebody else, in the forms Meta takes */
clean_fn meta_phone;  /* E.164 to digits only */
clean_fn meta_ip;

extern const struct setup meta_setup; /* meta_setup.c */

#endif
