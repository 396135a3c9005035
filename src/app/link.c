/*
 * `sidetrack link EMAIL`: prints the parameter to put behind a link in a mail of one's own. The
 * secret is the config's, so any machine with the config can make links.
 */
#include <stdio.h>

#include "../event/clean.h"
#include "../sources/ticket.h"
#include "config.h"
#include "verbs.h"

#define DAYS      30
#define DAYS_MOST 365

static const struct shop *shop_of(const struct config *config, const char *name)
{
    const struct shop *shop = config_shop(config, name);
    if (shop)
        return shop;
    if (name)
        fprintf(stderr, "sidetrack: the config has no store `%s`\n", name);
    else
        fprintf(stderr, "sidetrack link: the config has several stores; say which with --store\n");
    return NULL;
}

static void print_link(struct arena *arena, const struct shop *shop, span email, const char *url,
                       int64_t days)
{
    uint8_t nonce[12];
    for (unsigned i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)clock_real.random(&clock_real);
    int64_t expires = clock_now(&clock_real) + days * DAY_MS;
    span ticket = ticket_make(arena, shop, email, expires, nonce), page = span_of(url);
    size_t hash = span_find(page, 0, '#');
    span before = span_sub(page, 0, hash), after = span_sub(page, hash, page.len);
    if (!url)
        printf("%.*s=%.*s\n", SPAN_ARG(shop->link_parameter), SPAN_ARG(ticket));
    else
        printf("%.*s%c%.*s=%.*s%.*s\n", SPAN_ARG(before),
               span_find(before, 0, '?') < before.len ? '&' : '?', SPAN_ARG(shop->link_parameter),
               SPAN_ARG(ticket), SPAN_ARG(after));
}

int link_verb(const struct args *args)
{
    const struct config *config;
    struct buf troubles;
    struct arena arena;
    int64_t days;
    const char *path = args_get(args, "config") ? args_get(args, "config") : CONFIG_FILE;
    if (args_number(args, "days", DAYS, 1, DAYS_MOST, &days) != OK)
        return EXIT_WRONG;
    buf_init(&troubles, CONFIG_TROUBLES);
    if (config_load(path, &troubles, &config) != OK) {
        fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&troubles)));
        buf_done(&troubles);
        return EXIT_WRONG;
    }
    buf_done(&troubles);
    arena_init(&arena, 1024 * 1024);
    const struct shop *shop = shop_of(config, args_get(args, "store"));
    span email = clean_email(&arena, span_of(args->words[0]));
    int code = EXIT_WRONG;
    if (shop && span_empty(shop->link_secret))
        fprintf(stderr, "sidetrack link: the store has no `link_secret`\n");
    else if (shop && span_empty(email))
        fprintf(stderr, "sidetrack link: `%s` is no e-mail\n", args->words[0]);
    else if (shop) {
        print_link(&arena, shop, email, args_get(args, "url"), days);
        code = EXIT_DONE;
    }
    arena_done(&arena);
    config_free(config);
    return code;
}
