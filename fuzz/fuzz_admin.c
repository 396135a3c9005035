/*
 * The admin listener: dashboard, API, metrics, logging in, over a database in which a shop's day
 * lies (made once, by RECORD itself, from the events below). The first byte says who asks: an
 * admin's token, a viewer's, nobody, or whoever the bytes' own headers say. A viewer and a stranger
 * can change nothing, whatever they ask.
 */
#include "door.h"

#include <unistd.h>

#include "../src/admin/admin.h"
#include "../src/admin/keys.h"
#include "../src/base/log.h"
#include "../src/destinations/list.h"
#include "../src/pipeline/receive.h"
#include "../src/pipeline/record.h"
#include "files.h"

#define NOW INT64_C(1795536000000)

static const char day[] =
    "POST /v1/events\nAuthorization: Bearer tok\n\n["
    "{\"id\":\"e1\",\"name\":\"page_viewed\",\"at\":1795535000000,\"client\":{\"url\":\"https://"
    "shop.acme.example/\"},\"who\":{\"visitor\":\"01KAT0000000000000000000AA\"}},"
    "{\"id\":\"e2\",\"name\":\"product_viewed\",\"at\":1795535100000,\"who\":{\"visitor\":"
    "\"01KAT0000000000000000000AA\",\"email\":\"jane@example.com\"},\"items\":[{\"product_id\":"
    "\"1\",\"price\":\"5.00\"}],\"value\":\"5.00\",\"currency\":\"EUR\"},"
    "{\"id\":\"e3\",\"name\":\"order_placed\",\"at\":1795535200000,\"who\":{\"email\":"
    "\"jane@example.com\",\"phone\":\"+4930123456\",\"customer_id\":\"42\"},\"consent\":{"
    "\"marketing\":\"granted\",\"analytics\":\"granted\"},\"order\":{\"id\":\"o_1\",\"number\":"
    "\"1001\",\"name\":\"#1001\",\"currency\":\"EUR\",\"value\":\"59.90\",\"items\":[{"
    "\"product_id\":\"1\",\"price\":\"59.90\",\"quantity\":1}]}},"
    "{\"id\":\"e4\",\"name\":\"order_refunded\",\"at\":1795535300000,\"order\":{\"id\":\"o_1\","
    "\"currency\":\"EUR\"},\"adjust\":{\"refund_id\":\"7\",\"amount\":\"9.90\",\"currency\":"
    "\"EUR\"}}]";

static const span hosts[] = {SPAN("shop.acme.example")};
static const span tokens[] = {SPAN("tok")};
static const span channels[] = {SPAN("web")};
static const struct shop acme = {.name = SPAN("acme"),
                                 .hosts = {hosts, 1},
                                 .currency = SPAN("EUR"),
                                 .timezone = SPAN("Europe/Berlin"),
                                 .collect_path = SPAN("/qz"),
                                 .snippet_path = SPAN("/qz.js"),
                                 .api_tokens = {tokens, 1},
                                 .consent.otherwise = CONSENT_GRANTED,
                                 .identity.back_ms = 30 * DAY_MS,
                                 .dedup_window_ms = 7 * DAY_MS,
                                 .orders.channels = {channels, 1}};
static const struct shop *const shops[] = {&acme};

static struct clock_fake sky;
static struct outlet_spec outlets[2];
static char viewer[KEYS_TOKEN_LEN + 8], owner[KEYS_TOKEN_LEN + 8];

static bool ready(void *arg)
{
    return arg == NULL;
}

/* Through the listener and RECORD into the file, as it happens every day. */
static void live_a_day(void)
{
    uv_loop_t loop;
    struct queue inbox;
    struct receiver *receiver;
    struct recorder *recorder;
    struct error error;
    queue_init(&inbox, 0, 0);
    hold(uv_loop_init(&loop) == 0);
    struct record_options record = {.path = files_path("db"),
                                    .clock = &sky.clock,
                                    .shops = shops,
                                    .shop_count = 1,
                                    .inbox = &inbox};
    struct receive_options receive = {.loop = &loop,
                                      .clock = &sky.clock,
                                      .shops = shops,
                                      .shop_count = 1,
                                      .to_record = &inbox,
                                      .ready = ready};
    hold(record_open(&record, &recorder, &error) == OK);
    hold(receive_open(&receive, &receiver, &error) == OK);
    door_ask((span){day, sizeof day - 1}, NULL, NOW);
    record_turn(recorder, 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    hold(door.open == NULL);
    sky.at += HOUR_MS; /* the order was held for its browser's half; now it goes */
    record_turn(recorder, 0);
    receive_close(receiver);
    uv_run(&loop, UV_RUN_DEFAULT);
    hold(uv_loop_close(&loop) == 0);
    record_close(recorder);
    queue_done(&inbox);
}

static void add_token(struct keys *keys, enum keys_role role, char *ret_header)
{
    struct error error;
    memcpy(ret_header, "Bearer ", 7);
    hold(keys_add_token(keys, SPAN("t"), role, NOW, ret_header + 7, &error) == OK);
}

static void prepare_once(void)
{
    static bool prepared;
    struct error error;
    struct keys keys;
    if (prepared)
        return;
    prepared = true;
    log_setup(LOG_ERROR, LOG_LOGFMT);
    files_make();
    clock_fake_init(&sky, NOW);
    live_a_day();
    hold(keys_open(&keys, files_path("db"), &error) == OK);
    add_token(&keys, KEYS_VIEWER, viewer);
    add_token(&keys, KEYS_ADMIN, owner);
    keys_close(&keys);
    for (unsigned i = 0; i < COUNT_OF(outlets); i++) {
        const struct destination *destination = list_destinations[i];
        struct settings *settings = calloc(1, destination->settings_size);
        settings->enabled = true;
        settings->shop = &acme;
        settings->base_url = SPAN("https://h.example");
        settings->api_version = SPAN("v1");
        settings->events = UINT64_MAX;
        outlets[i] = (struct outlet_spec){&acme, destination, settings};
    }
    files_keep("db");
    files_keep("db.keys");
}

static void changed(void *arg)
{
    hold(arg != NULL); /* asked by who may */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uv_loop_t loop;
    struct admin *admin;
    struct error error;
    if (size < 1 || size > 8192)
        return 0;
    prepare_once();
    files_restore("db");
    files_restore("db.keys");
    sky.at = NOW + 2 * HOUR_MS;
    const struct http_header who[] = {{SPAN("Authorization"), span_of(owner)},
                                      {SPAN("Authorization"), span_of(viewer)}};
    unsigned asker = bytes[0] % 4;
    hold(uv_loop_init(&loop) == 0);
    struct admin_options options = {.loop = &loop,
                                    .host = bytes[0] & 4 ? SPAN("10.0.0.1") : SPAN("127.0.0.1"),
                                    .database = files_path("db"),
                                    .clock = &sky.clock,
                                    .changed = changed,
                                    .changed_arg = asker == 0 ? &sky : NULL};
    struct admin_facts facts = {shops, 1, outlets, COUNT_OF(outlets)};
    hold(admin_open(&options, facts, &admin, &error) == OK);
    door_ask((span){(const char *)bytes + 1, size - 1}, asker < 2 ? &who[asker] : NULL, sky.at);
    uv_run(&loop, UV_RUN_NOWAIT);
    door_leave();
    admin_close(admin); /* waits for passwords that are being checked, and answers them */
    uv_run(&loop, UV_RUN_DEFAULT);
    hold(uv_loop_close(&loop) == 0 && door.open == NULL);
    return 0;
}
