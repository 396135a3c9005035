/*
 * Before Klaviyo's first event: the form of the key and a probe of it and its scopes.
 *
 * There is no test mode. The probe posts bodies without attributes where the real ones will go:
 * key and scope are looked at before the body (401, 403), and the 400 that names what the body
 * lacks is the good answer. Nothing is recorded and nothing personal is read, and no scope is
 * needed that sending does not need.
 */
#include "../base/limits.h"
#include "klaviyo.h"

static const struct klaviyo_settings *own(const struct settings *settings)
{
    return (const struct klaviyo_settings *)(const void *)settings;
}

static void check(const struct settings *settings, struct arena *arena, option_say *say, void *arg)
{
    (void)arena;
    const struct klaviyo_settings *klaviyo = own(settings);
    if (!span_empty(klaviyo->private_key) && !span_starts(klaviyo->private_key, "pk_"))
        say(arg, "private_key", false, "usually begins with pk_; this looks like another key");
    for (size_t i = 0; i < klaviyo->list.len; i++) {
        char c = klaviyo->list.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
            say(arg, "list", true,
                "must be the list's id, such as Y6nRLr (at the end of its address in Klaviyo), "
                "not its name");
            break;
        }
    }
    if (settings->consent_given && settings->consent == CONSENT_LIMITED)
        say(arg, "consent", true,
            "cannot be limited here: a message to nobody is none; write require or transactional");
}

/* What is asked, in order; a step without need is left out. */
static const struct {
    const char *path, *type, *proves;
    bool of_list;
} steps[] = {
    {"/api/events", "event", "private key and its scope events:write are good", false},
    {"/api/profile-subscription-bulk-create-jobs", "profile-subscription-bulk-create-job",
     "private key and its scopes events:write and subscriptions:write are good", true},
};

static bool probe(const struct settings *settings, const struct batch *sample, unsigned step,
                  struct probe *ret_probe)
{
    if (step >= COUNT_OF(steps) || (steps[step].of_list && span_empty(own(settings)->list)))
        return false;
    struct arena *arena = sample->arena;
    struct http_header *headers = arena_array(arena, struct http_header, 4);
    headers[0] = (struct http_header){
        SPAN("Authorization"),
        arena_print(arena, "Klaviyo-API-Key %.*s", SPAN_ARG(own(settings)->private_key))};
    headers[1] = (struct http_header){SPAN("revision"), settings->api_version};
    headers[2] = (struct http_header){SPAN("Accept"), SPAN("application/vnd.api+json")};
    headers[3] = (struct http_header){SPAN("Content-Type"), SPAN("application/vnd.api+json")};
    ret_probe->proves = steps[step].proves;
    ret_probe->call = (struct http_call){
        .method = "POST",
        .url = arena_print(arena, "%.*s%s", SPAN_ARG(settings->base_url), steps[step].path),
        .headers = headers,
        .header_count = 4,
        .body =
            arena_print(arena, "{\"data\":{\"type\":\"%s\",\"attributes\":{}}}", steps[step].type),
    };
    return true;
}

static bool has(span words, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= words.len; i++)
        if (span_starts(span_sub(words, i, len), word))
            return true;
    return false;
}

/* 400 for the body is the good answer; a revision that Klaviyo does not know is a 400 too. */
static void probe_judge(const struct settings *settings, const struct probe *probe,
                        const struct http_response *response, struct judgement *judgement)
{
    (void)settings, (void)probe;
    if (judgement->verdict == VERDICT_REFUSED && response->status == 400 &&
        !has(judgement->message, "revision"))
        *judgement = (struct judgement){.verdict = VERDICT_DELIVERED};
}

static const char *const notes[] = {
    "People go out in plain text: Klaviyo is the shop's mailing house. Order events are "
    "transactional (sent whatever was said) unless `consent: require`.",
    "With native_integration (the default) Klaviyo's own Shopify app sends its metrics, and this "
    "gateway only what it lacks.",
    "`subscribed` joins `list` only on the person's own fresh consent, less than a day old.",
    "Test orders are not sent: Klaviyo has no test mode.",
    NULL,
};

static const struct limit limits[] = {
    {"6.1", "single events", "350/s, 3500/min", 0, "pacing by lane",
     "tests/unit/pipeline/test_pace.c"},
    {"6.1", "bulk jobs", "10/s, 150/min", 0, "pacing by lane", "tests/unit/pipeline/test_pace.c"},
    {"6.1", "subscription jobs", "75/s, 750/min", 0, "pacing by lane",
     "tests/golden/klaviyo/subscribed_list.case"},
    {"6.1", "events in a bulk job", "1000", BATCH_CEILING, "the batch is closed",
     "tests/golden/klaviyo/bulk_full.case"},
    {"6.1", "bytes of a request", "5 MB", 0, "SINGLE_BYTES, BULK_BYTES; a larger batch is halved",
     "tests/golden/klaviyo/too_large.case"},
    {"6.1", "properties of an event", "400", 0,
     "CUSTOM_CEILING for the merchant's own; the rest is ours",
     "tests/golden/klaviyo/custom_many.case"},
    {"6.2", "name of a metric", "below 128 characters", 0, "METRIC_BYTES; a counted skip",
     "tests/golden/klaviyo/custom_name_limit.case"},
    {"6.2", "events older than an hour", "backfill: true", 0, "set, so that no flow starts",
     "tests/golden/klaviyo/backfill.case"},
    {"6.2", "a phone Klaviyo calls invalid", "400 for the event", 0, "once more without it",
     "tests/golden/klaviyo/amend_phone.case"},
    {"6.5", "wait after 429", "Retry-After, RateLimit-Reset", 0, "honoured, a second at least",
     "tests/golden/klaviyo/errors_wait.case"},
    {"6.6", "copies are known", "by metric, person and unique_id, for ever", 0,
     "every event has a unique_id", "tests/golden/klaviyo/placed_order.case"},
    {.section = NULL},
};

const struct setup klaviyo_setup = {
    .credentials = "Klaviyo > Settings > API keys > Create private API key, with write access to "
                   "Events and Profiles, and to Subscriptions and Lists where `list` is set.",
    .notes = notes,
    .limits = limits,
    .check = check,
    .probe = probe,
    .probe_judge = probe_judge,
};
