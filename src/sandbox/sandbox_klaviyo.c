/*
 * Klaviyo's API, played strictly (contracts/destinations 6): events one by one and in bulk jobs,
 * profile upserts and subscriptions.
 *
 *   Authorization: Klaviyo-API-Key …   else 401      revision: a known date   else 400, 410
 *   Content-Type: JSON (:API)          else 415      a body of at most 5 MB   else 413
 *   burst and steady windows           else 429 with Retry-After; others carry RateLimit-…
 *
 * Profiles are known by their identifiers. An event goes to the first profile that one of its
 * identifiers names (id, email, phone, external id, _kx, anonymous id), which then also gets the
 * identifiers that nobody owns. Only a profile import answers 409 when they name different ones.
 * Copies of (metric, profile, unique_id) are taken (202) and dropped, for ever; without a
 * unique_id the time to the second stands for it. A copy inside one bulk job refuses the job.
 *
 * The account is named by a digest of its private key, so that no key appears in the totals.
 */
#include "sandbox_klaviyo.h"

#include "../base/date.h"
#include "../base/hash.h"
#include "../base/limits.h"

#define BODY_MOST      5000000u /* 5 MB */
#define REVISION_MOST  SPAN("2026-07-15")
#define REVISION_LEAST SPAN("2024-07-15")

struct lane {
    const char *path;
    unsigned per_second, per_minute;
    size_t body_most;
    sandbox_klaviyo_check *check;
    void (*record)(struct sandbox_ledger *ledger, struct sandbox_account *account,
                   const struct json_value *body, int64_t now, struct arena *arena,
                   struct sandbox_reply *ret_reply, struct sandbox_klaviyo_problem *ret_problem);
};

/* ---- profiles ---- */

static const struct {
    const char *member, *prefix;
} identifiers[] = {
    {"email", "e:"}, {"phone_number", "p:"}, {"external_id", "x:"},
    {"_kx", "k:"},   {"anonymous_id", "a:"},
};

static span identifier_key(struct arena *arena, const struct json_value *attributes, unsigned i)
{
    span value = json_get_text(attributes, identifiers[i].member);
    if (value.len == 0)
        return (span){0};
    span key = arena_print(arena, "%s%.*s", identifiers[i].prefix, SPAN_ARG(value));
    if (i == 0) /* addresses are one whatever their case */
        for (size_t at = 0; at < key.len; at++)
            if (key.ptr[at] >= 'A' && key.ptr[at] <= 'Z')
                ((char *)(uintptr_t)key.ptr)[at] = (char)(key.ptr[at] - 'A' + 'a');
    return key;
}

static span profile_id(struct arena *arena, uintptr_t number)
{
    return arena_print(arena, "01SANDBX%018llu", (unsigned long long)number);
}

static uintptr_t profile_of_id(const struct sandbox_account *account, span id)
{
    int64_t number;
    if (id.len == 26 && span_starts(id, "01SANDBX") &&
        span_int(span_sub(id, 8, 18), &number) == OK && number > 0 &&
        (uint64_t)number <= account->profiles)
        return (uintptr_t)number;
    return 0;
}

/* Number of the profile that these identifiers name first; 0: none. */
static uintptr_t profile_find(const struct sandbox_account *account, const struct json_value *data,
                              struct arena *arena)
{
    const struct json_value *attributes = json_get(data, "attributes");
    uintptr_t found = profile_of_id(account, json_get_text(data, "id"));
    for (unsigned i = 0; i < COUNT_OF(identifiers) && found == 0; i++) {
        span key = identifier_key(arena, attributes, i);
        if (key.ptr)
            found = (uintptr_t)map_get(&account->links, key);
    }
    return found;
}

static uintptr_t profile_upsert(struct sandbox_ledger *ledger, struct sandbox_account *account,
                                const struct json_value *data, struct arena *arena)
{
    uintptr_t number = profile_find(account, data, arena);
    if (number == 0)
        number = (uintptr_t)++account->profiles;
    for (unsigned i = 0; i < COUNT_OF(identifiers); i++) {
        span key = identifier_key(arena, json_get(data, "attributes"), i);
        if (key.ptr == NULL || map_get(&account->links, key))
            continue;
        if (account->links.count < SANDBOX_KNOWN_KEYS)
            map_put(&account->links, key, (void *)number);
        else
            ledger->known_all = false;
    }
    return number;
}

/* ---- what each path does with a body that holds ---- */

