/* A dossier as JSON and back; numbers are exact, since they are read by their digits. */
#include "dossier.h"

#include "../base/json.h"
#include "../base/limits.h"

static void write_numbers(struct json *json, const char *key, const int64_t *numbers,
                          unsigned count)
{
    json_open(json, key, '[');
    for (unsigned i = 0; i < count; i++)
        json_put_int(json, NULL, numbers[i]);
    json_close(json, ']');
}

span dossier_write(struct arena *arena, const struct dossier *dossier)
{
    struct buf out;
    struct json json;
    buf_init(&out, LIMIT_EVENT_BYTES);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_int(&json, "shop", dossier->shop);
    json_put_bool(&json, "everything", dossier->everything);
    json_put_int(&json, "person", dossier->person);
    write_numbers(&json, "persons", dossier->persons, dossier->person_count);
    write_numbers(&json, "orders", dossier->orders, dossier->order_count);
    json_open(&json, "stays", '[');
    for (unsigned i = 0; i < dossier->stay_count; i++) {
        const struct dossier_stay *stay = &dossier->stays[i];
        json_open(&json, NULL, '{');
        json_put_text(&json, "visitor", stay->visitor);
        json_put_int(&json, "from", stay->from);
        json_put_int(&json, "until", stay->until);
        json_put_bool(&json, "shared", stay->shared);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_open(&json, "names", '[');
    for (unsigned i = 0; i < dossier->name_count; i++) {
        json_open(&json, NULL, '{');
        json_put_int(&json, "kind", dossier->names[i].kind);
        json_put_text(&json, "value", dossier->names[i].value);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    span text = buf_ok(&out) ? arena_copy(arena, buf_span(&out)) : (span){0};
    buf_done(&out);
    return text;
}

static const int64_t *read_numbers(struct arena *arena, const struct json_value *list,
                                   unsigned *ret_count)
{
    unsigned count = 0;
    int64_t *numbers = arena_array(arena, int64_t, list ? list->count : 0);
    for (const struct json_value *one = list ? list->first : NULL; one; one = one->next)
        if (span_int(one->text, &numbers[count]) == OK)
            count++;
    *ret_count = count;
    return numbers;
}

enum status dossier_read(struct arena *arena, span text, struct dossier *ret_dossier)
{
    const struct json_value *root;
    enum status status = json_parse(arena, text, &root, NULL);
    if (status != OK)
        return BROKEN;
    struct dossier dossier = {
        .shop = json_get_int(root, "shop", 0),
        .everything = json_get_bool(root, "everything", false),
        .person = json_get_int(root, "person", 0),
    };
    dossier.persons = read_numbers(arena, json_get(root, "persons"), &dossier.person_count);
    dossier.orders = read_numbers(arena, json_get(root, "orders"), &dossier.order_count);
    const struct json_value *list = json_get(root, "stays");
    struct dossier_stay *stays = arena_array(arena, struct dossier_stay, list ? list->count : 0);
    for (const struct json_value *one = list ? list->first : NULL; one; one = one->next)
        stays[dossier.stay_count++] = (struct dossier_stay){
            .visitor = json_get_text(one, "visitor"),
            .from = json_get_int(one, "from", 0),
            .until = json_get_int(one, "until", 0),
            .shared = json_get_bool(one, "shared", true),
        };
    list = json_get(root, "names");
    struct dossier_name *names = arena_array(arena, struct dossier_name, list ? list->count : 0);
    for (const struct json_value *one = list ? list->first : NULL; one; one = one->next)
        names[dossier.name_count++] = (struct dossier_name){
            (enum link_kind)json_get_int(one, "kind", 0), json_get_text(one, "value")};
    dossier.stays = stays;
    dossier.names = names;
    *ret_dossier = dossier;
    return OK;
}
