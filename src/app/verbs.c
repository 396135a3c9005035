/* The verbs, and how a command line finds its verb. */
#include "verbs.h"

#include <signal.h>

#include "../sandbox/sandbox.h"
#include "config_row.h"

#define CONFIG                                                                                     \
    {                                                                                              \
        "config", "FILE", 'c', "the config; default /etc/sidetrack/sidetrack.yaml"                 \
    }
#define DATA                                                                                       \
    {                                                                                              \
        "data", "FILE", 0, "the database itself, instead of a config"                              \
    }
#define JSON                                                                                       \
    {                                                                                              \
        "json", NULL, 0, "JSON instead of text"                                                    \
    }
#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

static const struct args_option version_options[] = {JSON, END};
static const struct args_option check_options[] = {
    CONFIG,
    JSON,
    {"online", NULL, 0, "ask each platform too whether it would take our events"},
    END};
static const struct args_option serve_options[] = {
    CONFIG,
    {"ports", "FILE", 0, "write the addresses to FILE as JSON once they are open (for port 0)"},
    {"quick", NULL, 0, "retry within fractions of a second, for demos and tests"},
    {"unpaced", NULL, 0, "no rate limits, where every base_url is this machine's: for bench/run"},
    END};
static const struct args_option init_options[] = {
    {"name", "NAME", 0, "short name of the store"},
    {"host", "HOST", 0, "the shop's public host, shop.acme.example"},
    {"gateway", "HOST", 0, "the name of this gateway, t.acme.example"},
    {"shopify", "DOMAIN", 0, "the permanent domain, acme.myshopify.com"},
    {"currency", "CODE", 0, "the shop's currency"},
    {"out", "FILE", 0, "write there (never over a file), instead of standard output"},
    {"json", NULL, 0, "one JSON object: `config`, and `advice` on what to set where"},
    END};
static const struct args_option describe_options[] = {
    {"markdown", NULL, 0, "as a page of docs/"},
    JSON,
    {"config", "FILE", 'c', "the config, for `snippet` and `pixel`"},
    {"store", "NAME", 0, "of `snippet` and `pixel`, where there are several"},
    END};
static const struct args_option tail_options[] = {
    CONFIG,
    DATA,
    JSON,
    {"count", "N", 'n', "end after N events"},
    {"all", NULL, 0, "begin with the oldest event instead of the next"},
    END};
static const struct args_option show_options[] = {CONFIG, DATA, JSON, END};
static const struct args_option letters_options[] = {
    CONFIG,
    DATA,
    JSON,
    {"retry", NULL, 0, "let the dead ones wait again (of DESTINATION when given)"},
    {"quarantine", NULL, 0, "list signed bodies that were not understood instead"},
    {"drop", NULL, 0, "give the dead ones up (of DESTINATION when given)"},
    END};
static const struct args_option forget_options[] = {
    CONFIG, DATA, JSON, {"store", "NAME", 0, "of this store only"}, END};
static const struct args_option export_options[] = {
    CONFIG,
    DATA,
    {"store", "NAME", 0, "of this store only"},
    {"json", NULL, 0, "what is exported is JSON anyway; the list of --due too then"},
    {"due", NULL, 0, "list requests for one's own data that wait for an answer"},
    END};
static const struct args_option link_options[] = {
    CONFIG,
    JSON,
    {"store", "NAME", 0, "the store, where the config has several"},
    {"days", "N", 0, "how long the link is good; default 30, at most 365"},
    {"url", "URL", 0, "print this address with the parameter"},
    END};
static const struct args_option report_options[] = {
    CONFIG,
    JSON,
    {"csv", NULL, 0, "CSV instead of text"},
    {"from", "DAY", 0, "first day, such as 2026-11-18; default six days before --to"},
    {"to", "DAY", 0, "last day; default today"},
    {"store", "NAME", 0, "of this store; default all (JSON and CSV: the first)"},
    END};
static const struct args_option replay_options[] = {
    CONFIG,
    DATA,
    JSON,
    {"destination", "NAME", 0, "to whom"},
    {"from", "TIME", 0, "events received from then on: 2026-11-24T16:00:00Z, or a day (UTC)"},
    {"to", "TIME", 0, "and before then"},
    {"store", "NAME", 0, "of this store only"},
    {"dry", NULL, 0, "only count"},
    {"force", NULL, 0, "what was delivered too, as long as the platform knows a copy"},
    END};
