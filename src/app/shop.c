/*
 * `sidetrack shop`: the demo shop by itself, beside a gateway that is started apart. The browser
 * tests use it, and whoever wants to try a config of their own with it.
 */
#include "../sandbox/storefront.h"

#include <signal.h>
#include <uv.h>

#include "ports.h"
#include "verbs.h"

struct stage {
    uv_signal_t signals[2];
    struct storefront *shop;
};

static void on_signal(uv_signal_t *signal, int number)
{
    struct stage *stage = signal->data;
    (void)number;
    storefront_close(stage->shop);
    stage->shop = NULL;
    for (unsigned i = 0; i < COUNT_OF(stage->signals); i++)
        if (!uv_is_closing((uv_handle_t *)&stage->signals[i]))
            uv_close((uv_handle_t *)&stage->signals[i], NULL);
}

static void watch(uv_loop_t *loop, struct stage *stage)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    for (unsigned i = 0; i < COUNT_OF(stage->signals); i++) {
        uv_signal_init(loop, &stage->signals[i]);
        stage->signals[i].data = stage;
        uv_signal_start(&stage->signals[i], on_signal, numbers[i]);
    }
}

static span option(const struct args *args, const char *name, const char *otherwise)
{
    const char *value = args_get(args, name);
    return span_of(value ? value : otherwise);
}

static enum status tell_port(const struct args *args, uint16_t port)
{
    char text[32];
    snprintf(text, sizeof text, "127.0.0.1:%u", port);
    return ports_write(args_get(args, "ports"), span_of(text), (span){0});
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
    uv_loop_t loop;
    struct stage stage = {0};
    int code = EXIT_DONE;
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&loop);
    if (storefront_open(&loop, &options, &stage.shop) != OK) {
        fprintf(stderr, "sidetrack shop: cannot listen on 127.0.0.1:%d, or an option is empty\n",
                (int)port);
        code = EXIT_FAILED;
    } else if (tell_port(args, storefront_port(stage.shop)) != OK) {
        code = EXIT_FAILED;
        storefront_close(stage.shop);
    } else {
        printf("the demo shop is open at http://127.0.0.1:%d\n", storefront_port(stage.shop));
        fflush(stdout);
        watch(&loop, &stage);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return code;
}
