/*
 * Making a config to begin with. Apart from the verb, so that a test can load what it writes.
 */
#ifndef APP_INIT_H
#define APP_INIT_H
#include "../base/buf.h"
#include "../base/clock.h"

struct init_answers { /* all set */
    const char *name, *host, *gateway, *shopify, *currency;
};

/* Writes the config and, for a person, what to set in the shop. The word of the path is random. */
void init_write(const struct clock *clock, const struct init_answers *answers, struct buf *config,
                struct buf *advice);

#endif
