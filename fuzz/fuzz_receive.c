/*
 * The public listener: which store, which page, cookies, rates, webhooks, the app proxy, the server
 * API, the snippet. In RECORD's place stands one who has committed everything, or nothing, or knows
 * half of it already, by the first byte. Who may sign (Shopify, a server with a token) is played by
 * three short forms: `X-Shopify-Hmac-SHA256: sign`, `?sign=CUSTOMER` on a proxy path, and the token
 * `tok`. What a page is answered must be the page's own: no cookie for another site's.
 */
#include "door.h"

#include "../src/base/hash.h"
#include "../src/base/url.h"
#include "../src/pipeline/receive.h"

#define NOW INT64_C(1795536000000)

static const span hosts[] = {SPAN("shop.acme.example"), SPAN("*.acme.example")};
static const span gateways[] = {SPAN("t.acme.example")};
static const span secrets[] = {SPAN("hush")};
static const span tokens[] = {SPAN("tok")};
static const span channels[] = {SPAN("web")};
static const struct shop acme = {
    .name = SPAN("acme"),
    .hosts = {hosts, 2},
    .gateway_hosts = {gateways, 1},
    .currency = SPAN("EUR"),
    .timezone = SPAN("UTC"),
    .collect_path = SPAN("/qz"),
    .snippet_path = SPAN("/qz.js"),
    .cart_attribute = SPAN("_qz"),
    .cookie_name = SPAN("_gw"),
    .cookie_domain = SPAN(".acme.example"),
    .bridge = 7,
    .api_tokens = {tokens, 1},
    .link_secret = SPAN("key"),
    .link_parameter = SPAN("_l"),
    .dedup_window_ms = 7 * DAY_MS,
    .shopify = {.domain = SPAN("a.myshopify.com"), .secrets = {secrets, 1}},
    .orders.channels = {channels, 1}};
static const span other_hosts[] = {SPAN("other.example")};
static const struct shop other = {.name = SPAN("other"),
                                  .hosts = {other_hosts, 1},
                                  .currency = SPAN("JPY"),
                                  .collect_path = SPAN("/qz"),
                                  .snippet_path = SPAN("/o.js"),
                                  .cookie_name = SPAN("_gw"),
                                  .dedup_window_ms = 7 * DAY_MS};
static const struct shop *const shops[] = {&acme, &other};

static void sign(struct door_request *request)
{
    struct http_request *http = &request->exchange.request;
    uint8_t mac[HASH_SIZE];
    for (unsigned i = 0; i < http->header_count; i++)
        if (span_equal_nocase(request->headers[i].name, SPAN("X-Shopify-Hmac-SHA256")) &&
            span_is(request->headers[i].value, "sign")) {
            hash_hmac_sha256(secrets[0], http->body, mac);
            request->headers[i].value = hash_to_base64(&request->arena, mac, sizeof mac);
        }
    if (!span_starts(http->path, "/shopify/proxy") || !span_starts(http->query, "sign="))
        return;
    span who = span_sub(http->query, 5, http->query.len);
    span message =
        arena_print(&request->arena, "logged_in_customer_id=%.*sshop=a.myshopify.comtimestamp=%lld",
                    SPAN_ARG(who), (long long)(NOW / 1000));
    hash_hmac_sha256(secrets[0], message, mac);
    span hex = hash_to_hex(&request->arena, mac, sizeof mac),
         said = url_encode(&request->arena, who);
    http->query =
        arena_print(&request->arena,
                    "logged_in_customer_id=%.*s&shop=a.myshopify.com&timestamp=%lld&signature=%.*s",
                    SPAN_ARG(said), (long long)(NOW / 1000), SPAN_ARG(hex));
}

static bool ready(void *arg)
{
    return arg != NULL;
}

/* RECORD: what it is handed must be ready to be stored. */
static void record(struct queue *inbox, uint8_t mood)
{
    struct queue_node *node = queue_take(inbox);
    while (node) {
        struct parcel *parcel = (struct parcel *)(void *)node;
        node = node->next;
        for (unsigned i = 0; i < parcel->batch.events.count; i++) {
            hold(parcel->bodies[i].len > 0 && parcel->bodies[i].len <= LIMIT_EVENT_BYTES);
            hold(parcel->verdict == SOURCE_TAKEN);
            parcel->copies[i] = (mood & 2) != 0;
            parcel->duplicates += (mood & 2) != 0;
        }
        parcel->result = mood & 1 ? BROKEN : OK;
        hold(queue_push(parcel->answers, &parcel->node) == OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uv_loop_t loop;
    struct queue inbox;
    struct clock_fake clock;
    struct receiver *receiver;
    struct error error;
    if (size < 1 || size > 65536)
        return 0;
    clock_fake_init(&clock, NOW);
    queue_init(&inbox, 0, 0);
    hold(uv_loop_init(&loop) == 0);
    struct receive_options options = {.loop = &loop,
                                      .clock = &clock.clock,
                                      .shops = shops,
                                      .shop_count = 1u + ((bytes[0] >> 2) & 1),
                                      .rate_per_ip = bytes[0] >> 3 & 1,
                                      .to_record = &inbox,
                                      .ready = ready,
                                      .ready_arg = bytes[0] & 16 ? &inbox : NULL};
    hold(receive_open(&options, &receiver, &error) == OK);
    door.prepare = sign;
    door_ask((span){(const char *)bytes + 1, size - 1}, NULL, NOW);
    record(&inbox, bytes[0]);
    uv_run(&loop, UV_RUN_NOWAIT);
    hold(door.open == NULL); /* whoever was parked has been answered */
    receive_close(receiver);
    uv_run(&loop, UV_RUN_DEFAULT);
    hold(uv_loop_close(&loop) == 0);
    queue_done(&inbox);
    return 0;
}
