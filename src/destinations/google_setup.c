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
    "With marketing denied nothing is sent; a sale or sharing opt-out denies adPersonalization.",
    NULL,
};

static const struct limit limits[] = {
    {"2.4",   "events in a request", "2000", BATCH_CEILING, "the batch is closed",
     "tests/unit/destinations/test_list.c"},
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
