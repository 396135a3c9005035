/*
 * What a good config becomes, and every way to be wrong with the exact place of each error.
 */
#include "../../../src/app/config.c"

#include <setjmp.h>
#include <cmocka.h>

#include "../../../src/destinations/meta.h"

/* Five lines; more keys of the store follow from line 6 on. */
#define STORE                                                                                      \
    "stores:\n"                                                                                    \
    "  - name: acme\n"                                                                             \
    "    hosts: [shop.acme.example]\n"                                                             \
    "    currency: EUR\n"                                                                          \
    "    collect_path: /qzkv\n"

static const struct config *load(const char *text)
{
    const struct config *config = NULL;
    struct buf troubles;
    buf_init(&troubles, CONFIG_TROUBLES);
    if (config_parse(span_of(text), "c", true, &troubles, &config) != OK)
        fail_msg("%.*s", SPAN_ARG(buf_span(&troubles)));
    buf_done(&troubles);
    return config;
}

/* All of what is said, "LINE:COLUMN: text\n" each. */
static void wrong(const char *text, const char *expected)
{
    const struct config *config = NULL;
    struct buf troubles, plain;
    buf_init(&troubles, CONFIG_TROUBLES);
    buf_init(&plain, CONFIG_TROUBLES);
    assert_int_equal(config_parse(span_of(text), "c", true, &troubles, &config), INVALID);
    span rest = buf_span(&troubles), line;
    while (span_split(&rest, '\n', &line))
        if (line.len > 2)
            buf_print(&plain, "%.*s\n", (int)line.len - 2, line.ptr + 2);
    buf_add_char(&plain, '\0');
    assert_string_equal(plain.ptr, expected);
    buf_done(&troubles);
    buf_done(&plain);
}

/* ---- good ------------------------------------------------------------------------------------ */

static void test_defaults(void **state)
{
    (void)state;
    const struct config *config = load(STORE);
    const struct shop *shop = config->shops[0];
    assert_true(span_is(config->listen.host, "0.0.0.0"));
    assert_int_equal(config->listen.port, 8080);
    assert_int_equal(config->admin.port, 8081);
    assert_string_equal(config->data.ptr, "/var/lib/sidetrack/sidetrack.db");
    assert_int_equal(config->retention_ms, 90 * DAY_MS);
    assert_int_equal(config->keep_ms, 730 * DAY_MS);
    assert_int_equal(config->trusted.count, 1);
    assert_true(addr_in(&config->trusted, SPAN("127.0.0.1")));
    assert_int_equal(config->log_level, LOG_INFO);
    assert_int_equal(config->limits.per_ip, 50);
    assert_int_equal(config->limits.connections, 10000);
    assert_int_equal(config->shop_count, 1);
    assert_int_equal(config->outlet_count, 0);
    assert_true(span_is(shop->name, "acme"));
    assert_true(span_is(shop->snippet_path, "/qzkv.js"));
    assert_true(span_is(shop->cookie_name, "_gwid"));
    assert_int_equal(shop->consent.otherwise, CONSENT_DENIED);
    assert_int_equal(shop->dedup_window_ms, 7 * DAY_MS);
    assert_int_equal(shop->orders.hold_ms, 120 * SECOND_MS);
    assert_int_equal(shop->orders.wait_for_webhook_ms, 15 * MINUTE_MS);
    assert_int_equal(shop->orders.channels.count, 1);
    assert_true(span_is(shop->orders.channels.items[0], "web"));
    assert_int_equal(shop->orders.exclude,
                     (1u << KIND_TEST | 1u << KIND_POS | 1u << KIND_DRAFT | 1u << KIND_RENEWAL |
                      1u << KIND_MARKETPLACE | EXCLUDE_ZERO));
    assert_true(span_is(shop->orders.product_id, "variant_id"));
    assert_true(span_empty(shop->shopify.domain));
    config_free(config);
}

