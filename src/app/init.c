/*
 * `sidetrack init`: a config that passes `check` once three secrets are in the environment.
 *
 * Paths and names that pages show are random words: lists of trackers cannot know them, and no two
 * shops share them. They are made of consonant and vowel in turn, which never spells a word those
 * lists look for; init_word() looks all the same.
 */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../base/hash.h"
#include "../base/limits.h"
#include "../story/paste.h"
#include "config_row.h"
#include "say.h"
#include "verbs.h"

#define WORD_LETTERS 5u

static void random_word(const struct clock *clock, char word[WORD_LETTERS + 1])
{
    static const char consonants[] = "bdfghjklmnprstvwz", vowels[] = "aeiou";
    static const char *const told[] = {"pixel", "track", "stat", "colle", "beac", "tag", "log"};
    bool bad = true;
    while (bad) {
        uint64_t chance = clock->random(clock);
        for (unsigned i = 0; i < WORD_LETTERS; i++) {
            const char *letters = i % 2 ? vowels : consonants;
            size_t count = strlen(letters);
            word[i] = letters[chance % count];
            chance /= count;
        }
        word[WORD_LETTERS] = '\0';
        bad = false;
        for (unsigned i = 0; i < COUNT_OF(told); i++)
            bad |= strstr(word, told[i]) != NULL;
    }
}

static void random_secret(const struct clock *clock, char secret[33])
{
    for (unsigned i = 0; i < 2; i++)
        snprintf(secret + 16 * i, 17, "%016llx", (unsigned long long)clock->random(clock));
}

static void write_config(struct buf *out, const struct init_answers *a, const char *word,
                         const char *attribute)
{
    buf_print(
        out,
        "# sidetrack, made by `sidetrack init`. Every key: `sidetrack describe config`.\n"
        "# ${NAME} comes from the environment, file:PATH from a file; unknown keys are errors.\n"
        "# After a change: `sidetrack check -c FILE`, then SIGHUP to the running gateway.\n\n"
        "listen: 0.0.0.0:8080            # browsers and shops; put TLS in front\n"
        "admin: 127.0.0.1:8081           # metrics and health; keep it on this machine\n"
        "data: /var/lib/sidetrack/sidetrack.db\n"
        "trusted_proxies: [127.0.0.1/32] # whose X-Forwarded-For is believed\n"
        "retention: 90d                  # the journal\n"
        "dedup_window: 7d                # copies are known this long\n"
        "log: { format: logfmt, level: info }\n\n"
        "stores:\n"
        "  - name: %s\n"
        "    hosts: [%s]                 # pages that may send events\n"
        "    gateway_hosts: [%s]         # this gateway's own name for the store\n"
        "    currency: %s\n"
        "    timezone: UTC\n"
        "    collect_path: /%s           # made up at random; keep it neutral\n"
        "    snippet_path: /%s.js\n"
        "    cart_attribute: _%s\n"
        "    cookie: { name: _%sid }\n"
        "    consent: { default: denied } # for visitors who said nothing\n"
        "    link_secret: \"${LINK_SECRET}\"\n",
        a->name, a->host, a->gateway, a->currency, word, word, attribute, attribute);
    buf_print(
        out,
        "    shopify:\n"
        "      domain: %s\n"
        "      secrets: [\"${SHOPIFY_SECRET}\"]\n"
        "    orders:\n"
        "      trigger: created            # created | paid\n"
        "      hold: 120s                  # a webhook waits this long for the browser's half\n"
        "      value: total                # total | subtotal | net\n"
        "    destinations:\n"
        "      - meta: { pixel_id: \"${META_PIXEL}\", access_token: \"${META_TOKEN}\" }\n"
        "      # native_integration: Klaviyo's own Shopify app is on; ours sends what it lacks\n"
        "      - klaviyo: { private_key: \"${KLAVIYO_KEY}\", native_integration: true }\n",
        a->shopify);
}