static const struct args_option file_options[] = {CONFIG, DATA, JSON, END};
static const struct args_option passwd_options[] = {
    CONFIG,
    DATA,
    JSON,
    {"viewer", NULL, 0, "the password of those who may look and change nothing"},
    {"remove", NULL, 0, "take the password away"},
    END};
static const struct args_option token_options[] = {
    CONFIG, DATA, JSON, {"viewer", NULL, 0, "make one that may look and change nothing"}, END};
static const struct args_option help_options[] = {
    {"man", NULL, 0, "the manual page, for man(1)"},
    {"completion", "SHELL", 0, "a completion script; SHELL is bash"},
    END};
static const struct args_option alerts_options[] = {CONFIG, DATA, JSON, END};
static const struct args_option audit_options[] = {
    {"har", "FILE", 0,
     "a recording of a visit (the browser's developer tools, Network, Save all as HAR)"},
    {"live", NULL, 0, "let a browser look too (Chromium must be installed; it never buys)"},
    JSON,
    {"html", "FILE", 0, "write the report as one page to FILE too"},
    {"allow-private", NULL, 0, "let it connect to private and loopback addresses"},
    END};
static const struct args_option sandbox_options[] = {
    {"port", "N", 'p', "port on 127.0.0.1; default 8090, 0: any free one"},
    {"ports", "FILE", 0, "write the port to FILE as JSON once it is open"},
    END};
static const struct args_option shop_options[] = {
    {"port", "N", 'p', "port on 127.0.0.1; default 8090, 0: any free one"},
    {"ports", "FILE", 0, "write the port to FILE as JSON once it is open"},
    {"gateway", "URL", 0, "the gateway; default http://127.0.0.1:8080"},
    {"collect", "PATH", 0, "the store's collect_path; default /qzkv"},
    {"snippet", "PATH", 0, "its snippet_path; default /qzkv.js"},
    {"attribute", "NAME", 0, "its cart_attribute; default _qz"},
    {"cookie", "NAME", 0, "its cookie's name; default _gwid"},
    {"domain", "DOMAIN", 0, "its shopify.domain"},
    {"secret", "TEXT", 0, "one of its shopify.secrets"},
    {"tags", "STATE", 0, "stand-ins of ad tags, for `audit`: none, clean, doubled, unasked"},
    END};
static const struct args_option demo_options[] = {
    {"once", NULL, 0, "play, compare, exit: 0 only if all is equal"},
    {"keep", NULL, 0, "keep the folder with database and logs"},
    END};

#define FAULT_HELP(name, word, processed, help)                                                    \
    "  " word ": " help "; " FAULT_##processed " processed\n"
#define FAULT_true  "is"
#define FAULT_false "not"

