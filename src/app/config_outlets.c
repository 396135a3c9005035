/*
 * The destinations of a store: `- NAME: { options }`. A destination brings its options as a table
 * (struct option); here they become rows like all others, beside the options every one has.
 */
#include "config_row.h"

#include "../destinations/setup.h"

static const struct config_kind *kind_of(const struct option *option)
{
    switch (option->kind) {
    case OPTION_BOOL:
        return &config_flag;
    case OPTION_EVENTS:
        return &config_events;
    case OPTION_ORIGIN:
        return option->required ? &config_origin : &config_base_url;
    case OPTION_URL:
        return &config_url;
    case OPTION_WORD:
        return &config_word;
    case OPTION_LINES:
        return &config_lines;
    case OPTION_NUMBER:
        return &config_number;
    case OPTION_DURATION:
        return &config_duration;
    case OPTION_TEXT:
        break;
    }
    return option->required ? &config_filled : &config_text;
}

const struct config_row *config_option_rows(struct arena *arena,
                                            const struct destination *destination)
{
    unsigned count = 0;
    while (destination->options[count].name)
        count++;
    struct config_row *rows = arena_array(arena, struct config_row, count + 1);
    for (unsigned i = 0; i < count; i++) {
        const struct option *option = &destination->options[i];
        rows[i] = (struct config_row){.key = option->name,
                                      .kind = kind_of(option),
                                      .offset = option->offset,
                                      .otherwise = option->otherwise,
                                      .help = option->help,
                                      .required = option->required,
                                      .secret = option->secret,
                                      .words = option->words};
    }
    return rows;
}

/* Own rows, then the common ones: one table, so that one walk knows every key. */
static const struct config_row *all_rows(struct arena *arena, const struct destination *destination)
{
    const struct config_row *own = config_option_rows(arena, destination);
    unsigned own_count = 0, common_count = 0;
    while (own[own_count].key)
        own_count++;
    while (config_common_rows[common_count].key)
        common_count++;
    struct config_row *rows = arena_array(arena, struct config_row, own_count + common_count + 1);
    memcpy(rows, own, own_count * sizeof *rows);
    memcpy(rows + own_count, config_common_rows, common_count * sizeof *rows);
    return rows;
}

static const char *nth_destination(const void *list, unsigned n)
{
    const struct destination *const *destinations = list;
    return destinations[n] ? destinations[n]->name : NULL;
}

static void unknown_destination(struct config_reading *reading, const struct yaml_node *node)
{
    struct buf known;
    buf_init(&known, 1024);
    for (unsigned i = 0; list_destinations[i]; i++)
        buf_print(&known, "%s%s", i ? ", " : "", list_destinations[i]->name);
    const char *nearest = config_nearest(node->key, nth_destination, list_destinations);
    for (unsigned i = 0; !nearest && list_destinations[i]; i++) /* google_ads, tiktok_pixel */
        if (span_starts(node->key, list_destinations[i]->name))
            nearest = list_destinations[i]->name;
    yaml_trouble(reading->troubles, node->key_line, node->key_column,
                 nearest ? "unknown destination `%.*s`; did you mean `%s`?"
                         : "unknown destination `%.*s`; there are %s",
                 SPAN_ARG(node->key),
                 nearest ? nearest : arena_text(reading->arena, buf_span(&known)));
    buf_done(&known);
}

static void read_settings(struct config_reading *reading, const struct destination *destination,
                          const struct yaml_node *node, struct settings *settings)
{
    settings->base_url = span_of(destination->host);
    settings->api_version = span_of(destination->api_version);
    settings->events = destination->events ? destination->events : UINT64_MAX;
    settings->consent = CONSENT_REQUIRE;
    settings->consent_given = yaml_get(node, "consent") != NULL;
    settings->shop = reading->shop;
    config_read_rows(reading, all_rows(reading->arena, destination), node,
                     arena_print(reading->arena, "`%s`", destination->name).ptr, settings);
    if (span_empty(settings->base_url)) /* "" is "as usual" */
        settings->base_url = span_of(destination->host);
}

/* What a destination says about its options is said where they were written; what is lacking, where
   the destination begins. */
struct saying {
    struct config_reading *reading;
    const struct yaml_node *options;
};

static void say(void *arg, const char *option, bool wrong, const char *words)
{
    const struct saying *saying = arg;
    const struct yaml_node *node = yaml_get(saying->options, option);
    if (!node)
        node = saying->options;
    if (wrong)
        config_wrong(saying->reading, node, "`%s` %s", option, words);
    else
        config_warn(saying->reading, node, "`%s` %s", option, words);
}

static void check_settings(struct config_reading *reading, const struct destination *destination,
                           const struct yaml_node *options, const struct settings *settings)
{
    struct saying saying = {reading, options};
    bool whole = options->kind == YAML_MAP;
    for (const struct yaml_node *node = options->first; whole && node; node = node->next)
        whole = !node->failed &&                /* what could not be read would be called missing */
                !span_starts(node->text, "${"); /* and what is not expanded has no form yet */
    if (whole && destination->setup && destination->setup->check)
        destination->setup->check(settings, reading->arena, say, &saying);
}