static void test_written(void **state)
{
    (void)state;
    setenv("CONFIG_TEST", "hush", 1);
    const struct config *config =
        load("listen: \"[::1]:0\"\nlog: { format: json, level: warn }\ndedup_window: 12h\n" STORE
             "    mode: test\n"
             "    consent: { default: granted, regions: { US: granted, US-CA: denied } }\n"
             "    shopify: { domain: ACME.myshopify.com, secrets: \"${CONFIG_TEST}\" }\n"
             "    orders: { trigger: paid, hold: 0, value: net, exclude: [], channels: [web, "
             "\"580111\"],"
             " product_id: \"shopify_US_{product_id}_{variant_id}\" }\n");
    const struct shop *shop = config->shops[0];
    assert_true(span_is(config->listen.host, "::1"));
    assert_int_equal(config->log_format, LOG_JSON);
    assert_int_equal(config->log_level, LOG_WARN);
    assert_int_equal(shop->dedup_window_ms, 12 * HOUR_MS);
    assert_int_equal(shop->mode, SHOP_TEST);
    assert_int_equal(shop->consent.otherwise, CONSENT_GRANTED);
    assert_int_equal(shop->consent.region_count, 2);
    assert_int_equal(shop->consent.regions[1].choice, CONSENT_DENIED);
    assert_true(span_is(shop->shopify.domain, "acme.myshopify.com"));
    assert_int_equal(shop->shopify.secrets.count, 1);
    assert_true(span_is(shop->shopify.secrets.items[0], "hush"));
    assert_int_equal(shop->orders.trigger, TRIGGER_PAID);
    assert_int_equal(shop->orders.hold_ms, 0);
    assert_int_equal(shop->orders.value, VALUE_NET);
    assert_int_equal(shop->orders.exclude, 0);
    assert_int_equal(shop->orders.channels.count, 2);
    config_free(config);
}

static void test_outlets(void **state)
{
    (void)state;
    const struct config *config = load(
        STORE "    destinations:\n"
              "      - meta: { pixel_id: \"12\", access_token: t, refunds: custom,"
              " events: [order_placed, custom], base_url: \"http://127.0.0.1:9/\" }\n"
              "      - klaviyo: { private_key: k, enabled: false, mode: dry, consent: require }\n");
    assert_int_equal(config->outlet_count, 2);
    const struct outlet_spec *meta = &config->outlets[0], *klaviyo = &config->outlets[1];
    const struct meta_settings *own = (const struct meta_settings *)(const void *)meta->settings;
    assert_ptr_equal(meta->destination, &destination_meta);
    assert_ptr_equal(meta->shop, config->shops[0]);
    assert_ptr_equal(meta->settings->shop, config->shops[0]);
    assert_true(span_is(own->pixel_id, "12"));
    assert_int_equal(own->refunds, META_REFUNDS_CUSTOM);
    assert_true(span_is(meta->settings->base_url, "http://127.0.0.1:9"));
    assert_true(span_is(meta->settings->api_version, destination_meta.api_version));
    assert_true(meta->settings->events ==
                (UINT64_C(1) << EVENT_ORDER_PLACED | UINT64_C(1) << EVENT_CUSTOM));
    assert_true(meta->settings->enabled);
    assert_false(meta->settings->consent_given);
    assert_false(klaviyo->settings->enabled);
    assert_int_equal(klaviyo->settings->mode, OUTLET_DRY);
    assert_true(klaviyo->settings->consent_given);
    assert_true(span_is(klaviyo->settings->base_url, destination_klaviyo.host));
    assert_true(klaviyo->settings->events == UINT64_MAX);
    config_free(config);
}

static void test_the_example_is_good(void **state)
{
    (void)state;
    static const char *const names[] = {"ACME_API", "LINK_SECRET", "SHOPIFY_SECRET", "META_TOKEN",
                                        "KLAVIYO_KEY"};
    const struct config *config = NULL;
    struct buf troubles;
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        setenv(names[i], "x", 1);
    buf_init(&troubles, CONFIG_TROUBLES);
    if (config_load(SIDETRACK_EXAMPLE, &troubles, &config) != OK)
        fail_msg("%.*s", SPAN_ARG(buf_span(&troubles)));
    assert_int_equal(config->outlet_count, 2);
    config_free(config);
    assert_int_equal(config_load("/nonexistent/sidetrack.yaml", &troubles, &config), MISSING);
    buf_add_char(&troubles, '\0');
    assert_non_null(strstr(troubles.ptr, "No such file"));
    buf_done(&troubles);
}

