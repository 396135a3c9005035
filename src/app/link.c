/*
 * `sidetrack link EMAIL`: prints the parameter to put behind a link in a mail of one's own. The
 * secret is the config's, so any machine with the config can make links.
 */
#include <stdio.h>

#include "../event/clean.h"
#include "../sources/ticket.h"
#include "config.h"
#include "say.h"
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

/* The parameter, and the page with it; no page: absent. */
static void make_link(struct arena *arena, const struct shop *shop, span email, const char *url,
                      int64_t expires, span *ret_parameter, span *ret_url)
{
    uint8_t nonce[12];
    for (unsigned i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)clock_real.random(&clock_real);
    span ticket = ticket_make(arena, shop, email, expires, nonce), page = span_of(url);
    size_t hash = span_find(page, 0, '#');
    span before = span_sub(page, 0, hash), after = span_sub(page, hash, page.len);
    *ret_parameter =
        arena_print(arena, "%.*s=%.*s", SPAN_ARG(shop->link_parameter), SPAN_ARG(ticket));
    *ret_url = url ? arena_print(arena, "%.*s%c%.*s%.*s", SPAN_ARG(before),
                                 span_find(before, 0, '?') < before.len ? '&' : '?',
                                 SPAN_ARG(*ret_parameter), SPAN_ARG(after))
                   : (span){0};
}

static void print_link(const struct args *args, struct arena *arena, const struct shop *shop,
                       span email, int64_t days)
{
    struct say say;
    span parameter, url;
    int64_t expires = clock_now(&clock_real) + days * DAY_MS;
    make_link(arena, shop, email, args_get(args, "url"), expires, &parameter, &url);
    if (!args_get(args, "json")) {
        printf("%.*s\n", SPAN_ARG(span_empty(url) ? parameter : url));
        return;
    }
    struct json *json = say_start(&say);
    json_put_text(json, "store", shop->name);
    json_put_text(json, "parameter", parameter);
    if (!span_empty(url))
        json_put_text(json, "url", url);
    json_put_int(json, "expires", expires);
    say_end(&say);
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
        print_link(args, &arena, shop, email, days);
        code = EXIT_DONE;
    }
    arena_done(&arena);
    config_free(config);
    return code;
}
