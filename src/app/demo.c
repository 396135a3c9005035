/*
 * `sidetrack demo`: the whole thing on one machine. The gateway and the sandbox are children, as
 * they would be apart in the world (and a crash of one is seen as such); the demo shops and the
 * shoppers live on this process's loop.
 *
 *      shoppers --HTTP--> demo shops --signed webhooks---> gateway ---> sandbox (the platforms)
 *          \________________beacons of the snippet___________^              |
 *           `--- asks what the platforms hold, and compares <---------------'
 *
 * Children get SIGTERM when we go, also when we are killed (PR_SET_PDEATHSIG). All ports are free
 * ones on 127.0.0.1; all files are in one temporary folder, removed at the end unless something
 * failed or --keep was given.
 */
#include "demo.h"

#include <ftw.h>
#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include "../admin/keys.h"
#include "../base/limits.h"
#include "../sandbox/shoppers.h"
#include "../sandbox/storefront.h"
#include "../story/show.h"
#include "say.h"
#include "verbs.h"

#define COLLECT_PATH "/qzkv"
#define ATTRIBUTE    "_qz"
#define SECRET       "demo-webhook-secret"
#define PASSWORD     "harbour and pine"
#define FIRST_ORDER  "1001"

/* Both shops and the gateway are on this machine; stores are told apart by the name they use. */
static const struct demo_store {
    const char *name, *host, *domain;
    unsigned first_order;
} stores[SHOPPERS_SHOPS] = {
    [SHOPPERS_MAIN] = {"demo", "127.0.0.1", "sidetrack-demo.myshopify.com", 1001},
    [SHOPPERS_TAGGED] = {"tagged", "localhost", "sidetrack-tagged.myshopify.com", 2001},
};

struct demo {
    const struct args *args;
    struct arena arena;
    char folder[64];
    struct demo_child sandbox, gateway;
    uint16_t sandbox_port, gateway_port, admin_port;
    uv_loop_t loop;
    uv_signal_t signals[4];
    struct storefront *shops[SHOPPERS_SHOPS];
    bool playing, equal, failed, once;
};

static const char *in_folder(struct demo *demo, const char *name)
{
    return arena_print(&demo->arena, "%s/%s", demo->folder, name).ptr;
}

static span origin(struct demo *demo, const char *host, uint16_t port)
{
    return arena_print(&demo->arena, "http://%s:%u", host, port);
}

/* ---- stage ----------------------------------------------------------------------------------- */

static void write_store(FILE *file, const struct demo_store *store)
{
    fprintf(
        file,
        "  - name: %s\n"
        "    hosts: [%s]\n"
        "    gateway_hosts: [%s]\n"
        "    currency: EUR\n"
        "    timezone: Europe/Berlin\n"
        "    collect_path: " COLLECT_PATH "\n"
        "    cart_attribute: " ATTRIBUTE "\n"
        "    bots: include # a browser driven by a test is welcome here\n"
        "    consent: { default: granted } # the ad-blocked buyer says nothing, and must count\n"
        "    shopify: { domain: %s, secrets: [" SECRET "] }\n"
        "    orders: { hold: 2s, wait_for_webhook: 20s }\n"
        "    destinations:\n",
        store->name, store->host, store->host, store->domain);
}

/* The server container feeds what the gateway would feed itself, so it has a store of its own. */
static enum status write_config(struct demo *demo, const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return BROKEN;
    const char *base = arena_text(&demo->arena, origin(demo, "127.0.0.1", demo->sandbox_port));
    fprintf(file,
            "# Written by `sidetrack demo`. The tokens are for the sandbox, which takes any.\n"
            "listen: 127.0.0.1:0\n"
            "admin: 127.0.0.1:0\n"
            "data: \"%s/sidetrack.db\"\n"
            "limits: { per_ip: 0, loops: 2 }\n"
            "stores:\n",
            demo->folder);
    write_store(file, &stores[SHOPPERS_MAIN]);
    fprintf(file,
            "      - meta: { pixel_id: \"1234567890\", access_token: EAAdemo, base_url: \"%s\" }\n"
            "      - tiktok: { pixel_code: C4A1B2C3D4E5F6G7H8I9, access_token: demo, "
            "base_url: \"%s\" }\n"
            "      - google: { customer_id: 123-456-7890, conversion_action: \"123456789\",\n"
            "                  client_id: demo, client_secret: demo, refresh_token: demo,\n"
            "                  oauth_url: \"%s/token\", base_url: \"%s\" }\n"
            "      - ga4: { measurement_id: G-DEMO, api_secret: demo, base_url: \"%s\" }\n"
            "      - klaviyo: { private_key: pk_demo, native_integration: false, "
            "base_url: \"%s\" }\n"
            "      - pinterest: { ad_account_id: \"549755885175\", access_token: demo,\n"
            "                     product_view_name: view_content, base_url: \"%s\" }\n",
            base, base, base, base, base, base, base);
    write_store(file, &stores[SHOPPERS_TAGGED]);
    fprintf(file, "      - sgtm: { url: \"%s\", measurement_id: G-TAGGED }\n", base);
    return fclose(file) == 0 ? OK : BROKEN;
}