static void test_alerts_need_what_they_need(void **state)
{
    (void)state;
    const struct config *config = load(
        "alerts:\n  webhook: https://hooks.example/T0\n  email: { to: [ops@acme.example], from: "
        "st@acme.example, smtp: \"smtps://me:secret@mail.example:465\" }\n" STORE);
    struct alert_channels channels = config_channels(config);
    assert_true(span_is(channels.webhook, "https://hooks.example/T0"));
    assert_int_equal(channels.to_count, 1);
    config_free(config);
    wrong("alerts: { webhook: hooks.example }\n" STORE,
          "1:20: `alerts.webhook` should be an address such as https://hooks.example/T0/B0\n");
    wrong("alerts: { email: { to: [a@b.example], from: c@b.example, smtp: mail.example } }\n" STORE,
          "1:64: `alerts.email.smtp` should be smtp://USER:PASSWORD@HOST:PORT or smtps://…\n");
    wrong("alerts: { email: { to: [a@b.example] } }\n" STORE,
          "1:18: `alerts.email` needs `to`, `smtp` and `from`, or none of them\n");
}

static void test_warnings_stop_nobody(void **state)
{
    (void)state;
    const struct config *config =
        load("admin: 0.0.0.0:8081\n"
             "alerts: { webhook: \"https://a.example/x\" }\n"
             "geo: { city: /x.mmdb }\n" STORE "    cookie: { domain: .acme.example }\n"
             "    destinations:\n      - klaviyo: { private_key: k }\n");
    char *said = arena_text(&((struct config *)(uintptr_t)config)->arena, config->warnings);
    assert_string_equal(said,
                        "c:1:8: `admin` can be reached from other machines: put TLS in front of "
                        "it, or its password goes over the net in clear\n"
                        "c:11:33: `private_key` usually begins with pk_; this looks like another "
                        "key\n");
    config_free(config);
    config = load(STORE "    link_secret: $LINK_SECRET\n");
    said = arena_text(&((struct config *)(uintptr_t)config)->arena, config->warnings);
    assert_string_equal(said, "c:6:18: `link_secret` is taken as it is written; the environment's "
                              "would be ${LINK_SECRET}\n");
    config_free(config);
    config = load(STORE);
    assert_true(span_empty(config->warnings));
    config_free(config);
}

/* ---- wrong ----------------------------------------------------------------------------------- */

static void test_keys(void **state)
{
    (void)state;
    wrong("", "1:1: the config has no `stores`: one entry a shop\n");
    wrong("- a\n", "1:1: the config must be a map of keys and values\n");
    wrong("lisen: 1.1.1.1:1\n" STORE,
          "1:1: unknown key `lisen` in the config; did you mean `listen`?\n");
    wrong("log: { colour: red }\n" STORE,
          "1:8: unknown key `colour` in `log`; known are format, level\n");
    wrong(STORE "    currencyy: USD\n",
          "6:5: unknown key `currencyy` in store `acme`; did you mean `currency`?\n");
    wrong("log: loud\n" STORE, "1:6: `log` must be a map of keys and values\n");
    wrong("stores: []\n", "1:9: `stores` must be a list with at least one store\n");
    wrong("stores: acme\n", "1:9: `stores` must be a list with at least one store, not \"acme\"\n");
}

