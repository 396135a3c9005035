/*
 * `sidetrack shop`: the demo shop by itself, beside a gateway that is started apart. The browser
 * tests use it, and whoever wants to try a config of their own with it.
 */
#include "../sandbox/storefront.h"

#include "alone.h"
#include "verbs.h"

static span option(const struct args *args, const char *name, const char *otherwise)
{
    const char *value = args_get(args, name);
    return span_of(value ? value : otherwise);
}

static enum status read_tags(const struct args *args, enum storefront_tags *ret_tags)
{
    static const char *const words[] = {[STOREFRONT_NO_TAGS] = "none",
                                        [STOREFRONT_CLEAN] = "clean",
                                        [STOREFRONT_DOUBLED] = "doubled",
                                        [STOREFRONT_UNASKED] = "unasked"};
    span said = option(args, "tags", "none");
    for (unsigned i = 0; i < COUNT_OF(words); i++)
        if (span_is(said, words[i])) {
            *ret_tags = (enum storefront_tags)i;
            return OK;
        }
    fprintf(stderr, "sidetrack shop: --tags is none, clean, doubled or unasked\n");
    return INVALID;
}

static void close_shop(void *shop)
{
    storefront_close(shop);
}

int shop_verb(const struct args *args)
{
    int64_t port;
    struct storefront_options options = {
        .gateway = option(args, "gateway", "http://127.0.0.1:8080"),
        .collect_path = option(args, "collect", "/qzkv"),
        .snippet_path = option(args, "snippet", "/qzkv.js"),
        .cart_attribute = option(args, "attribute", "_qz"),
        .cookie_name = option(args, "cookie", "_gwid"),
        .shopify_domain = option(args, "domain", "sidetrack-demo.myshopify.com"),
        .secret = option(args, "secret", "demo-webhook-secret"),
        .clock = &clock_real,
    };
    if (args_number(args, "port", 8090, 0, 65535, &port) != OK ||
        read_tags(args, &options.tags) != OK)
        return EXIT_WRONG;
    options.port = (uint16_t)port;
    struct alone alone;
    struct storefront *shop;
    alone_open(&alone);
    if (storefront_open(&alone.loop, &options, &shop) != OK) {
        fprintf(stderr, "sidetrack shop: cannot listen on 127.0.0.1:%d, or an option is empty\n",
                (int)port);
        return alone_failed(&alone);
    }
    return alone_run(&alone, args, "the demo shop is open", storefront_port(shop), close_shop,
                     shop);
}
