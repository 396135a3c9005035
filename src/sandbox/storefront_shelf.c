/*
 * What is sold: nine products in seventeen variants, and the collections they stand in. Pictures
 * are web/demo/pictures.svg, by handle.
 */
#include "storefront_private.h"

#define HARBOUR "Harbour & Pine"
#define SHIRT   "Washed European linen, mother-of-pearl buttons."
#define THROW   "Woven in a small mill from undyed lambswool."
#define MUG     "Thrown by hand, so no two are quite alike."
#define NOTES   "Ninety-six pages that lie flat."
#define TOTE    "Heavy cotton canvas with an inside pocket."
#define CANDLE  "Burns for forty hours and smells of summer."
#define SOCKS   "Fine merino that forgives wet boots."
#define BOARD   "End grain, oiled twice, kind to knives."
#define PENCIL  "A pencil for life; it takes any lead."

/* clang-format off */
const struct storefront_product storefront_products[STOREFRONT_PRODUCTS] = {
    {7234590834801, 41327143321713, "linen-shirt", "Linen Shirt", "Natural / M", "LS-NAT-M", HARBOUR, "Shirts", "#c9b79c", 5990, 240, SHIRT},
    {7234590834801, 41327143354481, "linen-shirt", "Linen Shirt", "Natural / L", "LS-NAT-L", HARBOUR, "Shirts", "#c9b79c", 5990, 250, SHIRT},
    {7234590834801, 41327143387249, "linen-shirt", "Linen Shirt", "Indigo / M", "LS-IND-M", HARBOUR, "Shirts", "#5f7495", 6490, 240, SHIRT},
    {7234590736497, 41327143157873, "wool-throw", "Wool Throw", "Moss", "WT-MOSS", HARBOUR, "Home", "#6b7f62", 12900, 900, THROW},
    {7234590736497, 41327143190641, "wool-throw", "Wool Throw", "Oat", "WT-OAT", HARBOUR, "Home", "#b9aa8e", 12900, 900, THROW},
    {7234590408817, 41327142600817, "stoneware-mug", "Stoneware Mug", "Salt glaze", "SM-SALT", "Kiln Nine", "Kitchen", "#8aa0ad", 2450, 380, MUG},
    {7234590408817, 41327142633585, "stoneware-mug", "Stoneware Mug", "Iron red", "SM-IRON", "Kiln Nine", "Kitchen", "#9c5a44", 2450, 380, MUG},
    {7234590310513, 41327142404209, "field-notebook", "Field Notebook", "Dotted", "FN-DOT", "Paper Trail", "Stationery", "#d08c60", 1495, 160, NOTES},
    {7234590310513, 41327142436977, "field-notebook", "Field Notebook", "Ruled", "FN-RUL", "Paper Trail", "Stationery", "#6f8b8a", 1495, 160, NOTES},
    {7234590212209, 41327142207601, "canvas-tote", "Canvas Tote", "Ink", "CT-INK", HARBOUR, "Bags", "#46546b", 3900, 420, TOTE},
    {7234590212209, 41327142240369, "canvas-tote", "Canvas Tote", "Sand", "CT-SAND", HARBOUR, "Bags", "#bfa987", 3900, 420, TOTE},
    {7234590113905, 41327142010993, "beeswax-candle", "Beeswax Candle", "Large", "BC-L", "Kiln Nine", "Home", "#e0b354", 1999, 300, CANDLE},
    {7234590113905, 41327142043761, "beeswax-candle", "Beeswax Candle", "Small", "BC-S", "Kiln Nine", "Home", "#e0b354", 1250, 160, CANDLE},
    {7234590015601, 41327141814385, "merino-socks", "Merino Socks", "38–41", "MS-38", HARBOUR, "Socks", "#8f5f52", 1790, 90, SOCKS},
    {7234590015601, 41327141847153, "merino-socks", "Merino Socks", "42–45", "MS-42", HARBOUR, "Socks", "#8f5f52", 1790, 95, SOCKS},
    {7234589917297, 41327141617777, "oak-board", "Oak Board", "One size", "OB-1", "Kiln Nine", "Kitchen", "#bd925c", 4400, 1600, BOARD},
    {7234589818993, 41327141421169, "brass-pencil", "Brass Pencil", "0.9 mm", "BP-09", "Paper Trail", "Stationery", "#c2a14d", 3250, 45, PENCIL},
};

const struct storefront_collection storefront_collections[] = {
    {0,            "all",     "All things",    "Nine things, made slowly, for kitchens, desks and cold evenings.", NULL},
    {298374612081, "wear",    "To wear",       "Linen, merino and canvas.",                                        " Shirts Socks Bags "},
    {298374644849, "kitchen", "For the table", "What is used every day may be good.",                              " Kitchen "},
    {298374677617, "home",    "For evenings",  "Wool and beeswax.",                                                " Home "},
    {298374710385, "desk",    "For the desk",  "Paper that lies flat, and something to write with.",               " Stationery "},
};
const unsigned storefront_collection_count = COUNT_OF(storefront_collections);
/* clang-format on */

const struct storefront_product *storefront_product_of(int64_t variant_id)
{
    for (unsigned i = 0; i < STOREFRONT_PRODUCTS; i++)
        if (storefront_products[i].variant_id == variant_id)
            return &storefront_products[i];
    return NULL;
}

const struct storefront_product *storefront_product_named(span handle)
{
    for (unsigned i = 0; i < STOREFRONT_PRODUCTS; i++)
        if (span_is(handle, storefront_products[i].handle))
            return &storefront_products[i];
    return NULL;
}

bool storefront_product_begins(unsigned row)
{
    return row == 0 || storefront_products[row].id != storefront_products[row - 1].id;
}

bool storefront_holds(span s, span part)
{
    for (size_t i = 0; i + part.len <= s.len; i++)
        if (span_equal_nocase(span_sub(s, i, part.len), part))
            return true;
    return false;
}

bool storefront_collected(const struct storefront_collection *collection,
                          const struct storefront_product *product)
{
    char word[32];
    snprintf(word, sizeof word, " %s ", product->type);
    return collection->types == NULL || storefront_holds(span_of(collection->types), span_of(word));
}