static void test_required(void **state)
{
    (void)state;
    wrong("stores:\n  - name: a\n    hosts:\n    currency: EUR\n    collect_path: /q\n",
          "2:5: store `a` has no `hosts`: hosts whose pages may send events; *.acme.example allows "
          "every subdomain\n");
    wrong(
        STORE "    shopify: { domain: a.myshopify.com }\n",
        "6:14: `shopify` has no `secrets`: client secrets of the app; any of them may have signed "
        "a webhook\n");
    wrong(STORE "    destinations:\n      - meta: { pixel_id: \"1\" }\n",
          "7:15: `meta` has no `access_token`: Conversions API token of that dataset\n");
    wrong(
        STORE "    destinations:\n      - klaviyo:\n",
        "7:17: `klaviyo` has no `private_key`: Private API key with events:write, profiles:write, "
        "subscriptions:write\n");
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *line, *said;
    } cases[] = {
        {"    timezone: Europe Berlin\n", "6:15: `timezone` must be a time zone's name such as "
                                          "Europe/Berlin, not \"Europe Berlin\"\n"},
        {"    timezone: Europe/Berln\n",
         "6:15: `timezone`: this machine knows no time zone \"Europe/Berln\"; names are those of "
         "/usr/share/zoneinfo, such as Europe/Berlin\n"},
        {"    gateway_hosts: [\"*.co.uk\"]\n",
         "6:21: `gateway_hosts`: *.co.uk is everybody's, not one shop's; name the shop's own "
         "domain, such as *.acme.example\n"},
        {"    cookie: { domain: .other.example }\n",
         "6:23: `domain` covers none of `hosts`, so no page would see the cookie; write one of "
         "them or what they end with, such as .acme.example\n"},
        {"    shopify: { domain: a.myshopify.com, secrets: [] }\n",
         "6:50: `secrets` is empty: client secrets of the app; any of them may have signed a "
         "webhook\n"},
        {"    link_secret: \"a\\r\\nb\"\n",
         "6:18: `link_secret` contains a control byte, such as a line end or a tab; leave it "
         "out\n"},
        {"    mode: tset\n", "6:11: `mode` must be live or test; did you mean test?\n"},
        {"    bots: maybe\n", "6:11: `bots` must be exclude or include\n"},
        {"    cart_attribute: \"a b\"\n",
         "6:21: `cart_attribute` must be a name of letters, digits, - and _, not \"a b\"\n"},
        {"    snippet_path: qz.js\n",
         "6:19: `snippet_path` must be a path such as /qzkv, not \"qz.js\"\n"},
        {"    snippet_path: /v1/x\n",
         "6:19: `snippet_path`: paths under /v1/ are the gateway's own; choose another, such as "
         "/qzkv\n"},
        {"    snippet_path: /qzkv\n", "6:19: `snippet_path` must differ from `collect_path`\n"},
        {"    gateway_hosts: [\"https://t.acme.example/\"]\n",
         "6:21: `gateway_hosts` takes a host name such as shop.example.com; leave out the scheme "
         "and "
         "the path\n"},
        {"    gateway_hosts: { a: b }\n",
         "6:20: `gateway_hosts` must be a list of hosts such as [shop.example.com]\n"},
        {"    orders: { hold: 2 h }\n",
         "6:21: `hold` must be a duration such as 90d, 2y, 12h, 15m or 120s, not \"2 h\"\n"},
        {"    orders: { hold: 2h }\n", "6:21: `hold` must be between 0s and 1h\n"},
        {"    orders: { exclude: [pos, tests] }\n",
         "6:30: `exclude` must be test, pos, draft, renewal, marketplace or zero; did you mean "
         "test?\n"},
        {"    orders: { exclude: pos }\n",
         "6:24: `exclude` must be a list such as [test, pos], not \"pos\"\n"},
        {"    orders: { product_id: \"{colour}\" }\n",
         "6:27: `product_id` must be variant_id, product_id, sku, or a template of these such as "
         "\"shopify_US_{product_id}_{variant_id}\", not \"{colour}\"\n"},
        {"    api_tokens: [a: b]\n",
         "6:18: `api_tokens` takes text that is not empty; quote what contains a colon and a "
         "blank\n"},
        {"    orders: { channels: [\"\"] }\n", "6:26: `channels` takes text that is not empty\n"},
        {"    consent: { regions: { usa: granted } }\n",
         "6:27: `regions` names regions like US or US-CA, in capitals\n"},
        {"    consent: { regions: { US: yes } }\n", "6:31: `US` must be granted or denied\n"},
        {"    shopify: { domain: acme.example, secrets: [s] }\n",
         "6:24: `domain` must be the permanent NAME.myshopify.com, not the public one: webhooks "
         "name "
         "no other\n"},
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s%s", STORE, cases[i].line);
        wrong(text, cases[i].said);
    }
}

