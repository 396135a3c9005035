/*
 * What the Data Manager API demands of destinations and of one event (contracts/destinations 2.3,
 * 2.6, 2.9, 2.10).
 *
 * Stricter than the real one, on purpose: unknown members are refused; so is more than one click
 * id, cart data beside gbraid or wbraid (a warning there), upper-case digests, the digest of
 * nothing, an event without a transaction id (asked for in mode A only), an ip of a private
 * network.
 */
#include "sandbox_google.h"

#include "../base/date.h"
#include "../base/hash.h"
#include "../base/limits.h"

#define TRANSACTION_BYTES 512u
#define IDENTIFIERS_MOST  10u
#define SESSION_CHARS     4000u
#define OLDEST_MS         (90 * DAY_MS)

static const struct sandbox_member account_members[] = {
    {"accountType", SHAPE_TEXT | SHAPE_NEEDED},
    {"accountId", SHAPE_TEXT | SHAPE_NEEDED},
    {NULL, 0},
};
static const struct sandbox_member destination_members[] = {
    {"reference", SHAPE_TEXT, NULL},
    {"operatingAccount", SHAPE_OBJECT | SHAPE_NEEDED, account_members},
    {"loginAccount", SHAPE_OBJECT, account_members},
    {"productDestinationId", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {NULL, 0, NULL},
};
static const struct sandbox_member address_members[] = {
    {"givenName", SHAPE_TEXT | SHAPE_NEEDED},
    {"familyName", SHAPE_TEXT | SHAPE_NEEDED},
    {"regionCode", SHAPE_TEXT | SHAPE_NEEDED},
    {"postalCode", SHAPE_TEXT | SHAPE_NEEDED},
    {NULL, 0},
};
static const struct sandbox_member identifier_members[] = {
    {"emailAddress", SHAPE_TEXT, NULL},
    {"phoneNumber", SHAPE_TEXT, NULL},
    {"address", SHAPE_OBJECT, address_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member user_members[] = {
    {"userIdentifiers", SHAPE_LIST | SHAPE_NEEDED, identifier_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member device_members[] = {
    {"userAgent", SHAPE_TEXT},
    {"ipAddress", SHAPE_TEXT},
    {NULL, 0},
};
static const struct sandbox_member ads_members[] = {
    {"gclid", SHAPE_TEXT, NULL},
    {"gbraid", SHAPE_TEXT, NULL},
    {"wbraid", SHAPE_TEXT, NULL},
    {"dclid", SHAPE_TEXT, NULL},
    {"sessionAttributes", SHAPE_TEXT, NULL},
    {"landingPageDeviceInfo", SHAPE_OBJECT, device_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member consent_members[] = {
    {"adUserData", SHAPE_TEXT},
    {"adPersonalization", SHAPE_TEXT},
    {NULL, 0},
};
static const struct sandbox_member item_members[] = {
    {"merchantProductId", SHAPE_TEXT},    {"itemId", SHAPE_TEXT},
    {"quantity", SHAPE_TEXT | SHAPE_INT}, {"unitPrice", SHAPE_NUMBER},
    {"conversionValue", SHAPE_NUMBER},    {NULL, 0},
};
static const struct sandbox_member cart_members[] = {
    {"merchantId", SHAPE_TEXT, NULL},
    {"merchantFeedLabel", SHAPE_TEXT, NULL},
    {"merchantFeedLanguageCode", SHAPE_TEXT, NULL},
    {"transactionDiscount", SHAPE_NUMBER, NULL},
    {"couponCodes", SHAPE_LIST, NULL},
    {"items", SHAPE_LIST | SHAPE_NEEDED, item_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member property_members[] = {
    {"customerType", SHAPE_TEXT},
    {"customerValueBucket", SHAPE_TEXT},
    {NULL, 0},
};
static const struct sandbox_member event_members[] = {
    {"destinationReferences", SHAPE_LIST, NULL},
    {"transactionId", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"eventTimestamp", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"lastUpdatedTimestamp", SHAPE_TEXT, NULL},
    {"userData", SHAPE_OBJECT, user_members},
    {"adIdentifiers", SHAPE_OBJECT, ads_members},
    {"consent", SHAPE_OBJECT, consent_members},
    {"conversionValue", SHAPE_NUMBER, NULL},
    {"currency", SHAPE_TEXT, NULL},
    {"conversionCount", SHAPE_NUMBER, NULL},
    {"eventSource", SHAPE_TEXT, NULL},
    {"eventDeviceInfo", SHAPE_OBJECT, device_members},
    {"cartData", SHAPE_OBJECT, cart_members},
    {"userProperties", SHAPE_OBJECT, property_members},
    {NULL, 0, NULL},
};

/* ---- saying no --------------------------------------------------------------------------------
 */

span sandbox_google_path(struct arena *arena, span pointer)
{
    char *text = arena_take(arena, 2 * pointer.len + 1);
    span rest = span_sub(pointer, 1, pointer.len), part;
    size_t len = 0;
    int64_t index;
    for (bool first = true; span_split(&rest, '/', &part); first = false) {
        bool number = span_int(part, &index) == OK;
        if (number)
            text[len++] = '[';
        else if (!first)
            text[len++] = '.';
        for (size_t i = 0; i < part.len; i++) {
            char c = part.ptr[i];
            if (c >= 'A' && c <= 'Z')
                text[len++] = '_';
            text[len++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
        }
        if (number)
            text[len++] = ']';
    }
    return (span){text, len};
}

struct looking { /* at one event or destination */
    struct arena *arena;
    const struct json_value *at;
    span pointer;
    struct sandbox_google_violation *violation;
};

static bool refuse(const struct looking *look, const char *below, const char *reason,
                   const char *description)
{
    span pointer = below[0] ? arena_print(look->arena, "%.*s/%s", SPAN_ARG(look->pointer), below)
                            : look->pointer;
    *look->violation = (struct sandbox_google_violation){sandbox_google_path(look->arena, pointer),
                                                         reason, description};
    return false;
}

static bool fits(const struct looking *look, const struct sandbox_member *members)
{
    struct sandbox_trouble trouble;
    if (sandbox_shape_fits(look->arena, look->at, members, look->pointer, &trouble))
        return true;
    bool missing = strcmp(trouble.problem, "is missing") == 0;
    *look->violation = (struct sandbox_google_violation){
        sandbox_google_path(look->arena, trouble.pointer),
        missing ? "REQUIRED_FIELD_MISSING" : "INVALID_FORMAT", trouble.problem};
    return false;
}

/* ---- destinations -----------------------------------------------------------------------------
 */

static bool is_digits(span text, size_t least, size_t most)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len >= least && text.len <= most;
}

static bool check_account(const struct looking *look, const char *key)
{
    const struct json_value *account = json_get(look->at, key);
    if (!account)
        return true;
    if (!span_is(json_get_text(account, "accountType"), "GOOGLE_ADS") ||
        !is_digits(json_get_text(account, "accountId"), 10, 10))
        return refuse(look, key, "INVALID_FORMAT", "GOOGLE_ADS and ten digits");
    return true;
}

bool sandbox_google_destination(struct arena *arena, const struct json_value *destination,
                                span pointer, struct sandbox_google_violation *ret_violation)
{
    const struct looking look = {arena, destination, pointer, ret_violation};
    if (!fits(&look, destination_members) || !check_account(&look, "operatingAccount") ||
        !check_account(&look, "loginAccount"))
        return false;
    if (!is_digits(json_get_text(destination, "productDestinationId"), 1, 19))
        return refuse(&look, "productDestinationId", "INVALID_CONVERSION_ACTION_ID",
                      "the id of a conversion action is digits");
    return true;
}

/* ---- people -----------------------------------------------------------------------------------
 */

static bool is_digest(span text)
{
    static const char nothing[] =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'F')
            return false;
    return hash_is_hex(text, 64) && !span_is(text, nothing);
}

static bool check_address(const struct looking *look, const struct json_value *address)
{
    span region = json_get_text(address, "regionCode"), zip = json_get_text(address, "postalCode");
    if (!is_digest(json_get_text(address, "givenName")) ||
        !is_digest(json_get_text(address, "familyName")))
        return refuse(look, "userData", "INVALID_SHA256_FORMAT", "names are SHA-256, hex");
    if (region.len != 2 || region.ptr[0] < 'A' || region.ptr[0] > 'Z' || region.ptr[1] < 'A' ||
        region.ptr[1] > 'Z')
        return refuse(look, "userData", "INVALID_COUNTRY_CODE", "two upper-case letters");
    if (zip.len == 0 || span_trim(zip).len != zip.len)
        return refuse(look, "userData", "INVALID_POSTAL_CODE", "trimmed, and not empty");
    return true;
}

static bool check_people(const struct looking *look, bool hex, unsigned *ret_count)
{
    const struct json_value *user = json_get(look->at, "userData");
    const struct json_value *list = json_get(user, "userIdentifiers");
    *ret_count = list ? list->count : 0;
    if (!user)
        return true;
    if (!hex)
        return refuse(look, "userData", "REQUIRED_FIELD_MISSING",
                      "encoding is HEX beside userData");
    if (list->count == 0 || list->count > IDENTIFIERS_MOST)
        return refuse(look, "userData/userIdentifiers", "TOO_MANY_USER_IDENTIFIERS", "1 to 10");
    for (const struct json_value *one = list->first; one; one = one->next) {
        const struct json_value *address = json_get(one, "address");
        if (one->count != 1)
            return refuse(look, "userData", "INVALID_FORMAT", "one kind in each identifier");
        if (address && !check_address(look, address))
            return false;
        if (!address && !is_digest(one->first->text))
            return refuse(look, "userData", "INVALID_SHA256_FORMAT", "SHA-256, hex, lower case");
    }
    return true;
}

/* ---- clicks -----------------------------------------------------------------------------------
 */

span sandbox_google_unbase(struct arena *arena, span text)
{
    size_t padded = (text.len + 3) / 4 * 4;
    char *standard = arena_take(arena, padded + 1);
    span bytes;
    for (size_t i = 0; i < padded; i++) {
        char c = i < text.len ? text.ptr[i] : '=';
        if (i < text.len && (c == '+' || c == '/' || c == '='))
            return (span){0};
        standard[i] = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    return hash_from_base64(arena, (span){standard, padded}, &bytes) == OK ? bytes : (span){0};
}

static bool check_session(const struct looking *look, const struct json_value *ads)
{
    const struct json_value *session;
    span text = json_get_text(ads, "sessionAttributes");
    if (!text.ptr)
        return true;
    span plain = sandbox_google_unbase(look->arena, text);
    if (text.len > SESSION_CHARS || span_empty(plain) ||
        json_parse(look->arena, plain, &session, NULL) != OK || session->kind != JSON_OBJECT)
        return refuse(look, "adIdentifiers/sessionAttributes", "INVALID_FORMAT",
                      "base64url of a JSON object, at most 4000 characters");
    return true;
}

static bool check_clicks(const struct looking *look, unsigned *ret_count)
{
    static const char *const keys[] = {"gclid", "gbraid", "wbraid", "dclid"};
    const struct json_value *ads = json_get(look->at, "adIdentifiers");
    for (unsigned i = 0; i < COUNT_OF(keys); i++) {
        const struct json_value *id = json_get(ads, keys[i]);
        *ret_count += id != NULL;
        if (id && span_empty(id->text))
            return refuse(look, "adIdentifiers", "INVALID_FORMAT", "an empty click id");
    }
    if (*ret_count > 1)
        return refuse(look, "adIdentifiers", "INVALID_FORMAT", "one click id");
    bool braid = json_get(ads, "gbraid") || json_get(ads, "wbraid");
    if (braid && json_get(look->at, "cartData"))
        return refuse(look, "cartData", "INVALID_FORMAT", "no cart data with gbraid or wbraid");
    return check_session(look, ads);
}

/* ---- the rest ---------------------------------------------------------------------------------
 */

static bool one_of(span text, const char *const *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (span_is(text, words[i]))
            return true;
    return text.ptr == NULL;
}

static bool check_words(const struct looking *look)
{
    static const char *const sources[] = {"WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"};
    static const char *const consents[] = {"CONSENT_GRANTED", "CONSENT_DENIED"};
    static const char *const types[] = {"NEW", "RETURNING", "REENGAGED"};
    const struct json_value *consent = json_get(look->at, "consent");
    if (!one_of(json_get_text(look->at, "eventSource"), sources, COUNT_OF(sources)))
        return refuse(look, "eventSource", "INVALID_ENUM_VALUE", "not an event source");
    if (!one_of(json_get_text(consent, "adUserData"), consents, COUNT_OF(consents)) ||
        !one_of(json_get_text(consent, "adPersonalization"), consents, COUNT_OF(consents)))
        return refuse(look, "consent", "INVALID_ENUM_VALUE", "not a consent status");
    if (!one_of(json_get_text(json_get(look->at, "userProperties"), "customerType"), types,
                COUNT_OF(types)))
        return refuse(look, "userProperties", "INVALID_ENUM_VALUE", "not a customer type");
    return true;
}

static bool check_time(const struct looking *look, const char *key, int64_t now)
{
    int64_t at;
    span text = json_get_text(look->at, key);
    if (!text.ptr)
        return true;
    if (text.len < 20 || text.ptr[10] != 'T' || date_parse(text, &at) != OK)
        return refuse(look, key, "INVALID_FORMAT", "RFC 3339");
    if (at > now + MINUTE_MS || at < now - OLDEST_MS)
        return refuse(look, key, "EVENT_TIME_INVALID", "in the future, or more than 90 days ago");
    return true;
}

static bool check_money(const struct looking *look)
{
    const struct json_value *value = json_get(look->at, "conversionValue");
    span currency = json_get_text(look->at, "currency");
    bool upper = currency.len == 3;
    for (size_t i = 0; i < currency.len; i++)
        upper &= currency.ptr[i] >= 'A' && currency.ptr[i] <= 'Z';
    if ((value || currency.ptr) && (!upper || !money_currency_valid(currency)))
        return refuse(look, "currency", "INVALID_CURRENCY_CODE",
                      "The currency code is not supported.");
    if (value && span_starts(value->text, "-"))
        return refuse(look, "conversionValue", "INVALID_FORMAT", "negative");
    return true;
}

bool sandbox_google_event(struct arena *arena, const struct json_value *event, span pointer,
                          bool hex, int64_t now, struct sandbox_google_violation *ret_violation)
{
    const struct looking look = {arena, event, pointer, ret_violation};
    unsigned people = 0, clicks = 0;
    span transaction = json_get_text(event, "transactionId");
    if (!fits(&look, event_members))
        return false;
    if (transaction.len < 1 || transaction.len > TRANSACTION_BYTES)
        return refuse(&look, "transactionId", "INVALID_FORMAT", "1 to 512 bytes");
    if (!check_time(&look, "eventTimestamp", now) ||
        !check_time(&look, "lastUpdatedTimestamp", now) || !check_people(&look, hex, &people) ||
        !check_clicks(&look, &clicks) || !check_words(&look) || !check_money(&look))
        return false;
    if (people + clicks == 0)
        return refuse(&look, "", "NO_IDENTIFIERS_PROVIDED", "no userData, no click id");
    return true;
}
