/*
 * Klaviyo's bodies, judged (contracts/destinations 6.1-6.7 and contracts/klaviyo-openapi.json).
 *
 * The member tables follow the OpenAPI schemas of revision 2026-07-15; the checks below them say
 * what a schema cannot: phones are E.164 and possible, times are ISO 8601 between 1990 and a
 * year ahead, strings have at most 100 KB, lists 4000 elements, an event 400 properties and 10
 * levels. Attributes the schema does not name are refused, which the real one does not always do.
 */
#include "sandbox_klaviyo.h"

#include "../base/date.h"
#include "../base/limits.h"
#include "../event/clean.h"

#define TEXT_MOST       (100 * KIB)
#define LIST_MOST       4000u
#define LEVELS_MOST     10u
#define PROPERTIES_MOST 400u
#define METRIC_MOST     127u
#define BULK_MOST       1000u
#define YEAR_1991_MS    INT64_C(662688000000)
#define AHEAD_MS        (365 * DAY_MS)
#define TEXT_OR_NULL    (SHAPE_TEXT | SHAPE_NULL)
#define NEEDED          SHAPE_NEEDED

/* ---- shapes ---- */

static const struct sandbox_member location_members[] = {
    {"address1", TEXT_OR_NULL},
    {"address2", TEXT_OR_NULL},
    {"city", TEXT_OR_NULL},
    {"country", TEXT_OR_NULL},
    {"region", TEXT_OR_NULL},
    {"zip", TEXT_OR_NULL},
    {"timezone", TEXT_OR_NULL},
    {"ip", TEXT_OR_NULL},
    {"latitude", TEXT_OR_NULL | SHAPE_NUMBER},
    {"longitude", TEXT_OR_NULL | SHAPE_NUMBER},
    {NULL, 0},
};
static const struct sandbox_member patch_members[] = {
    {"append", SHAPE_OBJECT | SHAPE_NULL},
    {"unappend", SHAPE_OBJECT | SHAPE_NULL},
    {"unset", SHAPE_TEXT | SHAPE_LIST | SHAPE_NULL},
    {NULL, 0},
};
static const struct sandbox_member identifier_patch_members[] = {
    {"append", SHAPE_OBJECT},
    {"unappend", SHAPE_OBJECT},
    {NULL, 0},
};
static const struct sandbox_member meta_members[] = {
    {"patch_properties", SHAPE_OBJECT | SHAPE_NULL, patch_members},
    {"patch_identifiers", SHAPE_OBJECT | SHAPE_NULL, identifier_patch_members},
    {NULL, 0, NULL},
};

/* What every profile may have; events add what they alone may. */
#define PROFILE_MEMBERS                                                                            \
    {"email", TEXT_OR_NULL}, {"phone_number", TEXT_OR_NULL}, {"external_id", TEXT_OR_NULL},        \
        {"_kx", TEXT_OR_NULL}, {"first_name", TEXT_OR_NULL}, {"last_name", TEXT_OR_NULL},          \
        {"organization", TEXT_OR_NULL}, {"locale", TEXT_OR_NULL}, {"title", TEXT_OR_NULL},         \
        {"image", TEXT_OR_NULL}, {"location", SHAPE_OBJECT | SHAPE_NULL, location_members},        \
    {                                                                                              \
        "properties", SHAPE_OBJECT | SHAPE_NULL                                                    \
    }
static const struct sandbox_member import_attributes[] = {PROFILE_MEMBERS, {NULL}};
static const struct sandbox_member bulk_attributes[] = {
    PROFILE_MEMBERS, {"anonymous_id", TEXT_OR_NULL}, {NULL}};
