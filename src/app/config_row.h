/*
 * How the config's keys are described: one row a key. Private to config*.c, describe.c, init.c.
 *
 * A kind says how a value is read and, in words, what would have been right. A row gives the key
 * its kind, its place in the struct, its default (as the text one would write) and its help.
 * A section is a row with rows of its own; their places are in the same struct.
 */
#ifndef APP_CONFIG_ROW_H
#define APP_CONFIG_ROW_H
#include "config.h"
#include "yaml.h"

struct config_row;

/* One loading. */
struct config_reading {
    struct config *config;
    struct arena *arena;
    struct yaml_troubles *troubles;
    struct shop *shop; /* the store being read */
    unsigned outlet_count;
    struct outlet_spec *outlets;
    struct yaml_troubles *warnings; /* what does not stop anybody */
};

struct config_kind {
    const char *name;  /* "duration" */
    const char *right; /* "a duration such as 90d, 15m or 120s" */
    /* Puts the value at `at`; false: it is wrong. Kinds that say themselves what is wrong have
       `right` NULL and return true. */
    bool (*read)(struct config_reading *reading, const struct config_row *row,
                 const struct yaml_node *node, void *at);
};

struct config_row {
    const char *key;
    const struct config_kind *kind;
    size_t offset;
    const char *otherwise; /* default; NULL: none. "[a, b]" is a list */
    const char *help;
    bool required, secret;
    const struct option_word *words; /* of config_word and config_words */
    const struct config_row *rows;   /* of a section */
    int64_t least, most;             /* of numbers and durations; most 0: no bound */
};

extern const struct config_kind config_text;     /* span */
extern const struct config_kind config_lines;    /* span, line ends and tabs allowed */
extern const struct config_kind config_filled;   /* span, not empty */
extern const struct config_kind config_flag;     /* bool */
extern const struct config_kind config_number;   /* unsigned */
extern const struct config_kind config_duration; /* int64_t, ms */
extern const struct config_kind config_word;     /* an enum */
extern const struct config_kind config_words;    /* unsigned: 1u << value each */
extern const struct config_kind config_texts;    /* struct span_list */
extern const struct config_kind config_hosts;    /* struct span_list, lower case */
extern const struct config_kind config_host;     /* span, lower case */
extern const struct config_kind config_path;     /* span */
extern const struct config_kind config_token;    /* span: a cookie's or attribute's name */
extern const struct config_kind config_name;     /* span: a-z 0-9 - _ */
extern const struct config_kind config_listen;   /* struct config_address */
extern const struct config_kind config_ranges;   /* struct addr_list */
extern const struct config_kind config_currency; /* span, upper case */
extern const struct config_kind config_zone;     /* span */
extern const struct config_kind config_product;  /* span: rule for shop_product_id() */
extern const struct config_kind config_base_url; /* span; "" is absent */
extern const struct config_kind config_url;      /* span */
extern const struct config_kind config_origin;   /* the same, not empty */
extern const struct config_kind config_events;   /* uint64_t: 1 << enum event_name */
extern const struct config_kind config_regions;  /* struct consent_defaults */
extern const struct config_kind config_section;
extern const struct config_kind config_stores;
extern const struct config_kind config_outlets;

extern const struct config_row config_top_rows[], config_store_rows[];
extern const struct config_row config_common_rows[]; /* of struct settings */
/* A destination's own options as rows, in the arena. */
const struct config_row *config_option_rows(struct arena *arena,
                                            const struct destination *destination);

/* Reads all rows of one map; `map` NULL: defaults only. `what` names it in messages. */
void config_read_rows(struct config_reading *reading, const struct config_row *rows,
                      const struct yaml_node *map, const char *what, void *base);
/* The value at `text` put at `at`, as if it had been written in the file. For defaults. */
void config_read_default(struct config_reading *reading, const struct config_row *row,
                         const char *text, void *at);
/* The key among rows that was perhaps meant; NULL when none is near. */
const char *config_nearest(span key, const char *(*nth)(const void *list, unsigned n),
                           const void *list);
void config_wrong(struct config_reading *reading, const struct yaml_node *node, const char *format,
                  ...) PRINTF(3, 4);
/* Accepted all the same. */
void config_warn(struct config_reading *reading, const struct yaml_node *node, const char *format,
                 ...) PRINTF(3, 4);
/* True after saying so: a line end in a token would end a header. */
bool config_control(struct config_reading *reading, const char *key, const struct yaml_node *node);

#endif