static void write_advice(struct buf *out, const struct init_answers *a, const char *word,
                         const char *attribute, const char *secret)
{
    struct arena arena;
    arena_init(&arena, 4 * KIB);
    span collect = arena_print(&arena, "https://%s/%s", a->gateway, word);
    span cookie = arena_print(&arena, "_%sid", attribute);
    span cart = arena_print(&arena, "_%s", attribute);
    buf_print(
        out,
        "Set in the environment of `sidetrack serve`:\n"
        "  SHOPIFY_SECRET  the client secret of your Shopify app; it signs the app's webhooks\n"
        "                  (webhooks made under Settings > Notifications are signed with the key\n"
        "                  shown there: write that as notification_secret, beside secrets)\n"
        "  META_PIXEL      dataset (pixel) id     META_TOKEN   its Conversions API token\n"
        "  KLAVIYO_KEY     private API key with events:write and profiles:write\n"
        "  LINK_SECRET     %s, made up just now; it signs links\n"
        "Leave out a destination you do not have.\n\n"
        "In Shopify, webhooks (JSON) to https://%s/shopify/webhooks for:\n",
        secret, a->gateway);
    for (unsigned i = 0; paste_topics[i]; i++)
        buf_print(out, "  %s\n", paste_topics[i]);
    buf_add_text(out,
                 "and the three compliance webhooks to the same address: customers/data_request,\n"
                 "customers/redact, shop/redact.\n\n");
    paste_snippet(a->gateway, arena_print(&arena, "/%s.js", word), out);
    buf_print(out,
              "\nThe data: mkdir -p /var/lib/sidetrack, owned by the user `sidetrack serve` runs "
              "as.\n"
              "Point %s at this machine, with TLS. Then: sidetrack check, sidetrack serve.\n"
              "The dashboard's page Setup has all of this to copy, and tells what has arrived.\n\n",
              a->gateway);
    paste_pixel(&(struct snippet_pixel){collect, cookie, cart, {{0}}, NULL}, out);
    arena_done(&arena);
}

void init_write(const struct clock *clock, const struct init_answers *answers, struct buf *config,
                struct buf *advice)
{
    char word[WORD_LETTERS + 1], attribute[WORD_LETTERS + 1], secret[33];
    random_word(clock, word);
    random_word(clock, attribute);
    random_secret(clock, secret);
    write_config(config, answers, word, attribute);
    write_advice(advice, answers, word, attribute, secret);
}

static void say_all(span config, span advice)
{
    struct say say;
    struct json *json = say_start(&say);
    json_put_text(json, "config", config);
    json_put_text(json, "advice", advice);
    say_end(&say);
}

/* Never over a file that is there: it may hold the paths a shop already uses. */
static int write_out(const char *path, span text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        fprintf(stderr, "sidetrack init: %s: %s\n", path,
                errno == EEXIST
                    ? "is there already, and may hold the paths your shop uses: it stays as "
                      "it is; name another file"
                    : strerror(errno));
        return EXIT_FAILED;
    }
    bool written = write(file, text.ptr, text.len) == (ssize_t)text.len;
    if (close(file) != 0 || !written) {
        fprintf(stderr, "sidetrack init: %s could not be written whole\n", path);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

static const char *answer(const struct args *args, const char *name, const char *otherwise)
{
    const char *text = args_get(args, name);
    return text ? text : otherwise;
}

int init_verb(const struct args *args)
{
    const struct init_answers answers = {
        .name = answer(args, "name", "acme"),
        .host = answer(args, "host", "shop.acme.example"),
        .gateway = answer(args, "gateway", "t.acme.example"),
        .shopify = answer(args, "shopify", "acme.myshopify.com"),
        .currency = answer(args, "currency", "EUR"),
    };
    struct buf config, advice, troubles;
    const struct config *loaded = NULL;
    buf_init(&config, 64 * KIB);
    buf_init(&advice, 64 * KIB);
    buf_init(&troubles, CONFIG_TROUBLES);
    init_write(&clock_real, &answers, &config, &advice);
    int code = EXIT_DONE;
    if (config_parse(buf_span(&config), "the new config", false, &troubles, &loaded) != OK) {
        fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&troubles)));
        code = EXIT_WRONG;
    } else if (args_get(args, "out")) {
        code = write_out(args_get(args, "out"), buf_span(&config));
    } else if (!args_get(args, "json")) {
        fwrite(config.ptr, 1, config.len, stdout);
    }
    if (code == EXIT_DONE && args_get(args, "json"))
        say_all(buf_span(&config), buf_span(&advice));
    else if (code == EXIT_DONE)
        fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&advice)));
    config_free(loaded);
    buf_done(&config);
    buf_done(&advice);
    buf_done(&troubles);
    return code;
}