/* On loopback and with nothing real behind it, so that its password may be printed. */
static enum status set_password(struct demo *demo)
{
    struct keys keys;
    struct error error;
    enum status status = keys_open(&keys, in_folder(demo, "sidetrack.db"), &error);
    if (status == OK)
        status = keys_set_password(&keys, KEYS_ADMIN, SPAN(PASSWORD), &error);
    keys_close(&keys);
    return status;
}

static enum status start_children(struct demo *demo)
{
    const char *ports = in_folder(demo, "sandbox.ports");
    const char *sandbox[] = {"sandbox", "--port", "0", "--ports", ports, NULL};
    const char *config = in_folder(demo, "sidetrack.yaml");
    const char *serve[] = {"serve", "-c", config, "--quick", "--ports", NULL, NULL};
    if (demo_child_start(&demo->sandbox, sandbox, in_folder(demo, "sandbox.log")) != OK ||
        demo_child_ports(&demo->sandbox, ports, &demo->sandbox_port, NULL) != OK)
        return BROKEN;
    if (write_config(demo, config) != OK || set_password(demo) != OK)
        return BROKEN;
    ports = serve[5] = in_folder(demo, "gateway.ports");
    if (demo_child_start(&demo->gateway, serve, in_folder(demo, "gateway.log")) != OK)
        return BROKEN;
    return demo_child_ports(&demo->gateway, ports, &demo->gateway_port, &demo->admin_port);
}

static enum status open_shops(struct demo *demo)
{
    for (unsigned i = 0; i < SHOPPERS_SHOPS; i++) {
        struct storefront_options options = {
            .first_order = stores[i].first_order,
            .gateway = origin(demo, stores[i].host, demo->gateway_port),
            .collect_path = SPAN(COLLECT_PATH),
            .snippet_path = SPAN(COLLECT_PATH ".js"),
            .cart_attribute = SPAN(ATTRIBUTE),
            .cookie_name = SPAN("_gwid"),
            .shopify_domain = span_of(stores[i].domain),
            .secret = SPAN(SECRET),
            .clock = &clock_real,
        };
        if (storefront_open(&demo->loop, &options, &demo->shops[i]) != OK)
            return BROKEN;
    }
    return OK;
}

/* What to type for this program: it need not be in PATH. */
static const char *program_path(struct demo *demo)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    return len > 0 && (size_t)len < sizeof path
               ? arena_text(&demo->arena, (span){path, (size_t)len})
               : "sidetrack";
}

/* ---- play ------------------------------------------------------------------------------------ */

static void tell_addresses(struct demo *demo)
{
    const char *config = in_folder(demo, "sidetrack.yaml"), *program = program_path(demo);
    printf(
        "\n"
        "  demo shop   http://127.0.0.1:%u   (and the one with a container: http://localhost:%u)\n"
        "  dashboard   http://127.0.0.1:%u   password: " PASSWORD "\n"
        "  gateway     http://127.0.0.1:%u\n"
        "  platforms   http://127.0.0.1:%u/_sandbox/totals\n"
        "  logs        %s\n\n"
        "  %s show order " FIRST_ORDER " -c %s\n"
        "  %s tail --all -c %s\n"
        "  %s letters -c %s\n\n"
        "Running until Ctrl-C.\n",
        storefront_port(demo->shops[SHOPPERS_MAIN]), storefront_port(demo->shops[SHOPPERS_TAGGED]),
        demo->admin_port, demo->gateway_port, demo->sandbox_port, demo->folder, program, config,
        program, config, program, config);
    fflush(stdout);
}

