/*
 * The Google Ads API's two upload methods, played strictly (contracts/destinations 2.1, 2.8, 2.11).
 *
 *   POST /v25/customers/{cid}:uploadClickConversions
 *   POST /v25/customers/{cid}:uploadConversionAdjustments
 *
 * Rows are judged one by one: 200 with a partialFailureError that names the bad ones, and the
 * others are recorded. An order id that is known is ORDER_ID_ALREADY_IN_USE, an adjustment of one
 * that is not CONVERSION_NOT_FOUND. partialFailure must be true; a developer token that begins with
 * "new" is one that Google lets in no more.
 */
#include "sandbox_google.h"

#include "../base/date.h"
#include "../base/hash.h"
#include "../base/limits.h"

#define ROWS_MOST        2000u
#define IDENTIFIERS_MOST 5u
#define ANSWER_CEILING   (4 * MIB)
#define OLDEST_VERSION   22

static const struct sandbox_member consent_members[] = {
    {"adUserData", SHAPE_TEXT},
    {"adPersonalization", SHAPE_TEXT},
    {NULL, 0},
};
static const struct sandbox_member identifier_members[] = {
    {"hashedEmail", SHAPE_TEXT},
    {"hashedPhoneNumber", SHAPE_TEXT},
    {"userIdentifierSource", SHAPE_TEXT},
    {NULL, 0},
};
static const struct sandbox_member conversion_members[] = {
    {"conversionAction", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"orderId", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"conversionDateTime", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"conversionValue", SHAPE_NUMBER, NULL},
    {"currencyCode", SHAPE_TEXT, NULL},
    {"gclid", SHAPE_TEXT, NULL},
    {"gbraid", SHAPE_TEXT, NULL},
    {"wbraid", SHAPE_TEXT, NULL},
    {"conversionEnvironment", SHAPE_TEXT, NULL},
    {"consent", SHAPE_OBJECT, consent_members},
    {"userIdentifiers", SHAPE_LIST, identifier_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member restatement_members[] = {
    {"adjustedValue", SHAPE_NUMBER | SHAPE_NEEDED},
    {"currencyCode", SHAPE_TEXT | SHAPE_NEEDED},
    {NULL, 0},
};
static const struct sandbox_member adjustment_members[] = {
    {"conversionAction", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"orderId", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"adjustmentType", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"adjustmentDateTime", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"restatementValue", SHAPE_OBJECT, restatement_members},
    {NULL, 0, NULL},
};
static const struct sandbox_member body_members[] = {
    {"partialFailure", SHAPE_BOOL | SHAPE_NEEDED},
    {"validateOnly", SHAPE_BOOL},
    {"conversions", SHAPE_LIST},
    {"conversionAdjustments", SHAPE_LIST},
    {NULL, 0},
};

/* "/v25/customers/1234567890:uploadClickConversions" */
static bool split_path(span path, span *ret_customer, bool *ret_adjusts)
{
    span rest = path, empty, version, customers, customer;
    int64_t number;
    if (!span_split(&rest, '/', &empty) || !span_split(&rest, '/', &version) ||
        !span_split(&rest, '/', &customers) || !span_split(&rest, ':', &customer) ||
        !span_empty(empty) || !span_is(customers, "customers") || !span_starts(version, "v") ||
        span_int(span_sub(version, 1, version.len), &number) != OK || number < OLDEST_VERSION)
        return false;
    *ret_customer = customer;
    *ret_adjusts = span_is(rest, "uploadConversionAdjustments");
    return *ret_adjusts || span_is(rest, "uploadClickConversions");
}

bool sandbox_google_ads_owns(span path)
{
    span customer;
    bool adjusts;
    return split_path(path, &customer, &adjusts);
}

/* ---- one row ------------------------------------------------------------------------------------
 */

/* "2026-11-24 17:00:00+01:00": the blank and the offset are demanded. */
static bool is_date(span text, int64_t *ret_ms)
{
    return text.len == 25 && text.ptr[10] == ' ' && (text.ptr[19] == '+' || text.ptr[19] == '-') &&
           text.ptr[22] == ':' && date_parse(text, ret_ms) == OK;
}

static bool is_money(const struct json_value *owner, const char *value, const char *currency)
{
    struct money money;
    span code = json_get_text(owner, currency);
    return money_currency_valid(code) &&
           money_parse(json_get_number(owner, value), code, &money) == OK && money.units >= 0;
}

/* NULL, or the code of what is wrong. */
static const char *check_conversion(const struct json_value *row, int64_t now)
{
    const struct json_value *people = json_get(row, "userIdentifiers");
    const struct json_value *consent = json_get(row, "consent");
    unsigned clicks =
        !!json_get(row, "gclid") + !!json_get(row, "gbraid") + !!json_get(row, "wbraid");
    int64_t at;
    if (!is_date(json_get_text(row, "conversionDateTime"), &at))
        return "INVALID_STRING_DATE_TIME";
    if (at > now + MINUTE_MS)
        return "CONVERSION_DATE_TIME_IN_FUTURE";
    if (at < now - 90 * DAY_MS)
        return "EXPIRED_EVENT";
    if (clicks > 1)
        return "VALUE_MUST_BE_UNSET";
    if (clicks == 0 && (!people || people->count == 0))
        return "MISSING_CONVERSION_IDENTIFIERS";
    if (people && people->count > IDENTIFIERS_MOST)
        return "TOO_MANY_USER_IDENTIFIERS";
    for (const struct json_value *one = people ? people->first : NULL; one; one = one->next) {
        span mail = json_get_text(one, "hashedEmail"),
             phone = json_get_text(one, "hashedPhoneNumber");
        if (!hash_is_hex(mail.ptr ? mail : phone, 64) || (mail.ptr && phone.ptr))
            return "INVALID_USER_IDENTIFIER";
    }
    for (const struct json_value *m = consent ? consent->first : NULL; m; m = m->next)
        if (!span_is(m->text, "GRANTED") && !span_is(m->text, "DENIED"))
            return "INVALID_ENUM_VALUE";
    return is_money(row, "conversionValue", "currencyCode") ? NULL : "INVALID_CONVERSION_VALUE";
}

static const char *check_adjustment(const struct json_value *row, int64_t now)
{
    span type = json_get_text(row, "adjustmentType");
    const struct json_value *value = json_get(row, "restatementValue");
    int64_t at;
    if (!is_date(json_get_text(row, "adjustmentDateTime"), &at))
        return "INVALID_STRING_DATE_TIME";
    if (at > now + MINUTE_MS)
        return "ADJUSTMENT_DATE_TIME_IN_FUTURE";
    if (span_is(type, "RETRACTION"))
        return value ? "VALUE_MUST_BE_UNSET" : NULL;
    if (!span_is(type, "RESTATEMENT"))
        return "INVALID_ENUM_VALUE";
    return is_money(value, "adjustedValue", "currencyCode") ? NULL : "INVALID_ADJUSTED_VALUE";
}

static void record(struct sandbox_ledger *ledger, struct sandbox_account *account,
                   const struct json_value *row, bool adjusts, int64_t now, struct arena *arena)
{
    const struct json_value *money = adjusts ? json_get(row, "restatementValue") : row;
    span order = json_get_text(row, "orderId");
    struct sandbox_entry entry = {
        .name = adjusts ? SPAN("restatement") : SPAN("conversion"),
        .dedup = adjusts ? arena_print(arena, "%.*s\n%.*s", SPAN_ARG(order),
                                       SPAN_ARG(json_get_text(row, "adjustmentDateTime")))
                         : order,
        .subject = order,
        .currency = json_get_text(money, "currencyCode"),
        .json = row->raw,
    };
    span value = json_get_number(money, adjusts ? "adjustedValue" : "conversionValue");
    if (money_parse(value, entry.currency, &entry.value) != OK)
        entry.value = (struct money){0};
    if (!adjusts)
        map_put(&account->links, order, account);
    sandbox_ledger_accept(ledger, account, &entry, now, INT64_MAX);
}

/* The row's code, recorded when there is none. */
static const char *take(struct sandbox_ledger *ledger, struct sandbox_account *account,
                        const struct json_value *row, bool adjusts, bool dry, int64_t now,
                        struct arena *arena)
{
    struct sandbox_trouble trouble;
    bool known = map_get(&account->links, json_get_text(row, "orderId")) != NULL;
    if (!sandbox_shape_fits(arena, row, adjusts ? adjustment_members : conversion_members,
                            (span){0}, &trouble))
        return "UNKNOWN_OR_MISSING_FIELD";
    const char *code = adjusts ? check_adjustment(row, now) : check_conversion(row, now);
    if (!code && adjusts && !known && !dry)
        code = "CONVERSION_NOT_FOUND";
    if (!code && !adjusts && known) {
        account->accepted++;
        account->duplicates++;
        return "ORDER_ID_ALREADY_IN_USE";
    }
    if (!code && !dry)
        record(ledger, account, row, adjusts, now, arena);
    return code;
}

/* ---- answers ----------------------------------------------------------------------------------
 */

static void put_failure(struct json *json, const struct json_value *rows, const char **codes,
                        bool adjusts)
{
    unsigned i = 0;
    json_open(json, "partialFailureError", '{');
    json_put_int(json, "code", 3);
    json_put_text(json, "message", SPAN("Multiple errors in 'details'."));
    json_open(json, "details", '[');
    json_open(json, NULL, '{');
    json_put_text(json, "@type",
                  SPAN("type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure"));
    json_open(json, "errors", '[');
    for (const struct json_value *row = rows->first; row; row = row->next, i++) {
        if (!codes[i])
            continue;
        json_open(json, NULL, '{');
        json_open(json, "errorCode", '{');
        json_put_text(json, adjusts ? "conversionAdjustmentUploadError" : "conversionUploadError",
                      span_of(codes[i]));
        json_close(json, '}');
        json_put_text(json, "message", SPAN("See the error code."));
        json_open(json, "location", '{');
        json_open(json, "fieldPathElements", '[');
        json_open(json, NULL, '{');
        json_put_text(json, "fieldName",
                      adjusts ? SPAN("conversion_adjustments") : SPAN("conversions"));
        json_put_int(json, "index", i);
        json_close(json, '}');
        json_close(json, ']');
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
}

static void answer_rows(const struct json_value *rows, const char **codes, unsigned bad,
                        bool adjusts, struct arena *arena, struct sandbox_reply *ret_reply)
{
    struct buf buf;
    struct json json;
    buf_init(&buf, ANSWER_CEILING);
    json_start(&json, &buf);
    json_open(&json, NULL, '{');
    if (bad > 0)
        put_failure(&json, rows, codes, adjusts);
    json_open(&json, "results", '[');
    for (unsigned i = 0; i < rows->count; i++) {
        json_open(&json, NULL, '{');
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    ret_reply->status = 200;
    ret_reply->body = arena_copy(arena, buf_span(&buf));
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/json; charset=UTF-8"));
    buf_done(&buf);
}

const char *sandbox_google_ads_handle(struct sandbox_ledger *ledger,
                                      const struct http_request *request, int64_t now,
                                      struct arena *arena, struct sandbox_reply *ret_reply)
{
    const struct json_value *body = NULL, *rows;
    struct sandbox_trouble trouble;
    span customer = {0};
    bool adjusts = false;
    unsigned bad = 0, i = 0;
    span developer = http_request_header(request, "developer-token");
    if (span_empty(developer))
        return "DEVELOPER_TOKEN_PARAMETER_MISSING";
    if (!split_path(request->path, &customer, &adjusts) ||
        json_parse(arena, request->body, &body, NULL) != OK ||
        !sandbox_shape_fits(arena, body, body_members, (span){0}, &trouble) ||
        !json_get_bool(body, "partialFailure", false))
        return "INVALID_ARGUMENT";
    rows = json_get(body, adjusts ? "conversionAdjustments" : "conversions");
    if (!rows || rows->count < 1 || rows->count > ROWS_MOST)
        return "TOO_MANY_CONVERSIONS_IN_REQUEST";
    span action = json_get_text(rows->first, "conversionAction");
    span prefix = arena_print(arena, "customers/%.*s/conversionActions/", SPAN_ARG(customer));
    if (!span_equal(span_sub(action, 0, prefix.len), prefix))
        return "INVALID_CONVERSION_ACTION";
    struct sandbox_account *account =
        sandbox_ledger_account(ledger, "google",
                               arena_print(arena, "%.*s/%.*s", SPAN_ARG(customer),
                                           SPAN_ARG(span_sub(action, prefix.len, action.len))));
    const char **codes = arena_array(arena, const char *, rows->count);
    bool dry = json_get_bool(body, "validateOnly", false);
    bool closed = span_starts(developer, "new");
    account->requests++;
    for (const struct json_value *row = rows->first; row; row = row->next, i++) {
        codes[i] = closed ? "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
                          : take(ledger, account, row, adjusts, dry, now, arena);
        bad += codes[i] != NULL;
        if (codes[i] && strcmp(codes[i], "ORDER_ID_ALREADY_IN_USE") != 0)
            sandbox_ledger_refuse(ledger, account, span_of(codes[i]), span_of(codes[i]));
    }
    answer_rows(rows, codes, bad, adjusts, arena, ret_reply);
    return NULL;
}