static span unique_key(struct arena *arena, const struct json_value *attributes, int64_t now)
{
    span id = json_get_text(attributes, "unique_id"), time = json_get_text(attributes, "time");
    int64_t ms = now;
    if (id.len > 0)
        return id;
    (void)!date_parse(time, &ms);
    return arena_print(arena, "second %lld", (long long)(ms / SECOND_MS));
}

static span dedup_key(struct arena *arena, const struct json_value *attributes, uintptr_t profile,
                      int64_t now)
{
    return arena_print(arena, "%.*s\n%llu\n%.*s",
                       SPAN_ARG(json_text(json_path(attributes, "metric.data.attributes.name"))),
                       (unsigned long long)profile, SPAN_ARG(unique_key(arena, attributes, now)));
}

/* A bulk job says of whom its events are, and whether they are backfill, once a group: what is kept
   of each event begins with that. */
static span with_group(struct arena *arena, const struct json_value *event,
                       const struct json_value *group)
{
    if (!group)
        return event->raw;
    const struct json_value *profile = json_path(group, "attributes.profile.data");
    bool backfill = json_get_bool(json_get(group, "attributes"), "backfill", false);
    return arena_print(arena, "{\"profile\":%.*s,\"backfill\":%s,%.*s", SPAN_ARG(profile->raw),
                       backfill ? "true" : "false",
                       SPAN_ARG(span_sub(event->raw, 1, event->raw.len)));
}

static void accept_event(struct sandbox_ledger *ledger, struct sandbox_account *account,
                         const struct json_value *event, const struct json_value *group,
                         uintptr_t profile, int64_t now, struct arena *arena)
{
    const struct json_value *attributes = json_get(event, "attributes");
    const struct json_value *properties = json_get(attributes, "properties");
    struct sandbox_entry entry = {
        .name = json_text(json_path(attributes, "metric.data.attributes.name")),
        .dedup = dedup_key(arena, attributes, profile, now),
        .subject = json_get_id(properties, "OrderId"),
        .currency = json_get_text(attributes, "value_currency"),
        .json = with_group(arena, event, group),
    };
    span value = json_get_number(attributes, "value");
    if (value.ptr && entry.currency.ptr)
        (void)!money_parse(value, entry.currency, &entry.value);
    sandbox_ledger_accept(ledger, account, &entry, now, INT64_MAX);
}

static void record_event(struct sandbox_ledger *ledger, struct sandbox_account *account,
                         const struct json_value *body, int64_t now, struct arena *arena,
                         struct sandbox_reply *ret_reply,
                         struct sandbox_klaviyo_problem *ret_problem)
{
    (void)ret_problem;
    const struct json_value *data = json_get(body, "data");
    uintptr_t profile =
        profile_upsert(ledger, account, json_path(data, "attributes.profile.data"), arena);
    accept_event(ledger, account, data, NULL, profile, now, arena);
    ret_reply->status = 202;
}

/* Copies inside one job: by metric, unique_id and the profile as it is written. */
static bool job_has_copies(const struct json_value *list, int64_t now, struct arena *arena)
{
    struct map seen = {0};
    bool copies = false;
    for (const struct json_value *group = list->first; group && !copies; group = group->next) {
        span profile = json_path(group, "attributes.profile.data")->raw;
        const struct json_value *event = json_path(group, "attributes.events.data")->first;
        for (; event && !copies; event = event->next) {
            const struct json_value *attributes = json_get(event, "attributes");
            span key = arena_print(arena, "%.*s%.*s", SPAN_ARG(profile),
                                   SPAN_ARG(dedup_key(arena, attributes, 0, now)));
            copies = json_get_text(attributes, "unique_id").len > 0 && map_get(&seen, key);
            map_put(&seen, key, &seen);
        }
    }
    map_done(&seen);
    return copies;
}

static void record_bulk(struct sandbox_ledger *ledger, struct sandbox_account *account,
                        const struct json_value *body, int64_t now, struct arena *arena,
                        struct sandbox_reply *ret_reply,
                        struct sandbox_klaviyo_problem *ret_problem)
{
    const struct json_value *list = json_path(body, "data.attributes.events-bulk-create.data");
    if (job_has_copies(list, now, arena)) {
        *ret_problem = (struct sandbox_klaviyo_problem){
            400,
            "invalid",
            "Invalid input.",
            SPAN("A unique_id is repeated for the same profile and metric."),
            SPAN("/data/attributes/events-bulk-create/data"),
            {0}};
        return;
    }
    for (const struct json_value *group = list->first; group; group = group->next) {
        uintptr_t profile =
            profile_upsert(ledger, account, json_path(group, "attributes.profile.data"), arena);
        const struct json_value *event = json_path(group, "attributes.events.data")->first;
        for (; event; event = event->next)
            accept_event(ledger, account, event, group, profile, now, arena);
    }
    ret_reply->status = 202;
}