static void test_top_values(void **state)
{
    (void)state;
    wrong("listen: 8080\n" STORE, "1:9: `listen` must be an IP and a port such as 0.0.0.0:8080 or "
                                  "[::1]:8080, not \"8080\"\n");
    wrong("listen: 127.0.0.1:8081\n" STORE, "1:1: `admin` and `listen` are the same address\n");
    wrong("retention: 5d\n" STORE, "1:12: `retention` is shorter than `dedup_window`: a copy must "
                                   "still be known when it comes\n");
    wrong("log:\n\tlevel: info\n" STORE, "2:1: tabs are not allowed in YAML; indent with spaces\n");
    wrong("trusted_proxies: [10.0.0.0/33]\n" STORE,
          "1:19: `trusted_proxies` takes ranges such as 10.0.0.0/8 or 2001:db8::/32\n");
    wrong("retention: 1h\n" STORE, "1:12: `retention` must be between 1d and 3650d\n");
    wrong("limits: { loops: many }\n" STORE,
          "1:18: `loops` must be a whole number, not \"many\"\n");
    wrong("limits: { loops: 65 }\n" STORE, "1:18: `loops` must be between 0 and 64\n");
    wrong("stores:\n  - name: Acme\n    hosts: [a.b]\n    currency: EURO\n    collect_path: /q\n",
          "2:11: `name` must be a name of lower-case letters, digits, - and _, not \"Acme\"\n"
          "4:15: `currency` must be a currency's three letters (ISO 4217), such as EUR, not "
          "\"EURO\"\n");
}

