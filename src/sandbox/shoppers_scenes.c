/*
 * The scenes. Each is one story of the world that a gateway must get right; read them as a list
 * of what can happen to an order. Each shop numbers its orders in this order.
 */
#include "shoppers_private.h"

static void browse_and_add(struct shopper *shopper, const char *handle, unsigned quantity)
{
    shoppers_view(shopper, handle, 1);
    shoppers_add(shopper, handle, quantity);
}

/* The thank-you page is seen before the shop's webhooks leave. */
static void browser_first(struct shoppers_play *play)
{
    struct shopper anna;
    shoppers_arrive(play, 0, &anna);
    shoppers_view(&anna, "wool-throw", 1);
    browse_and_add(&anna, "linen-shirt", 2);
    browse_and_add(&anna, "stoneware-mug", 1);
    shoppers_checkout(&anna);
    struct shoppers_order *order = shoppers_buy(&anna, &(struct shoppers_buy){.hold = true});
    shoppers_thanks(&anna, 1);
    (void)shoppers_merchant(play, order, "release", "{}");
}

/* The webhooks are long there when the thank-you page comes. */
static void webhook_first(struct shoppers_play *play)
{
    struct shopper bruno;
    shoppers_arrive(play, 1, &bruno);
    browse_and_add(&bruno, "canvas-tote", 1);
    shoppers_checkout(&bruno);
    (void)shoppers_buy(&bruno, &(struct shoppers_buy){0});
    shoppers_sleep(play, 400);
    shoppers_thanks(&bruno, 1);
}

/* No snippet, no pixel: the order must be counted all the same. */
static void ad_blocked(struct shoppers_play *play)
{
    struct shopper clara;
    shoppers_arrive(play, 2, &clara);
    clara.blocked = true;
    browse_and_add(&clara, "beeswax-candle", 3);
    shoppers_checkout(&clara);
    (void)shoppers_buy(&clara, &(struct shoppers_buy){0});
    shoppers_thanks(&clara, 1);
}

/* Delivered again with the same id, and once more as another subscription's copy. */
static void double_webhook(struct shoppers_play *play)
{
    struct shopper denis;
    shoppers_arrive(play, 3, &denis);
    browse_and_add(&denis, "field-notebook", 2);
    shoppers_checkout(&denis);
    struct shoppers_order *order = shoppers_buy(&denis, &(struct shoppers_buy){0});
    shoppers_thanks(&denis, 1);
    (void)shoppers_merchant(play, order, "resend", "{\"topic\":\"orders/create\"}");
    (void)shoppers_merchant(play, order, "resend",
                            "{\"topic\":\"orders/create\",\"same_id\":false}");
    (void)shoppers_merchant(play, order, "resend", "{\"topic\":\"orders/paid\"}");
}

/* The browser sends the very same bodies twice, as keepalive and a retry can. */
static void double_beacon(struct shoppers_play *play)
{
    struct shopper elodie;
    shoppers_arrive(play, 4, &elodie);
    shoppers_view(&elodie, "stoneware-mug", 2);
    shoppers_add(&elodie, "stoneware-mug", 4);
    shoppers_checkout(&elodie);
    (void)shoppers_buy(&elodie, &(struct shoppers_buy){0});
    shoppers_thanks(&elodie, 2);
}

static void discount_code(struct shoppers_play *play)
{
    struct shopper greta;
    shoppers_arrive(play, 6, &greta);
    browse_and_add(&greta, "linen-shirt", 1);
    browse_and_add(&greta, "field-notebook", 3);
    shoppers_checkout(&greta);
    (void)shoppers_buy(&greta, &(struct shoppers_buy){.discount = "WELCOME10"});
    shoppers_thanks(&greta, 1);
}

/* Money went back: GA4 is told how much, Google what the order is worth now. */
static void count_back(struct shoppers_play *play, const struct shoppers_order *order,
                       struct money back, struct money worth)
{
    shoppers_count_both(play, SHOPPERS_BACK, span_of(order->currency), back);
    shoppers_count_both(play, SHOPPERS_RESTATED, span_of(order->currency), worth);
}

