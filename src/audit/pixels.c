/*
 * Shopify's web pixel configuration, decoded: pixels.h. Known are two channels by their client id;
 * for all other apps the ids are told by the shape of the value and the name of its member.
 */
#include "pixels.h"

#include "../base/json.h"
#include "../base/limits.h"

#define NESTED 4u /* JSON in a string in JSON … */

static const struct {
    int64_t client;
    const char *vendor;
} vendors[] = {
    {2329312, "Meta's own channel (Facebook & Instagram)"},
    {1780363, "Google's own channel (Google & YouTube)"},
};

static bool all_of(span s, const char *set)
{
    for (size_t i = 0; i < s.len; i++)
        if (!s.ptr[i] || !strchr(set, s.ptr[i]))
            return false;
    return s.len > 0;
}

#define DIGITS "0123456789"
#define UPPER  DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool key_has(span key, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= key.len; i++)
        if (span_equal_nocase(span_sub(key, i, len), span_of(word)))
            return true;
    return false;
}

/* The tag whose id a member is; NULL: none. */
static const char *tag_of(span key, span value, span kind)
{
    if (span_starts(value, "G-") && value.len >= 8 && value.len <= 14 &&
        all_of(span_sub(value, 2, value.len), UPPER))
        return "ga4";
    if (span_starts(value, "GTM-") && value.len <= 14 && all_of(span_sub(value, 4, 20), UPPER))
        return "gtm";
    if (span_starts(value, "AW-"))
        return all_of(span_sub(value, 3, span_find(value, 0, '/') - 3), DIGITS) ? "google_ads"
                                                                                : NULL;
    bool pixel = key_has(key, "pixel") || key_has(key, "tag");
    if (!pixel)
        return NULL;
    if (all_of(value, DIGITS) && value.len >= 14 && value.len <= 17 &&
        (span_is(kind, "facebook_pixel") || key_has(key, "facebook") || key_has(key, "fb") ||
         key_has(key, "meta")))
        return "meta";
    if (value.len >= 18 && value.len <= 22 && value.ptr[0] == 'C' && all_of(value, UPPER))
        return "tiktok";
    if (value.len == 36 && value.ptr[8] == '-' && all_of(value, DIGITS "abcdef-"))
        return "snap";
    if (value.len == 13 && value.ptr[0] == '2' && key_has(key, "tag") && all_of(value, DIGITS))
        return "pinterest";
    return NULL;
}

static void add_tag(struct evidence_pixel *pixel, const char *tag, span id)
{
    id = span_sub(id, 0, span_find(id, 0, '/')); /* AW-1/label */
    const struct signature *signature = signature_find(tag);
    for (unsigned i = 0; i < pixel->tag_count; i++)
        if (pixel->tags[i].signature == signature && span_equal(pixel->tags[i].id, id))
            return;
    if (!signature || pixel->tag_count == COUNT_OF(pixel->tags))
        return;
    pixel->tags[pixel->tag_count].signature = signature;
    pixel->tags[pixel->tag_count++].id = id;
}

/* Every string of a configuration, and the JSON that strings hold. Depth is bounded: by JSON's own
   ceiling, and by NESTED. */
static void read_ids(struct arena *arena, struct evidence_pixel *pixel,
                     const struct json_value *value, span kind, unsigned nested)
{
    if (value->kind == JSON_OBJECT && json_get(value, "pixel_type"))
        kind = json_get_text(value, "pixel_type");
    for (const struct json_value *child = value->first; child; child = child->next)
        read_ids(arena, pixel, child, kind, nested);
    if (value->kind != JSON_STRING && value->kind != JSON_NUMBER)
        return;
    const char *tag = tag_of(value->key, value->text, kind);
    if (tag)
        add_tag(pixel, tag, value->text);
    const struct json_value *inner;
    span text = span_trim(value->text);
    if (nested < NESTED && !span_empty(text) && (text.ptr[0] == '{' || text.ptr[0] == '[') &&
        json_parse(arena, text, &inner, NULL) == OK)
        read_ids(arena, pixel, inner, kind, nested + 1);
}

static void read_one(struct arena *arena, const struct json_value *entry,
                     struct evidence_pixel *pixel)
{
    *pixel = (struct evidence_pixel){
        .id = json_get_id(entry, "id").ptr ? json_get_id(entry, "id") : SPAN(""),
        .type = json_get_text(entry, "type"),
        .context = json_get_text(entry, "runtimeContext"),
        .client = json_get_int(entry, "apiClientId", 0),
        .quote = entry->raw,
    };
    for (size_t i = 0; i < COUNT_OF(vendors); i++)
        if (vendors[i].client == pixel->client)
            pixel->vendor = vendors[i].vendor;
    const struct json_value *purposes = json_get(entry, "privacyPurposes");
    pixel->no_purpose = purposes && purposes->kind == JSON_ARRAY && purposes->count == 0;
    const struct json_value *configuration = json_get(entry, "configuration");
    if (configuration)
        read_ids(arena, pixel, configuration, (span){0}, 0);
}

/* The balanced [...] that begins at `from`; absent: it never closes. Brackets in strings count
   not. */
static span balanced(span text, size_t from)
{
    size_t depth = 0;
    char quote = 0;
    for (size_t i = from; i < text.len; i++) {
        char c = text.ptr[i];
        if (quote) {
            if (c == '\\')
                i++;
            else if (c == quote)
                quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if ((c == ']' || c == '}') && --depth == 0) {
            return span_sub(text, from, i + 1 - from);
        }
    }
    return (span){0};
}

enum status pixels_read(struct arena *arena, span script, struct evidence_pixel *pixels,
                        unsigned most, unsigned *ret_count)
{
    static const char name[] = "webPixelsConfigList";
    size_t at = span_search(script, 0, name);
    if (at == script.len)
        return MISSING;
    size_t from = at + sizeof name - 1, end = from;
    while (end < script.len && end - from < 16 && script.ptr[end] &&
           strchr("\"': \t\r\n", script.ptr[end]))
        end++;
    if (end >= script.len || script.ptr[end] != '[')
        return INVALID;
    span list = balanced(script, end);
    const struct json_value *root;
    if (span_empty(list) || json_parse(arena, list, &root, NULL) != OK)
        return INVALID;
    unsigned count = 0;
    for (const struct json_value *entry = root->first; entry && count < most; entry = entry->next)
        if (entry->kind == JSON_OBJECT)
            read_one(arena, entry, &pixels[count++]);
    *ret_count = count;
    return OK;
}