static void test_destinations(void **state)
{
    (void)state;
    static const struct {
        const char *line, *said;
    } cases[] = {
        {"- meta: { pixel_id: 12x, access_token: t }",
         "7:27: `pixel_id` must be digits, such as 1234567890\n"},
        {"- meta: { pixel_id: 12, access_token: \"t\\nX-Other: 1\" }",
         "7:45: `access_token` contains a control byte, such as a line end or a tab; leave it "
         "out\n"},
        {"- mate: { }", "7:9: unknown destination `mate`; did you mean `meta`?\n"},
        {"- meta:\n        pixel_id: \"1\"\n        access_token: t",
         "8:9: `pixel_id` stands as deep as `meta`; the options of a destination are indented "
         "deeper than its name\n"},
        {"- meta: { pixel_id: 1, access_token: t }\n        klaviyo: { private_key: k }",
         "8:9: each destination begins with a dash of its own: write `- klaviyo:`\n"},
        {"- google_ads: { }", "7:9: unknown destination `google_ads`; did you mean `google`?\n"},
        {"- meta", "7:9: a destination is written `- meta: { pixel_id: …, … }`, one a line\n"},
        {"- klaviyo: { private_key: k, activ_on_site: true }",
         "7:36: unknown key `activ_on_site` in `klaviyo`; did you mean `active_on_site`?\n"},
        {"- klaviyo: { private_key: k, active_on_site: yes }",
         "7:52: `active_on_site` must be true or false, not \"yes\"\n"},
        {"- klaviyo: { private_key: \"\" }",
         "7:33: `private_key` must be text that is not empty\n"},
        {"- klaviyo: { private_key: k, base_url: \"http://evil.example\" }",
         "7:46: `base_url` must be https unless it is on this machine: it carries tokens and "
         "people's data\n"},
        {"- klaviyo: { private_key: k, base_url: \"https://a.example/x\" }",
         "7:46: `base_url` must be scheme and host without a path, such as https://sink.example, "
         "not "
         "\"https://a.example/x\"\n"},
        {"- klaviyo: { private_key: k, events: [orders/create] }",
         "7:45: `events` takes event names such as product_viewed or order_placed (see `sidetrack "
         "describe`), or custom\n"},
        {"- klaviyo: { private_key: k }\n      - klaviyo: { private_key: k }",
         "8:9: `klaviyo` is a destination of this store already\n"},
        {"- ga4: { measurement_id: G-1, api_secret: s }\n      - sgtm: { url: "
         "\"https://t.example\", "
         "measurement_id: G-1 }",
         "8:9: `sgtm` and `ga4` in one store would send every event twice: the container feeds "
         "that "
         "platform; keep one of them\n"},
        {"- sgtm: { url: \"https://t.example\", measurement_id: G-1 }\n      - tiktok: { "
         "pixel_code: C, "
         "access_token: t }",
         "8:9: `tiktok` and `sgtm` in one store would send every event twice: the container feeds "
         "that "
         "platform; keep one of them\n"},
        {"- sgtm: { url: \"\", measurement_id: G-1 }",
         "7:22: `url` must be scheme and host without a path, such as https://sgtm.shop.example, "
         "not \"\"\n"},
        {"- sgtm: { url: \"https://t.example\", measurement_id: UA-1, protocol: json }",
         "7:59: `measurement_id` must be a web stream's id, G- with capitals and digits, such as "
         "G-AB12CD34EF\n7:75: `protocol` must be g_collect or mp\n"},
        {"- ga4: { measurement_id: G-1, api_secret: s, unattributed: sned }",
         "7:66: `unattributed` must be send or skip; did you mean send?\n"},
        {"- meta: { pixel_id: 1, access_token: t, refunds: costum }",
         "7:56: `refunds` must be ignore or custom; did you mean custom?\n"},
        {"- meta: { pixel_id: 1, access_token: t, mode: test, consent: strict }",
         "7:53: `mode` must be live, dry or validate\n"
         "7:68: `consent` must be require, limited or transactional\n"},
        {"- meta: { pixel_id: 1, access_token: t, product_id: \"shop_{variant}\" }",
         "7:59: `product_id` must be variant_id, product_id, sku, or a template of these such as "
         "\"shopify_US_{product_id}_{variant_id}\", not \"shop_{variant}\"\n"},
        {"- tiktok: { pixel_code: c4 x, access_token: t }",
         "7:31: `pixel_code` must be capitals and digits, such as C4ABCDEF12345678, from Events "
         "Manager\n"},
        {"- klaviyo: { private_key: pk_1, list: Newsletter 1 }",
         "7:45: `list` must be the list's id, such as Y6nRLr (at the end of its address in "
         "Klaviyo), not its name\n"},
        {"- klaviyo: { private_key: pk_1, consent: limited }",
         "7:48: `consent` cannot be limited here: a message to nobody is none; write require or "
         "transactional\n"},
        {"- sgtm: { url: \"http://t.example\", measurement_id: G-1 }",
         "7:22: `url` must be https unless it is on this machine: it carries tokens and people's "
         "data\n"},
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s    destinations:\n      %s\n", STORE, cases[i].line);
        wrong(text, cases[i].said);
    }
}