/* What the merchant gave back: the difference of the order's refunded sums. */
static void refund(struct shoppers_play *play, const struct shoppers_order *order, const char *body,
                   struct money *so_far)
{
    const struct json_value *refunded =
        json_path(shoppers_merchant(play, order, "refund", body), "refunded.shop");
    span currency = json_get_text(refunded, "currency");
    struct money now;
    if (money_parse(json_get_text(refunded, "amount"), currency, &now) != OK)
        return;
    shoppers_count_both(play, SHOPPERS_REFUND, currency, money_subtract(now, *so_far));
    count_back(play, order, money_subtract(now, *so_far), money_subtract(order->value, now));
    *so_far = now;
}

/* Seen, paid and given back (without the shipping) in USD, with tax on top; the shop's books are
   in EUR. */
static void dollars(struct shoppers_play *play)
{
    struct shopper frank;
    struct money so_far = {0};
    shoppers_arrive(play, 5, &frank);
    browse_and_add(&frank, "wool-throw", 2);
    shoppers_checkout(&frank);
    struct shoppers_order *order = shoppers_buy(&frank, &(struct shoppers_buy){0});
    shoppers_thanks(&frank, 1);
    refund(play, order, "{\"lines\":[{\"line\":0,\"quantity\":1}]}", &so_far);
}

/* One of three things comes back, then all the rest with its shipping. */
static void refunds(struct shoppers_play *play)
{
    struct shopper hugo;
    struct money so_far = {0};
    shoppers_arrive(play, 7, &hugo);
    browse_and_add(&hugo, "beeswax-candle", 3);
    shoppers_checkout(&hugo);
    struct shoppers_order *order = shoppers_buy(&hugo, &(struct shoppers_buy){0});
    shoppers_thanks(&hugo, 1);
    refund(play, order, "{\"lines\":[{\"line\":0,\"quantity\":1}]}", &so_far);
    /* Webhooks sent at once may pass each other, and what is left in between depends on it. */
    shoppers_wait_for(play, order, "klaviyo", "Refunded Order");
    refund(play, order, "{}", &so_far);
}

static void shipped(struct shoppers_play *play)
{
    struct shopper ida;
    shoppers_arrive(play, 8, &ida);
    browse_and_add(&ida, "stoneware-mug", 2);
    shoppers_checkout(&ida);
    struct shoppers_order *order = shoppers_buy(&ida, &(struct shoppers_buy){0});
    shoppers_thanks(&ida, 1);
    if (order == NULL)
        return;
    (void)shoppers_merchant(play, order, "fulfill", "{}");
    shoppers_count_both(play, SHOPPERS_FULFILLED, span_of(order->currency), order->value);
    shoppers_sleep(play, 200);
    (void)shoppers_merchant(play, order, "deliver", "{}");
    shoppers_count_both(play, SHOPPERS_DELIVERED, (span){0}, (struct money){0});
}

/* Cancelled once the platforms know it; a cancel while it is held would drop it instead. */
static void cancelled(struct shoppers_play *play)
{
    struct shopper jan;
    shoppers_arrive(play, 9, &jan);
    browse_and_add(&jan, "canvas-tote", 1);
    shoppers_checkout(&jan);
    struct shoppers_order *order = shoppers_buy(&jan, &(struct shoppers_buy){0});
    shoppers_thanks(&jan, 1);
    shoppers_wait_for(play, order, "klaviyo", "Placed Order");
    if (order == NULL)
        return;
    (void)shoppers_merchant(play, order, "cancel", "{}");
    shoppers_count_both(play, SHOPPERS_CANCEL, span_of(order->currency), order->value);
    count_back(play, order, order->value, money_subtract(order->value, order->value));
}

