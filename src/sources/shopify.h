/*
 * Inside the Shopify source: one webhook body being read. shopify.c finds out what it is and
 * checks the result; shopify_order.c reads orders and checkouts, shopify_facts.c the rest,
 * shopify_money.c decides in which money and how much. Nobody outside this room includes this.
 */
#ifndef SOURCES_SHOPIFY_H
#define SOURCES_SHOPIFY_H
#include "source.h"

/* Which of the two amounts that Shopify gives for everything is read. Decided once a body, from
   the body's own currencies, so that no number can meet the other currency. */
struct shopify_tender {
    const char *side; /* "shop_money" or "presentment_money" of every *_set */
    span currency;    /* of every amount read */
    bool plain;       /* members without a set are in this currency too */
};

struct shopify_body {
    struct arena *arena;
    const struct shop *shop;
    const struct json_value *json; /* an object */
    struct shopify_tender tender;
    const char *error; /* first machine word of trouble; NULL is none. Sticks */
    struct {
        span raw, country, e164;
    } phone; /* the last one asked for: a body says the same number up to five times */
};

void shopify_fail(struct shopify_body *body, const char *error);

/* shopify_money.c */

/* By the shop's `money`, from a *_set that has both sides (may be NULL) and the currency of plain
   members (may be absent: the configured one). */
void shopify_tender_choose(struct shopify_body *body, const struct json_value *set,
                           span plain_currency);
/* `object`'s amount in the tender's money, from its set, else from its plain member where that is
   in the same currency; not given when neither is there. `plain_key` may be NULL. */
struct money shopify_money(struct shopify_body *body, const struct json_value *object,
                           const char *plain_key, const char *set_key);
/* A sum that fails the body instead of passing the ceiling. */
struct money shopify_sum(struct shopify_body *body, struct money a, struct money b);
/* Money that a refund gave back: all of it, or by a policy its share of goods; 0 when none moved.
   When it moved in a money that cannot be told in the tender's, *ret_unconverted (may be NULL) gets
   {"amount","currency"} and the result is 0. */
struct money shopify_refunded(struct shopify_body *body, const struct json_value *refund,
                              enum shop_value policy, enum tri taxes_included,
                              span *ret_unconverted);

/* shopify_order.c: readers of whole bodies, named in the topic table */
void shopify_order(struct shopify_body *body, struct event *event);
void shopify_checkout(struct shopify_body *body, struct event *event);

/* shopify_facts.c */
void shopify_refund(struct shopify_body *body, struct event *event);
void shopify_fulfillment(struct shopify_body *body, struct event *event);
void shopify_customer(struct shopify_body *body, struct event *event);
void shopify_compliance(struct shopify_body *body, struct event *event);
void shopify_nothing(struct shopify_body *body, struct event *event);

/* shopify_people.c: what several bodies have in common */

/* An address with its phone in E.164; what is not an object ([] and null occur) has no members. */
struct address shopify_address(struct shopify_body *body, const struct json_value *json);
/* who->city … country from one address, names where they are not known yet. */
void shopify_lives_at(struct who *who, const struct address *address);
/* E.164 where it can be understood with the country's help, else as given. */
span shopify_phone(struct shopify_body *body, const struct json_value *object, const char *key,
                   span country);
/* Landing site, referrer, locale and the click ids of the landing site. */
void shopify_landing(struct shopify_body *body, struct event *event);
/* The visitor our snippet wrote into the cart's attributes. */
span shopify_visitor(struct shopify_body *body);
/* The members of `json` that make an order line: ids, texts, price, quantity, discount. */
void shopify_item(struct shopify_body *body, const struct json_value *json, struct item *item);
void shopify_tracking(struct shopify_body *body, const struct json_value *json,
                      struct fulfillment *fulfillment);

#endif