/* What Google would only say when the first order waits for a token. */
static void test_google_credentials(void **state)
{
    (void)state;
    static const struct {
        const char *options, *said;
    } cases[] = {
        {"", "`service_account` is missing: write file:PATH of a service account's key, or else "
             "refresh_token, client_id and client_secret"},
        {", refresh_token: r",
         "`client_id` is missing: a refresh_token is of one OAuth client\n"
         "c:7:17: `client_secret` is missing: a refresh_token is of one OAuth "
         "client"},
        {", api: ads, refresh_token: r, client_id: c, client_secret: s",
         "`developer_token` is missing: `api: ads` needs it; the default, data_manager, does not"},
        {", api: adds, refresh_token: r, client_id: c, client_secret: s",
         "`api` must be data_manager or ads; did you mean ads?"},
        {", oauth_url: \"http://a.example/token\", refresh_token: r, client_id: c, client_secret: "
         "s",
         "`oauth_url` must be https unless it is on this machine: it carries tokens and people's "
         "data"},
        {", service_account: /etc/google.json",
         "`service_account` must be the content of a key file, JSON: write file:PATH, or ${NAME} "
         "that holds it"},
        {", service_account: '{\"type\":\"authorized_user\"}'",
         "`service_account` is a person's credentials file; its refresh_token, client_id and "
         "client_secret are options of their own"},
        {", service_account: '{\"client_email\":\"a@b\"}'",
         "`service_account` is no service account's key file: client_email or private_key is "
         "missing in it"},
        {", service_account: '{\"client_email\":\"a@b\",\"private_key\":\"x\"}'",
         "`service_account` has a private_key that cannot sign: it must be the RSA key as Google "
         "wrote it, line ends included"},
        {", service_account: \"{\\n \\\"client_email\\\": "
         "\\\"a@b\\\",\\r\\n\\t\\\"private_key\\\": "
         "\\\"x\\\"\\n}\\n\"",
         "`service_account` has a private_key that cannot sign: it must be the RSA key as Google "
         "wrote it, line ends included"}, /* and they are nothing to complain of */
        {", login_customer_id: 12, refresh_token: r, client_id: c, client_secret: s",
         "`login_customer_id` must be an account's ten digits, such as 123-456-7890"},
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        const struct config *config = NULL;
        struct buf troubles;
        char text[1024];
        snprintf(text, sizeof text,
                 "%s    destinations:\n      - google: { customer_id: 123-456-7890, "
                 "conversion_action: \"55\"%s }\n",
                 STORE, cases[i].options);
        buf_init(&troubles, CONFIG_TROUBLES);
        assert_int_equal(config_parse(span_of(text), "c", true, &troubles, &config), INVALID);
        buf_add_char(&troubles, '\0');
        const char *said = strstr(troubles.ptr, ": `") + 2; /* after the place */
        size_t len = strlen(cases[i].said);
        if (strncmp(said, cases[i].said, len) != 0 || strcmp(said + len, "\n") != 0)
            fail_msg("%s\nsays %s", cases[i].options, troubles.ptr);
        buf_done(&troubles);
    }
}

/* `init` checks what it wrote, before anybody set the environment. */
static void test_what_is_not_expanded_has_no_form(void **state)
{
    (void)state;
    const struct config *config = NULL;
    struct buf troubles;
    buf_init(&troubles, CONFIG_TROUBLES);
    assert_int_equal(config_parse(span_of(STORE "    destinations:\n      - meta: { pixel_id: "
                                                "\"${META_PIXEL}\", access_token: \"${T}\" }\n"),
                                  "c", false, &troubles, &config),
                     OK);
    config_free(config);
    buf_done(&troubles);
}

/* One error is enough: what could not be read is not called missing too. */
static void test_an_unread_secret_is_said_once(void **state)
{
    (void)state;
    wrong(STORE "    destinations:\n      - google: { customer_id: 123-456-7890, "
                "conversion_action: \"55\", service_account: file:/nonexistent.json }\n",
          "7:88: cannot read file:/nonexistent.json: No such file or directory\n");
}

static void test_unknown_destination_lists_all(void **state)
{
    (void)state;
    char expected[1024];
    int len = snprintf(expected, sizeof expected, "7:9: unknown destination `fax`; there are ");
    for (unsigned i = 0; list_destinations[i]; i++)
        len += snprintf(expected + len, sizeof expected - (size_t)len, "%s%s", i ? ", " : "",
                        list_destinations[i]->name);
    snprintf(expected + len, sizeof expected - (size_t)len, "\n");
    wrong(STORE "    destinations:\n      - fax: { }\n", expected);
}

#define SECOND_STORE                                                                               \
    "  - name: acme\n    hosts: [SHOP.acme.example]\n    gateway_hosts: [t.b]\n"                   \
    "    currency: USD\n    collect_path: /qzkv\n"                                                 \
    "    shopify: { domain: acme.myshopify.com, secrets: [s] }\n"

