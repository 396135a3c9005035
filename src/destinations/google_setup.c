/*
 * Before Google's first conversion: ids, credentials, and what of them can be seen to be wrong
 * without asking. The probe is the sample order with validateOnly, after a token was got by the
 * usual errand: full validation, the same errors, nothing recorded (contract 2.12).
 */
#include "google.h"

static bool digits_only(span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return true;
}

/* Ten digits, dashes as people copy them. */
static void check_account(const char *option, span id, struct arena *arena, option_say *say,
                          void *arg)
{
    bool dashes = true;
    for (size_t i = 0; i < id.len; i++)
        dashes &= id.ptr[i] == '-' || (id.ptr[i] >= '0' && id.ptr[i] <= '9');
    if (!span_empty(id) && (!dashes || google_digits(arena, id).len != 10))
        say(arg, option, true, "must be an account's ten digits, such as 123-456-7890");
}

static void check_key_file(const struct google_settings *google, struct arena *arena,
                           option_say *say, void *arg)
{
    const struct json_value *file;
    if (json_parse(arena, google->service_account, &file, NULL) != OK)
        say(arg, "service_account", true,
            "must be the content of a key file, JSON: write file:PATH, or ${NAME} that holds it");
    else if (span_is(json_get_text(file, "type"), "authorized_user"))
        say(arg, "service_account", true,
            "is a person's credentials file; its refresh_token, client_id and client_secret are "
            "options of their own");
    else if (span_empty(json_get_text(file, "client_email")) ||
             span_empty(json_get_text(file, "private_key")))
        say(arg, "service_account", true,
            "is no service account's key file: client_email or private_key is missing in it");
    else if (!google_errands_signs(google, arena))
        say(arg, "service_account", true,
            "has a private_key that cannot sign: it must be the RSA key as Google wrote it, line "
            "ends included");
}

static void check_credentials(const struct google_settings *google, struct arena *arena,
                              option_say *say, void *arg)
{
    bool file = !span_empty(google->service_account);
    bool person = !span_empty(google->refresh_token);
    if (file && person)
        say(arg, "refresh_token", true,
            "and `service_account` are two ways to the same token; keep one");
    else if (!file && !person)
        say(arg, "service_account", true,
            "is missing: write file:PATH of a service account's key, or else refresh_token, "
            "client_id and client_secret");
    if (file)
        check_key_file(google, arena, say, arg);
    if (person && span_empty(google->client_id))
        say(arg, "client_id", true, "is missing: a refresh_token is of one OAuth client");
    if (person && span_empty(google->client_secret))
        say(arg, "client_secret", true, "is missing: a refresh_token is of one OAuth client");
}

static void check(const struct settings *settings, struct arena *arena, option_say *say, void *arg)
{
    const struct google_settings *google = google_own(settings);
    check_account("customer_id", google->customer_id, arena, say, arg);
    check_account("login_customer_id", google->login_customer_id, arena, say, arg);
    if (!digits_only(google->conversion_action))
        say(arg, "conversion_action", true,
            "must be the action's id, digits: what follows ctId= in its address in Google Ads");
    check_credentials(google, arena, say, arg);
    if (settings->consent != CONSENT_REQUIRE)
        say(arg, "consent", false,
            "other than require changes nothing: Google takes no conversion without identifiers, "
            "and none are sent of who said no");
    if (google_is_ads(settings) && span_empty(google->developer_token))
        say(arg, "developer_token", true,
            "is missing: `api: ads` needs it; the default, data_manager, does not");
    else if (!google_is_ads(settings) && !span_empty(google->developer_token))
        say(arg, "developer_token", false, "is used with `api: ads` only");
}

static const char *const notes[] = {
    "Only orders go out: a conversion, and restatements of it after refunds, cancellations and "
    "edits, once the conversion itself was delivered.",
    "E-mail, phone and names go out as SHA-256 digests; country, zip, click ids and agent as they "
    "are; no address (IP) of people in the EEA, UK and Switzerland.",
    "Use the conversion action that the shop's own tag uses, with the same transaction id "
    "(orders.transaction_id): Google then merges both. With another one every order counts twice.",
    "With marketing denied nothing is sent, whatever `consent` says: without identifiers Google "
    "takes no conversion, and of who said no it is told none (a counted skip, no_identifier). A "
    "sale or sharing opt-out denies adPersonalization.",
    "An order that lacks what orders.transaction_id names is a counted skip (no_transaction_id).",
    NULL,
};

static const struct limit limits[] = {
    {"2.2", "life of a token", "expires_in less 300 s", 0,
     "EARLY_SECONDS; one fetch however many wait", "tests/golden/google/token_short.case"},
    {"2.3", "events in a request", "2000", BATCH_CEILING, "the batch is closed",
     "tests/golden/google/full_batch.case"},
    {"2.3", "destinations in a request", "10", 1, "one conversion action an outlet",
     "tests/golden/google/accounts.case"},
    {"2.3", "identifiers of an event", "10", 3, "e-mail, phone, address, once each",
     "tests/golden/google/placed_order.case"},
    {"2.3", "transactionId", "512 bytes", 0, "TRANSACTION_BYTES; a counted skip",
     "tests/golden/google/transaction_long.case"},
    {"2.3", "one click id an event", "gclid, gbraid or wbraid", 0, "gclid first",
     "tests/golden/google/gclid_first.case"},
    {"2.4", "requests a minute", "300 of a Cloud project", 300,
     "pacing; stores of one project share it (quota())", "tests/unit/pipeline/test_quota.c"},
    {"2.4", "requests a day", "100000 of a Cloud project", 0,
     "batches; what is refused (429) waits as Google says", "tests/golden/google/retry_info.case"},
    {"2.4", "wait before a retry", "RetryInfo or Retry-After", 0,
     "honoured, a minute at least for a quota", "tests/golden/google/errors_wait.case"},
    {"2.5", "status of a request", "after 30 min, then hourly for a day", 0,
     "POLL_FIRST_MS, POLL_AGAIN_MS, GOOGLE_POLL_LAST_MS; over restarts too",
     "tests/unit/destinations/test_google_errands.c"},
    {"2.6", "age of an event", "90 days", 0, "max_age_ms is an hour less; a counted skip",
     "tests/unit/pipeline/test_route.c"},
    {"2.6", "age of an adjustment's order", "90 days; api: ads 55", 0,
     "max_age(), counted from the order; a counted skip", "tests/unit/destinations/test_google.c"},
    {"2.8", "restatements only of what Google has", "else a new conversion", 0,
     "they wait until the order itself is delivered", "tests/flow/google.scene"},
    {"2.9", "session attributes", "4000 characters", 0,
     "SESSION_CHARS; referrer goes first, then the agent", "tests/golden/google/session_long.case"},
    {"2.11", "identifiers, api: ads", "5, e-mail and phone only", 2, "no address",
     "tests/golden/google/ads_identifiers.case"},
    {.section = NULL},
};

const struct setup google_setup = {
    .credentials =
        "A Cloud project with the Data Manager API enabled. Simplest: a service account of it, "
        "its key file here, its e-mail address added as a user of the Google Ads account (Admin > "
        "Access and security). Or an OAuth client and a refresh token with the scope datamanager "
        "(adwords for `api: ads`, which also needs a developer token); the app must be published, "
        "else the token dies after seven days.",
    .proves = "credentials, account and conversion action are good (validated, nothing recorded)",
    .notes = notes,
    .limits = limits,
    .check = check,
};
