/*
 * The config file as the program sees it: checked, complete, immutable.
 *
 * What may be written is in config_rows.c, one row a key, and in the option tables of the
 * destinations; loading, `check`, `init` and `describe config` all walk the same rows. Every
 * trouble is found in one pass and said with its place and with what would be right.
 *
 * A loaded config lives until the process ends: a SIGHUP loads another one, and requests, timers
 * and batches of the old one may still point into it. Thread: made on one, read by all.
 */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H
#include "../base/buf.h"
#include "../base/log.h"
#include "../alert/alert_watch.h"
#include "../net/addr.h"
#include "../pipeline/deliver.h"

#define CONFIG_FILE     "/etc/sidetrack/sidetrack.yaml"
#define CONFIG_BYTES    (4u * 1024 * 1024)
#define CONFIG_TROUBLES (256u * 1024) /* ceiling of the text that lists the troubles */

struct config_address {
    span host;
    uint16_t port;
};

struct config {
    struct arena arena;
    struct config_address listen, admin;
    span data; /* NUL-terminated */
    struct addr_list trusted;
    int64_t retention_ms, keep_ms, dedup_window_ms;
    enum log_format log_format;
    enum log_level log_level;
    span warnings; /* what is accepted but worth a word; a line each as in `troubles` */
    struct {       /* empty: that way is not used */
        span webhook, smtp, from;
        struct span_list to;
    } alerts;
    struct {
        span city, asn;
    } geo;
    bool audit_private; /* audits from the dashboard may look at private addresses */
    struct {
        unsigned per_ip, per_store; /* requests a second; 0 = no limit */
        unsigned connections;
        unsigned loops; /* receive threads; 0 = as many as cores, 4 at most */
    } limits;
    const struct shop *const *shops;
    unsigned shop_count;
    const struct outlet_spec *outlets;
    unsigned outlet_count;
};

/* INVALID: `troubles` lists them, "PATH:LINE:COLUMN: sentence" a line. MISSING, BROKEN: the file
   cannot be read; `troubles` says why. */
MUST_USE enum status config_load(const char *path, struct buf *troubles,
                                 const struct config **ret_config);
/* The same for text that is in memory; `name` stands for the path. Without `expand`, ${…} and
   file: are taken as they stand. */
MUST_USE enum status config_parse(span text, const char *name, bool expand, struct buf *troubles,
                                  const struct config **ret_config);
struct alert_channels config_channels(const struct config *config); /* points into it */
/* The store of that name, or without a name the only one; NULL: there is none such. */
const struct shop *config_shop(const struct config *config, const char *name);
void config_free(const struct config *config); /* tests and brief commands; NULL is fine */

#endif
