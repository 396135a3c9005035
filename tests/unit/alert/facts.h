/* Facts of a gateway that is well, which a test makes unwell where it cares. */
#ifndef UNIT_ALERT_FACTS_H
#define UNIT_ALERT_FACTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "../../../src/alert/alert.h"

#define GB (INT64_C(1) << 30)

struct scene {
    struct alert_shop shop;
    struct alert_outlet outlet;
    struct alert_facts facts;
};

static inline void scene_well(struct scene *scene)
{
    *scene = (struct scene){.shop = {.name = SPAN("acme"),
                                     .hooks = true,
                                     .browser = 100,
                                     .signed_hooks = 40,
                                     .browser_weeks = {100, 110, 90, 105},
                                     .hook_weeks = {40, 35, 50, 44},
                                     .checkouts = 10,
                                     .lag_least = 900,
                                     .lag_count = 40},
                            .outlet = {.store = SPAN("acme"),
                                       .destination = SPAN("meta"),
                                       .called = SPAN("Meta"),
                                       .live = true,
                                       .behind_ms = -1,
                                       .delivered = 200},
                            .facts = {.now = INT64_C(1764000000000),
                                      .writable = true,
                                      .disk_free = 50 * GB,
                                      .disk_size = 100 * GB,
                                      .shop_count = 1,
                                      .outlet_count = 1}};
    scene->facts.shops = &scene->shop;
    scene->facts.outlets = &scene->outlet;
}

#endif