/* An identifier of this body that belongs to another profile than `number`; 0: none. */
static uintptr_t profile_rival(const struct sandbox_account *account, const struct json_value *data,
                               uintptr_t number, struct arena *arena)
{
    for (unsigned i = 0; i < 3; i++) { /* email, phone, external id: what is unique to a person */
        span key = identifier_key(arena, json_get(data, "attributes"), i);
        uintptr_t owner = key.ptr ? (uintptr_t)map_get(&account->links, key) : 0;
        if (owner != 0 && owner != number)
            return owner;
    }
    return 0;
}

static void record_import(struct sandbox_ledger *ledger, struct sandbox_account *account,
                          const struct json_value *body, int64_t now, struct arena *arena,
                          struct sandbox_reply *ret_reply,
                          struct sandbox_klaviyo_problem *ret_problem)
{
    (void)now;
    const struct json_value *data = json_get(body, "data");
    span id = json_get_text(data, "id");
    uintptr_t known = profile_find(account, data, arena);
    uintptr_t rival = known ? profile_rival(account, data, known, arena) : 0;
    if (id.len > 0 && profile_of_id(account, id) == 0) {
        *ret_problem =
            (struct sandbox_klaviyo_problem){404,
                                             "not_found",
                                             "Not found.",
                                             SPAN("A profile with this id does not exist."),
                                             SPAN("/data/id"),
                                             {0}};
        return;
    }
    if (rival != 0) {
        *ret_problem = (struct sandbox_klaviyo_problem){
            409,
            "duplicate_profile",
            "Conflict.",
            SPAN("A profile already exists with one of these identifiers."),
            SPAN("/data/attributes"),
            profile_id(arena, rival)};
        return;
    }
    span name = profile_id(arena, profile_upsert(ledger, account, data, arena));
    ret_reply->status = known ? 200 : 201;
    ret_reply->body = arena_print(
        arena,
        "{\"data\":{\"type\":\"profile\",\"id\":\"%.*s\",\"attributes\":%.*s,\"links\":{\"self\":"
        "\"https://a.klaviyo.com/api/profiles/%.*s/\"}}}",
        SPAN_ARG(name), SPAN_ARG(json_get(data, "attributes")->raw), SPAN_ARG(name));
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/vnd.api+json"));
}

static void record_subscribe(struct sandbox_ledger *ledger, struct sandbox_account *account,
                             const struct json_value *body, int64_t now, struct arena *arena,
                             struct sandbox_reply *ret_reply,
                             struct sandbox_klaviyo_problem *ret_problem)
{
    (void)now;
    (void)ret_problem;
    const struct json_value *one = json_path(body, "data.attributes.profiles.data")->first;
    for (; one; one = one->next) {
        (void)profile_upsert(ledger, account, one, arena);
        account->subscriptions++;
    }
    ret_reply->status = 202;
}

static const struct lane lanes[SANDBOX_LANES] = {
    {"/api/events", 350, 3500, BODY_MOST, sandbox_klaviyo_check_event, record_event},
    {"/api/event-bulk-create-jobs", 10, 150, BODY_MOST, sandbox_klaviyo_check_bulk, record_bulk},
    {"/api/profile-import", 75, 750, 100000, sandbox_klaviyo_check_import, record_import},
    {"/api/profile-subscription-bulk-create-jobs", 75, 750, BODY_MOST,
     sandbox_klaviyo_check_subscribe, record_subscribe},
};

/* ---- the request ---- */

static bool owns(span path)
{
    return span_starts(path, "/api/");
}

static const struct lane *lane_of(span path)
{
    if (span_ends(path, "/"))
        path.len--;
    for (unsigned i = 0; i < COUNT_OF(lanes); i++)
        if (span_is(path, lanes[i].path))
            return &lanes[i];
    return NULL;
}

static bool problem(struct sandbox_klaviyo_problem *ret_problem, int status, const char *code,
                    const char *title, span detail)
{
    *ret_problem = (struct sandbox_klaviyo_problem){status, code, title, detail, {0}, {0}};
    return false;
}

/* The private key; absent when there is none. */
static span private_key(const struct http_request *request)
{
    span value = http_request_header(request, "authorization");
    if (!span_starts(value, "Klaviyo-API-Key "))
        return (span){0};
    return span_trim(span_sub(value, 16, value.len));
}