static const struct sandbox_member event_attributes[] = {
    PROFILE_MEMBERS,
    {"anonymous_id", TEXT_OR_NULL, NULL},
    {"meta", SHAPE_OBJECT | SHAPE_NULL, meta_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member import_profile[] = {
    {"type", SHAPE_TEXT | NEEDED, NULL},
    {"id", TEXT_OR_NULL, NULL},
    {"attributes", SHAPE_OBJECT | NEEDED, import_attributes},
    {"meta", SHAPE_OBJECT | SHAPE_NULL, meta_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member bulk_profile[] = {
    {"type", SHAPE_TEXT | NEEDED, NULL},
    {"id", TEXT_OR_NULL, NULL},
    {"attributes", SHAPE_OBJECT | NEEDED, bulk_attributes},
    {"meta", SHAPE_OBJECT | SHAPE_NULL, meta_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member event_profile[] = {
    {"type", SHAPE_TEXT | NEEDED, NULL},
    {"id", TEXT_OR_NULL, NULL},
    {"attributes", SHAPE_OBJECT | NEEDED, event_attributes},
    {NULL, 0, NULL},
};
static const struct sandbox_member metric_attributes[] = {
    {"name", SHAPE_TEXT | NEEDED},
    {"service", TEXT_OR_NULL},
    {NULL, 0},
};
static const struct sandbox_member metric_data[] = {
    {"type", SHAPE_TEXT | NEEDED, NULL},
    {"attributes", SHAPE_OBJECT | NEEDED, metric_attributes},
    {NULL, 0, NULL},
};
#define DATA_OF(members)                                                                           \
    {                                                                                              \
        {"data", SHAPE_OBJECT | NEEDED, members}, {NULL},                                          \
    }
static const struct sandbox_member metric_members[] = DATA_OF(metric_data);
static const struct sandbox_member event_profile_members[] = DATA_OF(event_profile);
static const struct sandbox_member bulk_profile_members[] = DATA_OF(bulk_profile);
static const struct sandbox_member import_body[] = DATA_OF(import_profile);

#define EVENT_MEMBERS                                                                              \
    {"properties", SHAPE_OBJECT | NEEDED}, {"time", TEXT_OR_NULL},                                 \
        {"value", SHAPE_NUMBER | SHAPE_NULL}, {"value_currency", TEXT_OR_NULL},                    \
        {"unique_id", TEXT_OR_NULL}, {"backfill", SHAPE_BOOL | SHAPE_NULL},                        \
    {                                                                                              \
        "metric", SHAPE_OBJECT | NEEDED, metric_members                                            \
    }
static const struct sandbox_member single_attributes[] = {
    EVENT_MEMBERS, {"profile", SHAPE_OBJECT | NEEDED, event_profile_members}, {NULL}};
static const struct sandbox_member grouped_attributes[] = {EVENT_MEMBERS, {NULL}};
static const struct sandbox_member single_data[] = {
    {"type", SHAPE_TEXT | NEEDED, NULL},
    {"attributes", SHAPE_OBJECT | NEEDED, single_attributes},
    {NULL, 0, NULL},
};
static const struct sandbox_member single_body[] = DATA_OF(single_data);

#define LIST_OF(members)                                                                           \
    {                                                                                              \
        {"data", SHAPE_LIST | NEEDED, members}, {NULL},                                            \
    }
static const struct sandbox_member grouped_data[] = {
    {"type", SHAPE_TEXT | NEEDED, NULL},
    {"attributes", SHAPE_OBJECT | NEEDED, grouped_attributes},
    {NULL, 0, NULL},
};
static const struct sandbox_member grouped_list[] = LIST_OF(grouped_data);
static const struct sandbox_member group_attributes[] = {
    {"backfill", SHAPE_BOOL | SHAPE_NULL, NULL},
    {"profile", SHAPE_OBJECT | NEEDED, bulk_profile_members},
    {"events", SHAPE_OBJECT | NEEDED, grouped_list},
    {NULL, 0, NULL},
};
static const struct sandbox_member group_data[] = {
    {"type", SHAPE_TEXT | NEEDED, NULL},
    {"attributes", SHAPE_OBJECT | NEEDED, group_attributes},
    {NULL, 0, NULL},
};
static const struct sandbox_member group_list[] = LIST_OF(group_data);
static const struct sandbox_member job_attributes[] = {
    {"events-bulk-create", SHAPE_OBJECT | NEEDED, group_list}, {NULL}};
static const struct sandbox_member job_data[] = {
    {"type", SHAPE_TEXT | NEEDED, NULL},
    {"attributes", SHAPE_OBJECT | NEEDED, job_attributes},
    {NULL, 0, NULL},
};
static const struct sandbox_member job_body[] = DATA_OF(job_data);

static const struct sandbox_member marketing_members[] = {
    {"consent", SHAPE_TEXT | NEEDED},
    {"consented_at", TEXT_OR_NULL},
    {NULL, 0},
};
static const struct sandbox_member channel_members[] = {
    {"marketing", SHAPE_OBJECT | NEEDED, marketing_members},
    {NULL, 0},
};
static const struct sandbox_member channels_members[] = {
    {"email", SHAPE_OBJECT, channel_members}, {"sms", SHAPE_OBJECT, channel_members}, {NULL}};
static const struct sandbox_member subscriber_attributes[] = {
    {"email", TEXT_OR_NULL, NULL},
    {"phone_number", TEXT_OR_NULL, NULL},
    {"subscriptions", SHAPE_OBJECT | NEEDED, channels_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member subscriber_data[] = {
    {"type", SHAPE_TEXT | NEEDED, NULL},
    {"id", TEXT_OR_NULL, NULL},
    {"attributes", SHAPE_OBJECT | NEEDED, subscriber_attributes},
    {NULL, 0, NULL},
};
static const struct sandbox_member subscriber_list[] = LIST_OF(subscriber_data);
static const struct sandbox_member subscription_attributes[] = {
    {"custom_source", TEXT_OR_NULL, NULL},
    {"profiles", SHAPE_OBJECT | NEEDED, subscriber_list},
    {"historical_import", SHAPE_BOOL | SHAPE_NULL, NULL},
    {NULL, 0, NULL},
};
static const struct sandbox_member list_data[] = {
    {"type", SHAPE_TEXT | NEEDED},
    {"id", SHAPE_TEXT | NEEDED},
    {NULL, 0},
};
static const struct sandbox_member list_members[] = DATA_OF(list_data);
static const struct sandbox_member relationship_members[] = {
    {"list", SHAPE_OBJECT, list_members},
    {NULL, 0},
};
static const struct sandbox_member subscription_data[] = {
    {"type", SHAPE_TEXT | NEEDED, NULL},
    {"attributes", SHAPE_OBJECT | NEEDED, subscription_attributes},
    {"relationships", SHAPE_OBJECT, relationship_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member subscription_body[] = DATA_OF(subscription_data);

/* ---- what a shape cannot say ---- */

static bool wrong(struct sandbox_klaviyo_problem *ret_problem, span pointer, span detail)
{
    *ret_problem =
        (struct sandbox_klaviyo_problem){400, "invalid", "Invalid input.", detail, pointer, {0}};
    return false;
}

static bool fits(struct arena *arena, const struct json_value *body,
                 const struct sandbox_member *members, struct sandbox_klaviyo_problem *ret_problem)
{
    struct sandbox_trouble trouble;
    return sandbox_shape_fits(arena, body, members, (span){0}, &trouble) ||
           wrong(ret_problem, trouble.pointer,
                 arena_print(arena, "'%.*s' %s.", SPAN_ARG(trouble.pointer), trouble.problem));
}

static bool is_type(const struct json_value *data, const char *type, span pointer,
                    struct sandbox_klaviyo_problem *ret_problem)
{
    return span_is(json_get_text(data, "type"), type) ||
           wrong(ret_problem, pointer, SPAN("'type' is not the type of this resource."));
}

/* Text and list sizes and depth, anywhere below. */
static bool check_sizes(const struct json_value *value, unsigned level, span pointer,
                        struct sandbox_klaviyo_problem *ret_problem)
{
    if (level > LEVELS_MOST)
        return wrong(ret_problem, pointer, SPAN("Nested deeper than 10 levels."));
    if (value->kind == JSON_STRING && value->text.len > TEXT_MOST)
        return wrong(ret_problem, pointer, SPAN("A string is longer than 100 KB."));
    if (value->kind == JSON_ARRAY && value->count > LIST_MOST)
        return wrong(ret_problem, pointer, SPAN("An array has more than 4000 elements."));
    for (const struct json_value *one = value->first; one; one = one->next)
        if (!check_sizes(one, level + 1, pointer, ret_problem))
            return false;
    return true;
}

static bool check_time(struct arena *arena, span text, int64_t now, span pointer,
                       struct sandbox_klaviyo_problem *ret_problem)
{
    int64_t ms;
    if (span_find(text, 0, 'T') != 10 || date_parse(text, &ms) != OK)
        return wrong(ret_problem, pointer,
                     arena_print(arena, "'%.*s' is not an ISO 8601 time.", SPAN_ARG(text)));
    if (ms < YEAR_1991_MS || ms > now + AHEAD_MS)
        return wrong(ret_problem, pointer,
                     SPAN("The time must be after 1990 and at most a year in the future."));
    return true;
}

static bool check_person(struct arena *arena, const struct json_value *attributes, span pointer,
                         struct sandbox_klaviyo_problem *ret_problem)
{
    span email = json_get_text(attributes, "email");
    span phone = json_get_text(attributes, "phone_number");
    if (email.ptr && (span_find(email, 0, '@') == email.len || !clean_email(arena, email).ptr))
        return wrong(ret_problem, sandbox_shape_at(arena, pointer, SPAN("email")),
                     SPAN("Invalid email address"));
    if (phone.ptr &&
        (!span_starts(phone, "+") || !span_equal(phone_e164(arena, phone, (span){0}), phone)))
        return wrong(ret_problem, sandbox_shape_at(arena, pointer, SPAN("phone_number")),
                     SPAN("Invalid phone number format (Example of a valid format: "
                          "+12345678901)"));
    return true;
}

static bool check_profile(struct arena *arena, const struct json_value *data, span pointer,
                          struct sandbox_klaviyo_problem *ret_problem)
{
    static const char *const identifiers[] = {"email", "phone_number", "external_id", "_kx",
                                              "anonymous_id"};
    const struct json_value *attributes = json_get(data, "attributes");
    bool known = json_get_text(data, "id").len > 0;
    for (unsigned i = 0; i < COUNT_OF(identifiers); i++)
        known = known || json_get_text(attributes, identifiers[i]).len > 0;
    if (!is_type(data, "profile", sandbox_shape_at(arena, pointer, SPAN("type")), ret_problem))
        return false;
    if (!known)
        return wrong(ret_problem, sandbox_shape_at(arena, pointer, SPAN("attributes")),
                     SPAN("A profile needs one of id, email, phone_number, external_id, _kx or "
                          "anonymous_id."));
    return check_person(arena, attributes, sandbox_shape_at(arena, pointer, SPAN("attributes")),
                        ret_problem) &&
           check_sizes(attributes, 0, pointer, ret_problem);
}

static bool check_attributes(struct arena *arena, const struct json_value *attributes, int64_t now,
                             span pointer, struct sandbox_klaviyo_problem *ret_problem)
{
    const struct json_value *metric = json_path(attributes, "metric.data");
    const struct json_value *properties = json_get(attributes, "properties");
    span name = json_path(metric, "attributes.name")->text;
    span time = json_get_text(attributes, "time");
    span currency = json_get_text(attributes, "value_currency");
    span value = json_get_number(attributes, "value");
    struct money money;
    if (!is_type(metric, "metric", sandbox_shape_at(arena, pointer, SPAN("metric/data/type")),
                 ret_problem))
        return false;
    if (name.len == 0 || name.len > METRIC_MOST)
        return wrong(ret_problem,
                     sandbox_shape_at(arena, pointer, SPAN("metric/data/attributes/name")),
                     SPAN("A metric's name has 1 to 127 characters."));
    if (properties->count > PROPERTIES_MOST)
        return wrong(ret_problem, sandbox_shape_at(arena, pointer, SPAN("properties")),
                     SPAN("An event has at most 400 properties."));
    if (currency.ptr && !money_currency_valid(currency))
        return wrong(ret_problem, sandbox_shape_at(arena, pointer, SPAN("value_currency")),
                     SPAN("value_currency is an ISO 4217 code."));
    if (value.ptr && money_parse(value, currency.ptr ? currency : SPAN("USD"), &money) != OK)
        return wrong(ret_problem, sandbox_shape_at(arena, pointer, SPAN("value")),
                     SPAN("value is not a plain decimal number."));
    return check_sizes(properties, 0, sandbox_shape_at(arena, pointer, SPAN("properties")),
                       ret_problem) &&
           (time.ptr == NULL ||
            check_time(arena, time, now, sandbox_shape_at(arena, pointer, SPAN("time")),
                       ret_problem));
}

/* ---- the four bodies ---- */

bool sandbox_klaviyo_check_event(struct arena *arena, const struct json_value *body, int64_t now,
                                 struct sandbox_klaviyo_problem *ret_problem)
{
    const struct json_value *data = json_get(body, "data");
    return fits(arena, body, single_body, ret_problem) &&
           is_type(data, "event", SPAN("/data/type"), ret_problem) &&
           check_profile(arena, json_path(data, "attributes.profile.data"),
                         SPAN("/data/attributes/profile/data"), ret_problem) &&
           check_attributes(arena, json_get(data, "attributes"), now, SPAN("/data/attributes"),
                            ret_problem);
}

static bool check_group(struct arena *arena, const struct json_value *group, int64_t now,
                        span pointer, unsigned *count, struct sandbox_klaviyo_problem *ret_problem)
{
    const struct json_value *events = json_path(group, "attributes.events.data");
    unsigned index = 0;
    if (!is_type(group, "event-bulk-create", sandbox_shape_at(arena, pointer, SPAN("type")),
                 ret_problem) ||
        !check_profile(arena, json_path(group, "attributes.profile.data"),
                       sandbox_shape_at(arena, pointer, SPAN("attributes/profile/data")),
                       ret_problem))
        return false;
    for (const struct json_value *one = events->first; one; one = one->next, index++) {
        span at = arena_print(arena, "%.*s/attributes/events/data/%u", SPAN_ARG(pointer), index);
        if (!is_type(one, "event", sandbox_shape_at(arena, at, SPAN("type")), ret_problem) ||
            !check_attributes(arena, json_get(one, "attributes"), now,
                              sandbox_shape_at(arena, at, SPAN("attributes")), ret_problem))
            return false;
    }
    *count += events->count;
    return true;
}

bool sandbox_klaviyo_check_bulk(struct arena *arena, const struct json_value *body, int64_t now,
                                struct sandbox_klaviyo_problem *ret_problem)
{
    const struct json_value *data = json_get(body, "data"), *list;
    span pointer = SPAN("/data/attributes/events-bulk-create/data");
    unsigned count = 0, index = 0;
    if (!fits(arena, body, job_body, ret_problem) ||
        !is_type(data, "event-bulk-create-job", SPAN("/data/type"), ret_problem))
        return false;
    list = json_path(data, "attributes.events-bulk-create.data");
    for (const struct json_value *one = list->first; one; one = one->next)
        if (!check_group(arena, one, now, arena_print(arena, "%.*s/%u", SPAN_ARG(pointer), index++),
                         &count, ret_problem))
            return false;
    if (count < 1 || count > BULK_MOST)
        return wrong(ret_problem, pointer, SPAN("A job has 1 to 1000 events."));
    return true;
}

bool sandbox_klaviyo_check_import(struct arena *arena, const struct json_value *body, int64_t now,
                                  struct sandbox_klaviyo_problem *ret_problem)
{
    (void)now;
    return fits(arena, body, import_body, ret_problem) &&
           check_profile(arena, json_get(body, "data"), SPAN("/data"), ret_problem);
}

static bool check_subscriber(struct arena *arena, const struct json_value *profile, bool historical,
                             int64_t now, span pointer, struct sandbox_klaviyo_problem *ret_problem)
{
    static const char *const channels[][2] = {{"email", "email"}, {"sms", "phone_number"}};
    const struct json_value *attributes = json_get(profile, "attributes");
    const struct json_value *subscriptions = json_get(attributes, "subscriptions");
    if (!check_profile(arena, profile, pointer, ret_problem))
        return false;
    if (subscriptions->count == 0)
        return wrong(ret_problem, pointer, SPAN("'subscriptions' names no channel."));
    for (unsigned i = 0; i < COUNT_OF(channels); i++) {
        const struct json_value *marketing =
            json_get(json_get(subscriptions, channels[i][0]), "marketing");
        span given = json_get_text(marketing, "consented_at");
        if (marketing == NULL)
            continue;
        if (!span_is(json_get_text(marketing, "consent"), "SUBSCRIBED"))
            return wrong(ret_problem, pointer, SPAN("consent is SUBSCRIBED here."));
        if (json_get_text(attributes, channels[i][1]).len == 0)
            return wrong(ret_problem, pointer,
                         SPAN("A channel needs its address: email, or phone_number for sms."));
        if (historical != (given.ptr != NULL))
            return wrong(ret_problem, pointer,
                         SPAN("consented_at goes with historical_import, and only with it."));
        if (given.ptr && !check_time(arena, given, now - AHEAD_MS, pointer, ret_problem))
            return false;
    }
    return true;
}

bool sandbox_klaviyo_check_subscribe(struct arena *arena, const struct json_value *body,
                                     int64_t now, struct sandbox_klaviyo_problem *ret_problem)
{
    const struct json_value *data = json_get(body, "data");
    const struct json_value *list = json_path(data, "relationships.list.data");
    span pointer = SPAN("/data/attributes/profiles/data");
    unsigned index = 0;
    if (!fits(arena, body, subscription_body, ret_problem) ||
        !is_type(data, "profile-subscription-bulk-create-job", SPAN("/data/type"), ret_problem) ||
        (list && !is_type(list, "list", SPAN("/data/relationships/list/data/type"), ret_problem)))
        return false;
    bool historical = json_get_bool(json_get(data, "attributes"), "historical_import", false);
    const struct json_value *profiles = json_path(data, "attributes.profiles.data");
    if (profiles->count < 1 || profiles->count > BULK_MOST)
        return wrong(ret_problem, pointer, SPAN("A job has 1 to 1000 profiles."));
    for (const struct json_value *one = profiles->first; one; one = one->next)
        if (!check_subscriber(arena, one, historical, now,
                              arena_print(arena, "%.*s/%u", SPAN_ARG(pointer), index++),
                              ret_problem))
            return false;
    return true;
}
