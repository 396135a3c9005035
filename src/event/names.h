/*
 * What can happen, in one list. Canonical names are Shopify's standard customer events plus the
 * order's life; facts carry the webhook topic they came with. A source reads the text, a
 * destination renames the constant, `describe` prints the list.
 *
 * class  STOREFRONT  owned by the snippet where both snippet and pixel see it
 *        CHECKOUT    owned by the pixel where the shop has one
 *        HALF        the browser's half of an order: never goes out by itself
 *        ORDER       derived by RECORD from facts; the order's life as platforms see it
 *        PEOPLE      forms, accounts, subscriptions
 *        FACT        signed server knowledge: feeds orders, identity, commands; never goes out
 *        CUSTOM      the merchant's own names
 */
#ifndef EVENT_NAMES_H
#define EVENT_NAMES_H
#include "../base/span.h"

#define EVENT_NAMES(_)                                                                             \
    _(PAGE_VIEWED, "page_viewed", STOREFRONT)                                                      \
    _(PRODUCT_VIEWED, "product_viewed", STOREFRONT)                                                \
    _(COLLECTION_VIEWED, "collection_viewed", STOREFRONT)                                          \
    _(SEARCH_SUBMITTED, "search_submitted", STOREFRONT)                                            \
    _(PRODUCT_ADDED_TO_CART, "product_added_to_cart", STOREFRONT)                                  \
    _(PRODUCT_REMOVED_FROM_CART, "product_removed_from_cart", STOREFRONT)                          \
    _(CART_VIEWED, "cart_viewed", STOREFRONT)                                                      \
    _(CHECKOUT_STARTED, "checkout_started", CHECKOUT)                                              \
    _(CHECKOUT_CONTACT, "checkout_contact_info_submitted", CHECKOUT)                               \
    _(CHECKOUT_ADDRESS, "checkout_address_info_submitted", CHECKOUT)                               \
    _(CHECKOUT_SHIPPING, "checkout_shipping_info_submitted", CHECKOUT)                             \
    _(PAYMENT_SUBMITTED, "payment_info_submitted", CHECKOUT)                                       \
    _(CHECKOUT_COMPLETED, "checkout_completed", HALF)                                              \
    _(ORDER_PLACED, "order_placed", ORDER)                                                         \
    _(ORDER_EDITED, "order_edited", ORDER)                                                         \
    _(ORDER_CANCELLED, "order_cancelled", ORDER)                                                   \
    _(ORDER_REFUNDED, "order_refunded", ORDER)                                                     \
    _(ORDER_FULFILLED, "order_fulfilled", ORDER)                                                   \
    _(ORDER_PARTIALLY_FULFILLED, "order_partially_fulfilled", ORDER)                               \
    _(SHIPMENT_UPDATED, "shipment_updated", ORDER)                                                 \
    _(FORM_SUBMITTED, "form_submitted", PEOPLE)                                                    \
    _(SUBSCRIBED, "subscribed", PEOPLE)                                                            \
    _(ACCOUNT_CREATED, "account_created", PEOPLE)                                                  \
    _(SUBSCRIPTION_STARTED, "subscription_started", PEOPLE)                                        \
    _(PRODUCT_ADDED_TO_WISHLIST, "product_added_to_wishlist", PEOPLE)                              \
    _(FACT_ORDER_CREATED, "orders/create", FACT)                                                   \
    _(FACT_ORDER_PAID, "orders/paid", FACT)                                                        \
    _(FACT_ORDER_UPDATED, "orders/updated", FACT)                                                  \
    _(FACT_ORDER_CANCELLED, "orders/cancelled", FACT)                                              \
    _(FACT_ORDER_FULFILLED, "orders/fulfilled", FACT)                                              \
    _(FACT_ORDER_PARTIALLY_FULFILLED, "orders/partially_fulfilled", FACT)                          \
    _(FACT_REFUND_CREATED, "refunds/create", FACT)                                                 \
    _(FACT_FULFILLMENT_UPDATED, "fulfillments/update", FACT)                                       \
    _(FACT_CHECKOUT_CREATED, "checkouts/create", FACT)                                             \
    _(FACT_CHECKOUT_UPDATED, "checkouts/update", FACT)                                             \
    _(FACT_CUSTOMER_CREATED, "customers/create", FACT)                                             \
    _(FACT_CUSTOMER_UPDATED, "customers/update", FACT)                                             \
    _(FACT_APP_UNINSTALLED, "app/uninstalled", FACT)                                               \
    _(FACT_DATA_REQUEST, "customers/data_request", FACT)                                           \
    _(FACT_CUSTOMER_REDACT, "customers/redact", FACT)                                              \
    _(FACT_SHOP_REDACT, "shop/redact", FACT)                                                       \
    _(CUSTOM, "", CUSTOM)

#define EVENT_ENUM(constant, text, class) EVENT_##constant,
enum event_name { EVENT_NAMES(EVENT_ENUM) EVENT_NAME_COUNT };
#undef EVENT_ENUM

enum event_class {
    EVENT_CLASS_STOREFRONT,
    EVENT_CLASS_CHECKOUT,
    EVENT_CLASS_HALF,
    EVENT_CLASS_ORDER,
    EVENT_CLASS_PEOPLE,
    EVENT_CLASS_FACT,
    EVENT_CLASS_CUSTOM,
};

enum event_name names_find(span text);        /* EVENT_CUSTOM when not in the list */
const char *names_text(enum event_name name); /* "" for EVENT_CUSTOM */
enum event_class names_class(enum event_name name);
const char *names_class_text(enum event_class class_);

#endif