static void add_outlet(struct config_reading *reading, struct outlet_spec spec)
{
    unsigned count = reading->outlet_count;
    if ((count & (count - 1)) == 0) { /* full at each power of two: room is doubled */
        struct outlet_spec *more =
            arena_array(reading->arena, struct outlet_spec, count ? 2 * count : 1);
        if (count > 0)
            memcpy(more, reading->outlets, count * sizeof *more);
        reading->outlets = more;
    }
    reading->outlets[reading->outlet_count++] = spec;
}

static bool taken(const struct config_reading *reading, const struct destination *destination)
{
    for (unsigned i = 0; i < reading->outlet_count; i++)
        if (reading->outlets[i].shop == reading->shop &&
            reading->outlets[i].destination == destination)
            return true;
    return false;
}

/* A server container and what it feeds. The other one that this store has already; NULL: there is
   none. */
static const char *rival(const struct config_reading *reading,
                         const struct destination *destination)
{
    for (unsigned i = 0; i < reading->outlet_count; i++) {
        const struct destination *other = reading->outlets[i].destination;
        if (reading->outlets[i].shop == reading->shop &&
            ((destination->container && other->fed) || (destination->fed && other->container)))
            return other->name;
    }
    return NULL;
}

/* Options at the depth of their destination, or two destinations behind one dash. */
static void wrong_entry(struct config_reading *reading, const struct yaml_node *entry)
{
    const struct yaml_node *first = entry->kind == YAML_MAP ? entry->first : NULL;
    const struct yaml_node *second = first ? first->next : NULL;
    if (second && first->null && list_find(first->key))
        yaml_trouble(reading->troubles, second->key_line, second->key_column,
                     "`%.*s` stands as deep as `%.*s`; the options of a destination are indented "
                     "deeper than its name",
                     SPAN_ARG(second->key), SPAN_ARG(first->key));
    else if (second && list_find(second->key))
        yaml_trouble(reading->troubles, second->key_line, second->key_column,
                     "each destination begins with a dash of its own: write `- %.*s:`",
                     SPAN_ARG(second->key));
    else
        config_wrong(reading, entry,
                     "a destination is written `- meta: { pixel_id: …, … }`, one a line");
}

/* A tag that the snippet fires says the ids of products that its destination says. Google's are
   Analytics' where there is one: of several rows for a tag the last one decides. */
static void bridge_products(struct config_reading *reading)
{
    static const struct {
        const char *destination;
        enum shop_tag tag;
    } behind[] = {{"meta", TAG_META},
                  {"tiktok", TAG_TIKTOK},
                  {"google", TAG_GOOGLE},
                  {"sgtm", TAG_GOOGLE},
                  {"ga4", TAG_GOOGLE}};
    for (unsigned k = 0; k < COUNT_OF(behind); k++)
        for (unsigned i = 0; i < reading->outlet_count; i++) {
            const struct outlet_spec *outlet = &reading->outlets[i];
            if (outlet->shop == reading->shop &&
                strcmp(outlet->destination->name, behind[k].destination) == 0)
                reading->shop->bridge_products[behind[k].tag] = outlet->settings->product_id;
        }
}

static bool outlets_read(struct config_reading *reading, const struct config_row *row,
                         const struct yaml_node *node, void *at)
{
    (void)row, (void)at;
    if (node->kind != YAML_LIST)
        return false;
    for (const struct yaml_node *entry = node->first; entry; entry = entry->next) {
        if (entry->kind != YAML_MAP || entry->count != 1) {
            wrong_entry(reading, entry);
            continue;
        }
        const struct destination *destination = list_find(entry->first->key);
        if (!destination) {
            unknown_destination(reading, entry->first);
            continue;
        }
        if (taken(reading, destination)) {
            yaml_trouble(reading->troubles, entry->first->key_line, entry->first->key_column,
                         "`%s` is a destination of this store already", destination->name);
            continue;
        }
        const char *other = rival(reading, destination);
        if (other) {
            yaml_trouble(reading->troubles, entry->first->key_line, entry->first->key_column,
                         "`%s` and `%s` in one store would send every event twice: the container "
                         "feeds that platform; keep one of them",
                         destination->name, other);
            continue;
        }
        struct settings *settings = arena_take(reading->arena, destination->settings_size);
        struct yaml_node options = *entry->first;
        if (options.null)
            options.kind = YAML_MAP; /* `- meta:` lacks everything that is required */
        read_settings(reading, destination, &options, settings);
        check_settings(reading, destination, &options, settings);
        add_outlet(reading, (struct outlet_spec){reading->shop, destination, settings});
    }
    bridge_products(reading);
    return true;
}
const struct config_kind config_outlets = {
    "list of destinations", "a list such as `- meta: { pixel_id: … }`", outlets_read};
