/*
 * Before the first hit: of GA4 and of a server container.
 *
 * GA4's probe is the sample order on the debug path, which records nothing; it tells whether the
 * body is valid and, by contract 4.8, never whether stream and secret exist: nothing can. A
 * container is asked whether it is there; with a preview header (test_code), or where it has the
 * Measurement Protocol client, also whether a client of it claims what we send.
 */
#include "list.h"
#include "sgtm.h"

static void check_stream(const struct settings *settings, option_say *say, void *arg)
{
    const struct analytics_stream *stream = analytics_stream(settings);
    span id = stream->measurement_id;
    bool fits = span_starts(id, "G-") && id.len > 2;
    for (size_t i = 2; fits && i < id.len; i++)
        fits = (id.ptr[i] >= 'A' && id.ptr[i] <= 'Z') || (id.ptr[i] >= '0' && id.ptr[i] <= '9');
    if (!span_empty(id) && !fits)
        say(arg, "measurement_id", true,
            "must be a web stream's id, G- with capitals and digits, such as G-AB12CD34EF");
    if (stream->browser_purchases && stream->unattributed == UNATTRIBUTED_SEND)
        say(arg, "unattributed", false,
            "send with browser_purchases: orders that the tag sent too will count twice");
}

static void check_ga4(const struct settings *settings, struct arena *arena, option_say *say,
                      void *arg)
{
    (void)arena;
    check_stream(settings, say, arg);
}

static void check_sgtm(const struct settings *settings, struct arena *arena, option_say *say,
                       void *arg)
{
    (void)arena;
    bool mp = sgtm_own(settings)->protocol == PROTOCOL_MP;
    check_stream(settings, say, arg);
    if (!mp && analytics_stream(settings)->user_data)
        say(arg, "user_data", false, "does nothing with `protocol: g_collect`; mp would send it");
    if (!mp && !span_empty(analytics_stream(settings)->api_secret))
        say(arg, "api_secret", false, "does nothing with `protocol: g_collect`");
}

static bool probe_sgtm(const struct settings *settings, const struct batch *sample, unsigned step,
                       struct probe *ret_probe)
{
    if (step > 0)
        return false;
    if (sgtm_own(settings)->protocol == PROTOCOL_MP || !span_empty(settings->test_code)) {
        ret_probe->proves = "a client of the container claims our events";
        destination_sgtm.encode(settings, sample, &ret_probe->call);
        return true;
    }
    ret_probe->proves = "the container answers; with a test_code (preview header) one page view "
                        "would show that its GA4 client claims our events";
    ret_probe->batch = NULL;
    ret_probe->call = (struct http_call){
        .method = "GET",
        .url = arena_print(sample->arena, "%.*s/healthz", SPAN_ARG(sgtm_container(settings))),
    };
    return true;
}

static void probe_judge_sgtm(const struct settings *settings, const struct probe *probe,
                             const struct http_response *response, struct judgement *judgement)
{
    (void)settings;
    if (probe->batch || judgement->verdict == VERDICT_DELIVERED ||
        judgement->verdict == VERDICT_RETRY)
        return;
    *judgement = (struct judgement){
        .verdict = VERDICT_PAUSED,
        .code = judgement->code,
        .message = response->status == 404
                       ? SPAN("nothing at /healthz: this is not a server container's address")
                       : judgement->message,
    };
}

static const char *const notes_ga4[] = {
    "By default the order's life only: GA4 knows copies of purchases and of nothing else. List "
    "more under `events` where the pages carry no tag of their own.",
    "Names, addresses and phone numbers do not go out, unless `user_data` (then as SHA-256 "
    "digests); the customer id, the visitor's address and agent do.",
    "Orders of buyers that GA never saw get a client id of their own and count as unattributed, "
    "or are skipped: `unattributed`.",
    "With analytics denied nothing is sent; advertising consent goes along as flags.",
    "An order that lacks what orders.transaction_id names is a counted skip (no_transaction_id): "
    "under another id GA would count it beside the tag's.",
    NULL,
};
static const char *const notes_sgtm[] = {
    "The container's tags get what a browser would show them: page, address, agent, GA's cookies; "
    "advertising cookies only with marketing consent. No e-mail address, no phone, no name.",
    "The container stamps events as they come: browsing older than five minutes is not sent, "
    "orders go out marked `late`.",
    "Do not list meta, tiktok or ga4 for the same store: the container feeds them.",
    "With analytics denied nothing is sent; gcs and npa carry the rest.",
    "An order that lacks what orders.transaction_id names is a counted skip (no_transaction_id).",
    NULL,
};