/* clang-format would make ladders of the long texts. */
/* clang-format off */
const struct verb verbs[] = {
    {"serve", "", "run the gateway",
     "Runs in the foreground and logs to standard error. SIGTERM or SIGINT: takes nothing new,\n"
     "finishes what is in flight and exits within 10 seconds. SIGHUP: reads the config again; one\n"
     "with errors is refused and the old one stays. Addresses, data, retention, limits and trusted\n"
     "proxies need a restart.\n",
     serve_options, 0, 0, serve_verb},
    {"check", "", "check the config; every error with line, column and what would be right",
     "--online also asks each platform, in its validate mode or with a probe that records nothing,\n"
     "whether token, account and events are as it wants them. Exit 1 when one does not.\n",
     check_options, 0, 0, check_verb},
    {"init", "", "write a commented config with random neutral paths",
     "The config goes to standard output or --out; what is to be set in the shop goes to standard\n"
     "error. Secrets are named as ${NAME}: put them into the environment.\n",
     init_options, 0, 0, init_verb},
    {"describe", "[DESTINATION|SOURCE|config|snippet|pixel|audit]", "print options, mappings and limits",
     "From the same tables the program works with. Without a word: the list. `snippet` and `pixel`\n"
     "print what to paste into the shop, for a store of the config.\n",
     describe_options, 0, 1, describe_verb},
    {"tail", "", "follow events as they pass, one line each", "", tail_options, 0, 0, tail_verb},
    {"show", "order|event|person ID, or identity", "the whole story of one order, event or person",
     "An order by its number (1001), name (#1001), the shop's id, or the id platforms see (o_…). An\n"
     "event by its id or journal number. A person by e-mail, phone, customer id, visitor, or the\n"
     "number that the other stories give. `show identity` lists every merge with its reason, and\n"
     "the identifiers that name nobody.\n",
     show_options, 1, 2, show_verb},
    {"letters", "[DESTINATION]", "what could not be delivered, and why", "",
     letters_options, 0, 1, letters_verb},
    {"forget", "EMAIL|PHONE|CUSTOMER", "erase a person everywhere, with a receipt",
     "Out of the journal, people, visitors, orders, letters, batches and the quarantine; keys that\n"
     "are hashes stay, so that nothing of before is counted again. Works beside a running gateway\n"
     "and without one. What a platform has already been given is erased there: docs/identity.md.\n",
     forget_options, 1, 1, forget_verb},
    {"export", "[PERSON]", "all that is held of a person, as JSON, with a receipt",
     "A person by e-mail, phone, customer id, visitor or number, as for `show person`. A request\n"
     "that came by customers/data_request counts as answered then.\n",
     export_options, 0, 1, export_verb},
    {"link", "EMAIL", "our signed link parameter for an e-mail",
     "Whoever opens a page of the shop with it is known by that e-mail on that device. The e-mail\n"
     "cannot be read from it.\n",
     link_options, 1, 1, link_verb},
    {"report", "recovery|delivery|match", "what the dashboard's reports say",
     "recovery  per day and platform: orders both halves told of, only the server, only the browser;\n"
     "          with value, blocked tags and the share that deduplicates\n"
     "delivery  per day and destination: accepted, refused, passed over and why, how long it took\n"
     "match     per destination: the share of events with each identifier, and what would raise it\n"
     "Days are the store's. The method, and what is not known, is told beside the numbers.\n",
     report_options, 1, 1, report_verb},
    {"replay", "", "send a period again, with the same ids",
     "What was delivered is passed over, unless --force: that is allowed where the platform tells\n"
     "every copy, and only inside its memory of copies (Meta and TikTok: 48 hours), so nothing\n"
     "counts twice. Consent and age are asked again. Each event goes by itself, as a letter; a\n"
     "running gateway begins within half a minute.\n",
     replay_options, 0, 0, replay_verb},
    {"backup", "FILE", "a consistent copy of the database, while the gateway runs",
     "One snapshot, checked (SQLite's integrity check) before it gets its name; never written over\n"
     "a file. Passwords and tokens (DATABASE.keys) are not in it.\n",
     file_options, 1, 1, backup_verb},
    {"restore", "FILE", "a backup takes the database's place; the gateway must be stopped",
     "Refused while a gateway runs, and for a file that is not ours, damaged, or of a newer\n"
     "sidetrack; one of an older sidetrack is brought up to date by the next start. What was there\n"
     "stays as DATABASE.before. What was delivered since the backup may be sent again: platforms\n"
     "drop those copies inside their dedup windows.\n",
     file_options, 1, 1, restore_verb},
    {"audit", "URL", "which tracking gaps a store has, seen from outside, and what to do",
     "Reads a few pages as a polite program (10 requests at most, no script is run) and, with --har,\n"
     "what a browser was seen doing. --live opens a Chromium of its own: home, a product, the cart, once\n"
     "with a yes to the banner and once with a no; events that it could read are not let out. Each\n"
     "finding quotes its evidence; what cannot be told is said to be so. E-mails and secrets are masked.\n"
     "Exit: 0 nothing amiss, 1 warnings, 2 problems, 3 the store could not be read. The checks:\n"
     "`sidetrack describe audit`.\n",
     audit_options, 1, 1, audit_verb},
    {"alerts", "[list|rules|test]", "what is unwell now, what is looked for; a test of the channels",
     "list (what no word means): the alerts that are open. rules: what is looked for, when it fires and\n"
     "what to do then. test: sends a notice through every channel of the config and says what each\n"
     "answered; exit 1 when one did not take it, or there is none.\n",
     alerts_options, 0, 1, alerts_verb},
    {"passwd", "", "set the password of the dashboard",
     "Asks for it twice on a terminal, or reads one line of standard input. It is kept as an\n"
     "argon2id hash in DATABASE.keys (mode 0600); a running gateway takes it at once.\n",
     passwd_options, 0, 0, passwd_verb},
    {"token", "make NAME|list|revoke ID", "bearer tokens for machines that ask the API",
     "A token is shown once, when it is made; only its SHA-256 is kept, in DATABASE.keys. Send it\n"
     "as `Authorization: Bearer st_…`.\n",
     token_options, 1, 2, token_verb},
    {"sandbox", "", "the platforms, played locally and strictly",
     "Meta, Google, TikTok, GA4, a server container, Pinterest, Klaviyo on one port of 127.0.0.1. What they\n"
     "hold: GET /_sandbox/totals. Faults: POST /_sandbox/faults one or a list of\n"
     "  {\"platform\":\"meta\",\"kind\":\"503\",\"count\":2}       the next two requests\n"
     "  {\"platform\":\"meta\",\"kind\":\"503\",\"rate\":0.2}      a fifth of them, until DELETE; or \"seed\":7\n"
     "with \"after\" (so many pass first), \"match\" (only those that hold this text), \"ms\". Kinds:\n"
     SANDBOX_FAULT_KINDS(FAULT_HELP),
     sandbox_options, 0, 0, sandbox_verb},
    {"shop", "", "the demo shop by itself, beside a gateway of yours", "",
     shop_options, 0, 0, shop_verb},
    {"demo", "", "gateway, sandbox and a demo shop, with shoppers; what ./run starts", "",
     demo_options, 0, 0, demo_verb},
    {"version", "", "version, commit, libraries", "", version_options, 0, 0, version_verb},
    {"help", "[VERB]", "this list, or one verb", "", help_options, 0, 1, help_verb},
    {.name = NULL},
};
/* clang-format on */