static void test_stores_among_themselves(void **state)
{
    (void)state;
    wrong(STORE "    gateway_hosts: [t.a]\n"
                "    shopify: { domain: acme.myshopify.com, secrets: [s] }\n" SECOND_STORE,
          "8:11: there is a store `acme` already\n"
          "9:12: the host shop.acme.example belongs to store `acme` already; each host is one "
          "store's\n"
          "13:24: acme.myshopify.com belongs to store `acme` already\n");
    wrong(
        STORE "  - name: b\n    hosts: [b.example]\n    gateway_hosts: [t.b]\n"
              "    currency: USD\n    collect_path: /qzkv\n",
        "2:5: with several stores each needs `gateway_hosts`: the name under which browsers reach "
        "this gateway for it, such as t.acme.example\n");
}

static void test_secrets_are_never_quoted(void **state)
{
    (void)state;
    setenv("CONFIG_TEST", "hush-hush", 1);
    unsetenv("CONFIG_UNSET");
    wrong(STORE "    mode: ${CONFIG_TEST}\n", "6:11: `mode` must be live or test\n");
    wrong(STORE "    timezone: \"${CONFIG_TEST}!\"\n",
          "6:15: `timezone` must be a time zone's name such as Europe/Berlin, not "
          "\"${CONFIG_TEST}!\"\n");
    wrong(STORE "    timezone: ${CONFIG_UNSET}\n",
          "6:15: the environment variable CONFIG_UNSET is not set; set it, or write the value or "
          "file:PATH here\n");
}

static void test_everything_at_once(void **state)
{
    (void)state;
    wrong("a: 1\nlisten: x\n" STORE "    mode: q\n    bots: q\n",
          "1:1: unknown key `a` in the config; known are listen, admin, data, trusted_proxies, "
          "retention, keep, dedup_window, log, alerts, geo, audit, limits, stores\n"
          "2:9: `listen` must be an IP and a port such as 0.0.0.0:8080 or [::1]:8080, not \"x\"\n"
          "8:11: `mode` must be live or test\n"
          "9:11: `bots` must be exclude or include\n");
}

/* A default that its own kind would refuse could not be written into the file either. */
static void check_defaults(const struct config_row *rows)
{
    struct config config = {0};
    struct shop shop = {0};
    _Alignas(16) char base[sizeof(struct config) + sizeof(struct shop)];
    arena_init(&config.arena, LIMIT_CONFIG_ARENA);
    struct yaml_troubles troubles = {.arena = &config.arena};
    struct config_reading reading = {&config, &config.arena, &troubles, &shop, 0, NULL, NULL};
    memset(base, 0, sizeof base);
    config_read_rows(&reading, rows, NULL, "defaults", base);
    for (const struct yaml_trouble *t = troubles.first; t; t = t->next)
        fail_msg("%.*s", SPAN_ARG(t->text));
    for (const struct config_row *row = rows; row->key; row++) {
        assert_true(row->help && row->help[0]);
        assert_false(row->required && row->otherwise);
        assert_true((row->kind == &config_section) == (row->rows != NULL));
    }
    arena_done(&config.arena);
}

static void test_rows_are_sound(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, LIMIT_CONFIG_ARENA);
    check_defaults(config_top_rows);
    check_defaults(config_store_rows);
    check_defaults(config_common_rows);
    for (unsigned i = 0; list_destinations[i]; i++)
        check_defaults(config_option_rows(&arena, list_destinations[i]));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_outlets),
        cmocka_unit_test(test_the_example_is_good),
        cmocka_unit_test(test_alerts_need_what_they_need),
        cmocka_unit_test(test_warnings_stop_nobody),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_top_values),
        cmocka_unit_test(test_destinations),
        cmocka_unit_test(test_google_credentials),
        cmocka_unit_test(test_an_unread_secret_is_said_once),
        cmocka_unit_test(test_what_is_not_expanded_has_no_form),
        cmocka_unit_test(test_unknown_destination_lists_all),
        cmocka_unit_test(test_stores_among_themselves),
        cmocka_unit_test(test_secrets_are_never_quoted),
        cmocka_unit_test(test_everything_at_once),
        cmocka_unit_test(test_rows_are_sound),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
