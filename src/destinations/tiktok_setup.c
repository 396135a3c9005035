/*
 * Before TikTok's first event: the form of its pixel code, the token, and a probe of it.
 *
 * TikTok has no validate mode. With a test code one page view goes to the test view. Without one
 * the request carries no event at all: an empty list is refused, after the token was looked at,
 * and that refusal is the good answer; whether the pixel is this token's is then not known.
 */
#include "../base/limits.h"
#include "list.h"
#include "tiktok.h"

static const struct tiktok_settings *own(const struct settings *settings)
{
    return (const struct tiktok_settings *)(const void *)settings;
}

static const char *const purchase_names[] = {"Purchase", "CompletePayment", "PlaceAnOrder", NULL};
static const char *const lead_names[] = {"Lead", "SubmitForm", NULL};

static bool is_among(span name, const char *const *names)
{
    for (unsigned i = 0; names[i]; i++)
        if (span_is(name, names[i]))
            return true;
    return false;
}

static void check(const struct settings *settings, struct arena *arena, option_say *say, void *arg)
{
    (void)arena;
    const struct tiktok_settings *tiktok = own(settings);
    for (size_t i = 0; i < tiktok->pixel_code.len; i++) {
        char c = tiktok->pixel_code.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
            say(arg, "pixel_code", true,
                "must be capitals and digits, such as C4ABCDEF12345678, from Events Manager");
            break;
        }
    }
    if (!is_among(tiktok->purchase_name, purchase_names))
        say(arg, "purchase_event_name", false,
            "is none of TikTok's (Purchase, CompletePayment, PlaceAnOrder); campaigns can optimise "
            "on those only");
    if (!is_among(tiktok->lead_name, lead_names))
        say(arg, "lead_event_name", false, "is none of TikTok's (Lead, SubmitForm)");
    if (!span_empty(settings->test_code) && settings->shop->mode == SHOP_LIVE)
        say(arg, "test_code", false,
            "is set while the store is live: every event goes to the test view");
}

static void encode_empty(const struct settings *settings, struct arena *arena,
                         struct http_call *ret_call)
{
    struct http_header *headers = arena_array(arena, struct http_header, 2);
    struct buf body;
    struct json json;
    headers[0] = (struct http_header){SPAN("Access-Token"), own(settings)->access_token};
    headers[1] = (struct http_header){SPAN("Content-Type"), SPAN("application/json")};
    buf_init(&body, 4 * KIB);
    json_start(&json, &body);
    json_open(&json, NULL, '{');
    json_put_text(&json, "event_source", SPAN("web"));
    json_put_text(&json, "event_source_id", own(settings)->pixel_code);
    json_open(&json, "data", '[');
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    *ret_call = (struct http_call){
        .method = "POST",
        .url = arena_print(arena, "%.*s/open_api/%.*s/event/track/", SPAN_ARG(settings->base_url),
                           SPAN_ARG(settings->api_version)),
        .headers = headers,
        .header_count = 2,
        .body = arena_copy(arena, buf_span(&body)),
    };
    buf_done(&body);
}

static bool probe(const struct settings *settings, const struct batch *sample, unsigned step,
                  struct probe *ret_probe)
{
    if (step > 0)
        return false;
    if (!span_empty(settings->test_code)) {
        ret_probe->proves = "token and pixel are good; a page view is in the test view";
        destination_tiktok.encode(settings, sample, &ret_probe->call);
        return true;
    }
    ret_probe->proves =
        "token good; with a test_code the pixel would be looked at too (one event, test view)";
    encode_empty(settings, sample->arena, &ret_probe->call);
    return true;
}

/* Bad parameters, or a batch of a wrong size: the empty list, and nothing else. */
static void probe_judge(const struct settings *settings, const struct probe *probe,
                        const struct http_response *response, struct judgement *judgement)
{
    (void)probe, (void)response;
    if (span_empty(settings->test_code) && judgement->verdict == VERDICT_REFUSED &&
        (span_is(judgement->code, "40000") || span_is(judgement->code, "40002") ||
         span_is(judgement->code, "40061")))
        *judgement = (struct judgement){.verdict = VERDICT_DELIVERED};
}

static const char *const notes[] = {
    "E-mail, phone, names, zip and external id go out as SHA-256 digests; city, region, country, "
    "address, agent, ttp and ttclid as they are.",
    "Refunds, cancellations and what is taken out of the cart are not sent: TikTok has no event "
    "for them.",
    "Name purchases as the shop's pixel does (purchase_event_name), or TikTok counts them twice.",
    "Of the merchant's own events go name, value and items; TikTok's properties are a closed list.",
    "With marketing denied nothing is sent; a sale or sharing opt-out (GPC) sends with "
    "limited_data_use.",
    NULL,
};

static const struct limit limits[] = {
    {"3.2", "events in a request", "1000", BATCH_CEILING, "the batch is closed",
     "tests/golden/tiktok/thousand_events.case"},
    {"3.3", "name of a custom event", "not published", 50, "NAME_CHARS; a counted skip",
     "tests/golden/tiktok/custom_name_limit.case"},
    {"3.4", "a Purchase needs value and currency", "useless without", 0, "a counted skip",
     "tests/golden/tiktok/unfit.case"},
    {"3.4", "content ids are text", "40002 for numbers", 0, "always quoted",
     "tests/golden/tiktok/text_ids.case"},
    {"3.5", "a phone", "15 characters with the plus", 0, "PHONE_CHARS; left out",
     "tests/golden/tiktok/phone.case"},
    {"3.6", "copies are known", "48 hours", 0,
     "dedup_ms; a lost answer is not repeated later than that",
     "tests/unit/pipeline/test_outlet_answer.c"},
    {"3.7", "age of an event", "not established; 7 days assumed", 0,
     "option max_age; a counted skip", "tests/unit/pipeline/test_route.c"},
    {"3.7", "requests a second", "not published", 10,
     "option requests_per_second; pacing, per outlet", "tests/unit/pipeline/test_pace.c"},
    {"3.7", "wait when too frequent", "10 s", 0, "WAIT_BUSY",
     "tests/golden/tiktok/errors_wait.case"},
    {.section = NULL},
};

const struct setup tiktok_setup = {
    .credentials = "TikTok Events Manager > the pixel > Settings > Events API > Generate access "
                   "token. It is of that pixel and does not expire.",
    .notes = notes,
    .limits = limits,
    .check = check,
    .probe = probe,
    .probe_judge = probe_judge,
};