static bool is_revision(span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((i == 4 || i == 7) ? text.ptr[i] != '-' : (text.ptr[i] < '0' || text.ptr[i] > '9'))
            return false;
    return text.len == 10;
}

static bool is_json(span type)
{
    return span_starts(type, "application/json") || span_starts(type, "application/vnd.api+json");
}

static bool check_headers(const struct http_request *request, const struct lane *lane,
                          struct sandbox_klaviyo_problem *ret_problem)
{
    span key = private_key(request), revision = http_request_header(request, "revision");
    span accept = http_request_header(request, "accept");
    if (key.len == 0)
        return problem(ret_problem, 401, "not_authenticated",
                       "Authentication credentials were not provided.",
                       SPAN("Missing or invalid private key."));
    if (span_starts(key, "invalid"))
        return problem(ret_problem, 401, "authentication_failed",
                       "Incorrect authentication credentials.",
                       SPAN("Incorrect authentication credentials."));
    if (span_starts(key, "pk_readonly"))
        return problem(ret_problem, 403, "permission_denied",
                       "You do not have permission to perform this action.",
                       SPAN("The API key is missing the required scopes."));
    if (lane == NULL)
        return problem(ret_problem, 404, "not_found", "Not found.", SPAN("No such path."));
    if (!span_is(request->method, "POST"))
        return problem(ret_problem, 405, "method_not_allowed", "Method not allowed.",
                       SPAN("Only POST is allowed here."));
    if (!is_revision(revision) || span_compare(revision, REVISION_MOST) > 0)
        return problem(ret_problem, 400, "invalid", "Invalid input.",
                       SPAN("The revision header is missing or not a known revision."));
    if (span_compare(revision, REVISION_LEAST) < 0)
        return problem(ret_problem, 410, "gone", "Gone.", SPAN("This revision has been retired."));
    if (accept.ptr && !is_json(accept) && !span_starts(accept, "*/*"))
        return problem(ret_problem, 406, "not_acceptable", "Not acceptable.",
                       SPAN("Accept is application/vnd.api+json."));
    if (!is_json(http_request_header(request, "content-type")))
        return problem(ret_problem, 415, "unsupported_media_type", "Unsupported media type.",
                       SPAN("Content-Type is application/vnd.api+json or application/json."));
    if (request->body.len > lane->body_most)
        return problem(ret_problem, 413, "request_too_large", "Payload too large.",
                       SPAN("The body is larger than this endpoint takes."));
    return true;
}

/* Counts the request in its two windows; says whether it is let through, and adds the headers. */
static bool pace(struct sandbox_account *account, const struct lane *lane, int64_t now,
                 struct arena *arena, struct sandbox_reply *reply,
                 struct sandbox_klaviyo_problem *ret_problem)
{
    const int64_t lengths[2] = {SECOND_MS, MINUTE_MS};
    const unsigned most[2] = {lane->per_second, lane->per_minute};
    struct sandbox_window *windows = account->windows[lane - lanes];
    for (unsigned i = 0; i < 2; i++) {
        if (windows[i].index != now / lengths[i])
            windows[i] = (struct sandbox_window){now / lengths[i], 0};
        int64_t left = (lengths[i] - now % lengths[i] + SECOND_MS - 1) / SECOND_MS;
        if (windows[i].used >= most[i]) {
            sandbox_reply_header(reply, "Retry-After", arena_print(arena, "%lld", (long long)left));
            return problem(
                ret_problem, 429, "throttled", "Request was throttled.",
                arena_print(arena, "Request was throttled. Expected available in %lld second%s.",
                            (long long)left, left == 1 ? "" : "s"));
        }
    }
    windows[0].used++;
    windows[1].used++;
    int64_t reset = (MINUTE_MS - now % MINUTE_MS + SECOND_MS - 1) / SECOND_MS;
    sandbox_reply_header(reply, "RateLimit-Limit", arena_print(arena, "%u", lane->per_minute));
    sandbox_reply_header(reply, "RateLimit-Remaining",
                         arena_print(arena, "%u", lane->per_minute - windows[1].used));
    sandbox_reply_header(reply, "RateLimit-Reset", arena_print(arena, "%lld", (long long)reset));
    return true;
}

