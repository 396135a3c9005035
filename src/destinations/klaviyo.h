/* Private to klaviyo.c and klaviyo_*.c: the settings, and the shapes of bodies. */
#ifndef DESTINATIONS_KLAVIYO_H
#define DESTINATIONS_KLAVIYO_H
#include "buyer.h"
#include "destination.h"
#include "field.h"
#include "sale.h"
#include "setup.h"

struct klaviyo_settings {
    struct settings common; /* first: encode() and friends are handed its address */
    span private_key, list;
    bool native_integration, active_on_site;
};

struct klaviyo_name {
    enum event_name ours;
    const char *theirs, *unique; /* metric; how its unique_id begins */
    bool native;                 /* Klaviyo's Shopify app sends it */
};
/* NULL for custom events and for what Klaviyo has no metric for. */
const struct klaviyo_name *klaviyo_name_find(const struct event *event);
span klaviyo_rename(const struct settings *settings, const struct event *event);

/* What judge() may ask to leave out, see struct judgement. */
#define KLAVIYO_NO_PHONE 1u /* the number is not possible, says Klaviyo */
/* Two identifiers belong to two profiles: the id of the one that Klaviyo named (batch->amend_with)
   in place of all of ours; where it named none, the e-mail only. */
#define KLAVIYO_ONE_ID 2u

extern const struct field klaviyo_person_fields[];   /* of struct buyer */
extern const struct field klaviyo_location_fields[]; /* of struct buyer */
extern const struct field klaviyo_address_fields[];  /* of struct address */
extern const struct field klaviyo_item_fields[];     /* of struct item, in Items[] */
extern const struct field klaviyo_product_fields[]; /* of struct item, Viewed and Ordered Product */
extern const struct field klaviyo_order_fields[];   /* of struct event */
extern const struct field klaviyo_extra_fields[];   /* of struct event, under $extra */
extern const struct field klaviyo_shipment_fields[]; /* of struct event */

/* What a message can be written with; absent for digests, which somebody else hashed. */
clean_fn klaviyo_plain;
clean_fn klaviyo_email;
span klaviyo_phone(const struct buyer *buyer);
/* Member "profile" as a resource object {"data":{"type":"profile",…}}. */
void klaviyo_write_profile(struct json *json, const struct batch *batch, const struct event *event);
/* Member "properties". `line` is the order line of an Ordered Product, else NULL. */
void klaviyo_write_properties(struct json *json, struct arena *arena,
                              const struct settings *settings, const struct event *event,
                              const struct item *line);

/* Whole bodies. */
void klaviyo_write_single(struct json *json, const struct settings *settings,
                          const struct batch *batch);
void klaviyo_write_bulk(struct json *json, const struct settings *settings,
                        const struct batch *batch);
/* Contract 6.4: e-mail only; a number needs a consent of its own, which no event carries. */
void klaviyo_write_subscription(struct json *json, span list, span email);

extern const struct setup klaviyo_setup; /* klaviyo_setup.c */

#endif