static void on_played(void *arg, const struct shoppers_report *report)
{
    struct demo *demo = arg;
    demo->playing = false;
    demo->equal = report->status == OK && report->all_equal;
    say_text(report->table);
    putchar('\n');
    if (report->status != OK)
        printf("The play stopped: %s\n", report->error.text);
    else
        printf("%s\n", demo->equal ? "Every platform holds every conversion exactly once."
                                   : "NOT EQUAL: see the rows marked ✗.");
    demo->failed |= !demo->equal;
    if (demo->once)
        uv_stop(&demo->loop);
    else
        tell_addresses(demo);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct demo *demo = signal->data;
    if (number != SIGCHLD) {
        uv_stop(&demo->loop);
        return;
    }
    if (demo_child_ended(&demo->gateway) || demo_child_ended(&demo->sandbox)) {
        fprintf(stderr, "sidetrack demo: a part ended by itself; its log is in %s\n", demo->folder);
        demo->failed = true;
        uv_stop(&demo->loop);
    }
}

static void watch(struct demo *demo)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    for (unsigned i = 0; i < COUNT_OF(numbers); i++) {
        uv_signal_init(&demo->loop, &demo->signals[i]);
        demo->signals[i].data = demo;
        uv_signal_start(&demo->signals[i], on_signal, numbers[i]);
        uv_unref((uv_handle_t *)&demo->signals[i]);
    }
}

static enum status play(struct demo *demo)
{
    struct shoppers_options options = {.sandbox = origin(demo, "127.0.0.1", demo->sandbox_port),
                                       .collect_path = SPAN(COLLECT_PATH),
                                       .cart_attribute = SPAN(ATTRIBUTE),
                                       .clock = &clock_real};
    for (unsigned i = 0; i < SHOPPERS_SHOPS; i++)
        options.places[i] = (struct shoppers_place){
            .shop = origin(demo, stores[i].host, storefront_port(demo->shops[i])),
            .gateway = origin(demo, stores[i].host, demo->gateway_port),
        };
    printf("Shoppers are in both shops; this takes a moment.\n");
    fflush(stdout);
    enum status status = shoppers_play(&demo->loop, &options, on_played, demo);
    demo->playing = status == OK;
    if (status == OK)
        uv_run(&demo->loop, UV_RUN_DEFAULT);
    return status;
}

static void tell_story(struct demo *demo)
{
    struct buf story;
    buf_init(&story, 1 * MIB);
    printf("\nOne order's story, as `%s show order " FIRST_ORDER "` tells it:\n\n",
           program_path(demo));
    if (show_order_story(in_folder(demo, "sidetrack.db"), SPAN(FIRST_ORDER), &story) == OK)
        say_text(buf_span(&story));
    else
        printf("(not found)\n");
    buf_done(&story);
}

/* ---- end ------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *walk)
{
    (void)stat, (void)flag, (void)walk;
    return remove(path);
}

static void end(struct demo *demo)
{
    for (unsigned i = 0; i < SHOPPERS_SHOPS; i++)
        if (demo->shops[i])
            storefront_close(demo->shops[i]);
    for (unsigned i = 0; i < COUNT_OF(demo->signals); i++)
        if (demo->signals[i].data)
            uv_close((uv_handle_t *)&demo->signals[i], NULL);
    /* A play that a signal interrupts is still on its pool thread, in blocking calls. */
    if (!demo->playing) {
        uv_run(&demo->loop, UV_RUN_DEFAULT);
        uv_loop_close(&demo->loop);
    }
    demo_child_end(&demo->gateway);
    demo_child_end(&demo->sandbox);
    if (demo->failed || args_get(demo->args, "keep"))
        printf("Database and logs are kept in %s\n", demo->folder);
    else
        nftw(demo->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    fflush(stdout);
}

int demo_verb(const struct args *args)
{
    static struct demo demo; /* an interrupted play still points into it */
    demo.args = args;
    demo.once = args_get(args, "once") != NULL;
    snprintf(demo.folder, sizeof demo.folder, "/tmp/sidetrack-demo-XXXXXX");
    if (!mkdtemp(demo.folder)) {
        fprintf(stderr, "sidetrack demo: cannot make a folder in /tmp\n");
        return EXIT_FAILED;
    }
    signal(SIGPIPE, SIG_IGN);
    arena_init(&demo.arena, LIMIT_REQUEST_ARENA);
    uv_loop_init(&demo.loop);
    /* Children first: fork() before this process has threads. */
    demo.failed = start_children(&demo) != OK;
    watch(&demo);
    demo.failed = demo.failed || open_shops(&demo) != OK || play(&demo) != OK || demo.failed;
    if (demo.once && demo.equal)
        tell_story(&demo);
    bool interrupted = demo.playing;
    end(&demo);
    if (!interrupted)
        arena_done(&demo.arena);
    if (interrupted)
        _exit(EXIT_FAILED);
    return demo.failed ? EXIT_FAILED : EXIT_DONE;
}