static void write_problem(const struct sandbox_klaviyo_problem *wrong, struct arena *arena,
                          struct sandbox_reply *ret_reply)
{
    struct buf out;
    struct json json;
    uint8_t digest[HASH_SIZE];
    hash_sha256(wrong->detail, digest);
    span hex = hash_to_hex(arena, digest, 16);
    buf_init(&out, 1 * MIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_open(&json, "errors", '[');
    json_open(&json, NULL, '{');
    json_put_text(&json, "id",
                  arena_print(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.ptr, hex.ptr + 8,
                              hex.ptr + 12, hex.ptr + 16, hex.ptr + 20));
    json_put_int(&json, "status", wrong->status);
    json_put_text(&json, "code", span_of(wrong->code));
    json_put_text(&json, "title", span_of(wrong->title));
    json_put_text(&json, "detail", wrong->detail);
    json_open(&json, "source", '{');
    if (wrong->pointer.ptr)
        json_put_text(&json, "pointer", wrong->pointer);
    json_close(&json, '}');
    json_open(&json, "meta", '{');
    if (wrong->duplicate_id.ptr)
        json_put_text(&json, "duplicate_profile_id", wrong->duplicate_id);
    json_close(&json, '}');
    json_close(&json, '}');
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    ret_reply->status = wrong->status;
    ret_reply->body = arena_copy(arena, buf_span(&out));
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/vnd.api+json"));
    buf_done(&out);
}

static struct sandbox_account *account_of(struct sandbox_ledger *ledger,
                                          const struct http_request *request, struct arena *arena)
{
    uint8_t digest[HASH_SIZE];
    span key = private_key(request);
    if (key.len == 0)
        return sandbox_ledger_account(ledger, "klaviyo", SPAN("(none)"));
    hash_sha256(key, digest);
    return sandbox_ledger_account(ledger, "klaviyo",
                                  arena_join(arena, SPAN("key-"), hash_to_hex(arena, digest, 4)));
}

static void handle(struct sandbox_ledger *ledger, const struct http_request *request, int64_t now,
                   struct arena *arena, struct sandbox_reply *ret_reply)
{
    const struct lane *lane = lane_of(request->path);
    struct sandbox_account *account = account_of(ledger, request, arena);
    struct sandbox_klaviyo_problem wrong = {0};
    const struct json_value *body = NULL;
    struct error error;
    account->requests++;
    if (check_headers(request, lane, &wrong) &&
        pace(account, lane, now, arena, ret_reply, &wrong)) {
        if (json_parse(arena, request->body, &body, &error) != OK)
            (void)problem(&wrong, 400, "invalid", "Invalid input.", SPAN("The body is not JSON."));
        else if (lane->check(arena, body, now, &wrong))
            lane->record(ledger, account, body, now, arena, ret_reply, &wrong);
    }
    if (wrong.status == 0)
        return;
    sandbox_ledger_refuse(
        ledger, account, arena_print(arena, "%d %s", wrong.status, wrong.code),
        arena_print(arena, "%.*s %.*s", SPAN_ARG(wrong.pointer), SPAN_ARG(wrong.detail)));
    write_problem(&wrong, arena, ret_reply);
}

static void broken(enum sandbox_fault_kind kind, struct arena *arena,
                   struct sandbox_reply *ret_reply)
{
    struct sandbox_klaviyo_problem wrong;
    span detail = SPAN("Ordered by a fault.");
    if (kind == SANDBOX_FAULT_429) {
        sandbox_reply_header(ret_reply, "Retry-After", SPAN("1"));
        (void)problem(&wrong, 429, "throttled", "Request was throttled.", detail);
    } else if (kind == SANDBOX_FAULT_TOKEN_INVALID) {
        (void)problem(&wrong, 401, "authentication_failed", "Incorrect authentication credentials.",
                      detail);
    } else if (kind == SANDBOX_FAULT_REFUSED) {
        (void)problem(&wrong, 400, "invalid", "Invalid input.", detail);
    } else if (kind == SANDBOX_FAULT_TRANSIENT) {
        (void)problem(&wrong, 524, "timeout", "A timeout occurred.", detail);
    } else if (kind == SANDBOX_FAULT_500) {
        (void)problem(&wrong, 500, "error", "A server error occurred.", detail);
    } else {
        (void)problem(&wrong, 503, "service_unavailable", "Service unavailable.", detail);
    }
    write_problem(&wrong, arena, ret_reply);
}

const struct sandbox_platform sandbox_klaviyo = {
    .name = "klaviyo",
    .body_ceiling = BODY_MOST + 64 * KIB,
    .owns = owns,
    .handle = handle,
    .broken = broken,
};
