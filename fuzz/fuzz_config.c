/*
 * A config, any bytes: YAML, rows and the rules among them, with ${…} and file: left alone. Either
 * troubles are listed, each with a place, or the config holds what everything else relies on.
 */
#include "../src/app/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void hold(bool truth)
{
    if (!truth)
        abort();
}

static void check_shop(const struct config *config, const struct shop *shop)
{
    hold(shop->name.len > 0 && shop->hosts.count > 0);
    hold(shop->collect_path.ptr[0] == '/' && shop->collect_path.len > 1);
    hold(!span_equal(shop->collect_path, shop->snippet_path));
    hold(money_currency_valid(shop->currency) && shop->currency.len == 3);
    hold(shop->dedup_window_ms == config->dedup_window_ms && shop->dedup_window_ms > 0);
    hold(shop->orders.hold_ms >= 0 && shop->orders.wait_for_webhook_ms >= 0);
    hold(span_empty(shop->shopify.domain) || shop->shopify.secrets.count > 0 ||
         shop->shopify.domain.len > 0);
    hold(config->shop_count == 1 || shop->gateway_hosts.count > 0);
    for (unsigned i = 0; i < shop->hosts.count; i++)
        hold(shop->hosts.items[i].len > 0);
}

static void check_good(const struct config *config)
{
    hold(config->shop_count > 0);
    hold(config->data.len > 0 && config->data.ptr[config->data.len] == '\0');
    hold(addr_valid(config->listen.host) && addr_valid(config->admin.host));
    for (unsigned i = 0; i < config->shop_count; i++) {
        hold(config->shops[i]->index == i);
        check_shop(config, config->shops[i]);
    }
    for (unsigned i = 0; i < config->outlet_count; i++) {
        const struct outlet_spec *outlet = &config->outlets[i];
        hold(outlet->shop == outlet->settings->shop && outlet->destination != NULL);
        hold(!span_empty(outlet->settings->base_url) && outlet->settings->mode == OUTLET_LIVE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct config *config = NULL;
    struct buf troubles;
    if (size > 64 * 1024)
        return 0;
    /* A copy of exactly this size, so that a read past it is seen. */
    char *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    buf_init(&troubles, CONFIG_TROUBLES);
    if (config_parse((span){copy, size}, "c", false, &troubles, &config) == OK)
        check_good(config);
    else
        hold(troubles.len > 0 && span_starts(buf_span(&troubles), "c:"));
    config_free(config);
    buf_done(&troubles);
    free(copy);
    return 0;
}