const struct verb *verbs_find(const char *name)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

void verbs_print(FILE *out)
{
    fprintf(out, "sidetrack VERB [options]\n\n");
    for (const struct verb *verb = verbs; verb->name; verb++)
        fprintf(out, "  %-9s %s\n", verb->name, verb->summary);
    fprintf(
        out,
        "\n`sidetrack help VERB` tells more. Exit: 0 done, 1 failed, 2 wrong use or bad config.\n");
}

void verbs_print_one(FILE *out, const struct verb *verb)
{
    fprintf(out, "sidetrack %s%s%s%s: %s\n", verb->name, *verb->words ? " " : "", verb->words,
            verb->options[0].name ? " [options]" : "", verb->summary);
    if (*verb->detail)
        fprintf(out, "\n%s", verb->detail);
    if (verb->options[0].name)
        fputc('\n', out);
    for (const struct args_option *o = verb->options; o->name; o++) {
        char left[48];
        snprintf(left, sizeof left, "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
                 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        fprintf(out, "  %-24s %s\n", left, o->help);
    }
}

static const char *nth_verb(const void *list, unsigned n)
{
    const struct verb *all = list;
    return all[n].name;
}

int verbs_wrong(const char *name)
{
    const char *nearest = config_nearest(span_of(name), nth_verb, verbs);
    if (nearest)
        fprintf(stderr, "sidetrack: there is no verb `%s`; did you mean `%s`?\n", name, nearest);
    else
        fprintf(stderr, "sidetrack: there is no verb `%s`; `sidetrack help` lists them\n", name);
    return EXIT_WRONG;
}

int verbs_main(int argc, char *const *argv)
{
    if (argc < 2) {
        verbs_print(stderr);
        return EXIT_WRONG;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct verb *verb = verbs_find(name);
    if (!verb)
        return verbs_wrong(name);
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            verbs_print_one(stdout, verb);
            return EXIT_DONE;
        }
    struct args args;
    struct error error;
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error code, not an end half way */
    if (args_parse(verb->options, verb->most_words, argc - 2, argv + 2, &args, &error) != OK) {
        fprintf(stderr, "sidetrack %s: %s; `sidetrack help %s` tells more\n", name, error.text,
                name);
        return EXIT_WRONG;
    }
    if (args.word_count < verb->least_words) {
        fprintf(stderr, "sidetrack %s: say %s; `sidetrack help %s` tells more\n", name, verb->words,
                name);
        return EXIT_WRONG;
    }
    return verb->run(&args);
}
