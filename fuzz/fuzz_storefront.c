/*
 * The demo shop: pages, forms, carts, checkouts, the merchant's page. Its webhooks arrive nowhere:
 * in place of net/call stands one that answers by the first byte, 200, 503 or nothing. A body that
 * the shop signs must be JSON.
 */
#include "door.h"

#include "../src/net/call.h"
#include "../src/sandbox/storefront.h"

#define CALLS 512u

static struct waiting {
    call_done *done;
    void *arg;
} waiting[CALLS];
static unsigned waiting_count;
static uint8_t fate;

enum status call_open(uv_loop_t *loop, const struct call_options *options,
                      struct caller **ret_caller)
{
    (void)loop, (void)options;
    *ret_caller = (struct caller *)(void *)waiting;
    return OK;
}
void call_send(struct caller *caller, const struct http_call *call, call_done *done, void *arg)
{
    struct arena arena;
    const struct json_value *root;
    hold(caller != NULL && waiting_count < CALLS);
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    hold(json_parse(&arena, call->body, &root, NULL) == OK);
    arena_done(&arena);
    waiting[waiting_count++] = (struct waiting){done, arg};
}
static void answer_calls(void)
{
    static const int statuses[] = {200, 503, 0};
    int status = statuses[fate % COUNT_OF(statuses)];
    struct call_result result = {
        .fate = status ? CALL_ANSWERED : CALL_AMBIGUOUS, .response.status = status, .trouble = ""};
    unsigned count = waiting_count;
    struct waiting now[CALLS];
    memcpy(now, waiting, sizeof now);
    waiting_count = 0;
    for (unsigned i = 0; i < count; i++)
        now[i].done(now[i].arg, &result);
}
void call_close(struct caller *caller)
{
    (void)caller;
    answer_calls();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uv_loop_t loop;
    struct clock_fake clock;
    struct storefront *shop;
    if (size < 1 || size > 16384)
        return 0;
    fate = bytes[0];
    clock_fake_init(&clock, INT64_C(1795536000000));
    const struct storefront_options options = {.gateway = SPAN("http://127.0.0.1:8080"),
                                               .collect_path = SPAN("/qzkv"),
                                               .snippet_path = SPAN("/qzkv.js"),
                                               .cart_attribute = SPAN("_qz"),
                                               .cookie_name = SPAN("_gwid"),
                                               .shopify_domain = SPAN("demo.myshopify.com"),
                                               .secret = SPAN("hush"),
                                               .clock = &clock.clock};
    hold(uv_loop_init(&loop) == 0);
    hold(storefront_open(&loop, &options, &shop) == OK);
    door_ask((span){(const char *)bytes + 1, size - 1}, NULL, clock.at);
    hold(door.open == NULL); /* the shop parks nothing */
    answer_calls();
    uv_run(&loop, UV_RUN_NOWAIT);
    storefront_close(shop);
    uv_run(&loop, UV_RUN_DEFAULT);
    hold(uv_loop_close(&loop) == 0);
    return 0;
}