static const struct limit limits_ga4[] = {
    {"4.1", "answers say nothing", "always 2xx", 0, "limits are met before sending, by cutting",
     "tests/golden/ga4/errors.case"},
    {"4.2", "visitors in a request", "1", 1, "a batch is of one client id, device and consent",
     "tests/golden/ga4/batch.case"},
    {"4.3", "events in a request", "25", ANALYTICS_EVENTS, "the batch is closed",
     "tests/golden/ga4/batch_full.case"},
    {"4.3", "bytes of a request", "below 130 kB", ANALYTICS_BODY,
     "halved; a single event loses items from its end", "tests/golden/ga4/too_large.case"},
    {"4.3", "parameters of an event", "25", ANALYTICS_PARAMS, "the merchant's own give way",
     "tests/golden/ga4/custom_many.case"},
    {"4.3", "names of events and parameters", "40 of a-z, 0-9, _; none reserved",
     ANALYTICS_NAME_BYTES, "a counted skip; a parameter is left out",
     "tests/golden/ga4/custom_names.case"},
    {"4.3", "a value", "100 characters; pages 1000, 420, 300", ANALYTICS_CHARS, "cut",
     "tests/golden/ga4/text_limits.case"},
    {"4.3", "items", "200", ANALYTICS_ITEMS, "the first ones stay",
     "tests/golden/ga4/many_items.case"},
    {"4.3", "age of an event", "72 hours", 0, "max_age_ms; a counted skip",
     "tests/unit/pipeline/test_route.c"},
    {"4.3", "no future timestamps", "none", 0, "never later than now",
     "tests/golden/ga4/time.case"},
    {"4.7", "copies are known", "purchases only, by transaction_id", 0,
     "repeatable(): everything else is sent once or becomes a letter", "tests/flow/ga4.scene"},
    {.section = NULL},
};
static const struct limit limits_sgtm[] = {
    {"5.2", "events in a request", "1 (or 20 lines)", 1, "one each",
     "tests/golden/sgtm/endpoint.case"},
    {"5.2", "bytes", "16 kB of a body in gtag", 0, "HITS_BYTES; an event loses items from its end",
     "tests/golden/sgtm/long_event.case"},
    {"5.2", "items", "200", ANALYTICS_ITEMS, "the first ones stay",
     "tests/golden/sgtm/thousand_items.case"},
    {"5.2", "~ in an item", "parts its members", 0, "written as %7E",
     "tests/golden/sgtm/items.case"},
    {"5.4", "age of an event", "the container stamps them now", 0,
     "five minutes, then a counted skip; orders go out marked late", "tests/golden/sgtm/late.case"},
    {.section = NULL},
};

const struct setup analytics_setup_ga4 = {
    .credentials = "GA4 > Admin > Data streams > the web stream > Measurement Protocol API secrets "
                   "> Create. The measurement id stands on the same page.",
    .proves = "the event is valid; GA4 never tells whether measurement_id and api_secret are "
              "right, so look at Realtime after the first order",
    .notes = notes_ga4,
    .limits = limits_ga4,
    .check = check_ga4,
};
const struct setup analytics_setup_sgtm = {
    .credentials = "Tag Manager > the server container > Admin > Container settings: the tagging "
                   "server's URL. The preview header for `test_code`: Preview > … > Send requests "
                   "manually.",
    .notes = notes_sgtm,
    .limits = limits_sgtm,
    .check = check_sgtm,
    .probe = probe_sgtm,
    .probe_judge = probe_judge_sgtm,
};