/* Yen have no cents. */
static void yen(struct shoppers_play *play)
{
    struct shopper kenji;
    shoppers_arrive(play, 10, &kenji);
    browse_and_add(&kenji, "linen-shirt", 1);
    shoppers_checkout(&kenji);
    (void)shoppers_buy(&kenji, &(struct shoppers_buy){0});
    shoppers_thanks(&kenji, 1);
}

/* The merchant tries the payment: test:true. It must reach nobody. */
static void test_order(struct shoppers_play *play)
{
    struct shopper lena;
    shoppers_arrive(play, 11, &lena);
    browse_and_add(&lena, "wool-throw", 1);
    shoppers_checkout(&lena);
    (void)shoppers_buy(&lena, &(struct shoppers_buy){.test = true, .excluded = true});
    shoppers_thanks(&lena, 1);
}

/* Sold at the counter of the shop's own store: not an online sale. */
static void point_of_sale(struct shoppers_play *play)
{
    struct shopper mara;
    shoppers_arrive(play, 12, &mara);
    mara.blocked = true;
    shoppers_add(&mara, "linen-shirt", 1);
    (void)shoppers_buy(&mara, &(struct shoppers_buy){.source = "pos", .excluded = true});
}

static void just_looking(struct shoppers_play *play)
{
    struct shopper nils;
    shoppers_arrive(play, 13, &nils);
    shoppers_collection(&nils);
    shoppers_view(&nils, "wool-throw", 1);
    shoppers_view(&nils, "canvas-tote", 1);
    shoppers_view(&nils, "wool-throw", 1);
}

/* An address was left, then the tab was closed. */
static void abandoned(struct shoppers_play *play)
{
    struct shopper olga;
    shoppers_arrive(play, 14, &olga);
    browse_and_add(&olga, "linen-shirt", 1);
    shoppers_checkout(&olga);
}

/* Buys, and looks around again: now the gateway knows who it is. */
static void comes_back(struct shoppers_play *play)
{
    struct shopper paul;
    shoppers_arrive(play, 15, &paul);
    browse_and_add(&paul, "stoneware-mug", 1);
    shoppers_checkout(&paul);
    (void)shoppers_buy(&paul, &(struct shoppers_buy){0});
    shoppers_thanks(&paul, 1);
    shoppers_sleep(play, 300);
    shoppers_view(&paul, "wool-throw", 1);
    browse_and_add(&paul, "canvas-tote", 2);
}

const struct shoppers_scene shoppers_scenes[] = {
    {SHOPPERS_MAIN, "browser first", browser_first},
    {SHOPPERS_MAIN, "webhook first", webhook_first},
    {SHOPPERS_MAIN, "ad-blocked", ad_blocked},
    {SHOPPERS_MAIN, "double webhook", double_webhook},
    {SHOPPERS_MAIN, "double beacon", double_beacon},
    {SHOPPERS_MAIN, "dollars", dollars},
    {SHOPPERS_MAIN, "discount code", discount_code},
    {SHOPPERS_MAIN, "refunds", refunds},
    {SHOPPERS_MAIN, "shipped", shipped},
    {SHOPPERS_MAIN, "cancelled", cancelled},
    {SHOPPERS_MAIN, "yen", yen},
    {SHOPPERS_MAIN, "test order", test_order},
    {SHOPPERS_MAIN, "point of sale", point_of_sale},
    {SHOPPERS_MAIN, "just looking", just_looking},
    {SHOPPERS_MAIN, "abandoned", abandoned},
    {SHOPPERS_MAIN, "comes back", comes_back},
    {SHOPPERS_TAGGED, "browser first", browser_first},
    {SHOPPERS_TAGGED, "webhook first", webhook_first},
    {SHOPPERS_TAGGED, "ad-blocked", ad_blocked},
    {SHOPPERS_TAGGED, "dollars", dollars},
    {SHOPPERS_TAGGED, "double beacon", double_beacon},
    {SHOPPERS_TAGGED, "test order", test_order},
    {SHOPPERS_TAGGED, "just looking", just_looking},
};
const unsigned shoppers_scene_count = COUNT_OF(shoppers_scenes);
