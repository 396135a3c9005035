/* Rules that hold of an event of Google Analytics, however it came. */
#include "sandbox_analytics.h"

#define NAME_MOST 40u
#define TEXT_MOST 100u

bool sandbox_analytics_refuse(struct sandbox_analytics_trouble *ret_trouble, const char *code,
                              span path, const char *text)
{
    *ret_trouble = (struct sandbox_analytics_trouble){code, path, span_of(text)};
    return false;
}

size_t sandbox_analytics_characters(span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

static bool is_reserved(span name)
{
    static const char *const reserved[] = {"ad_activeview",
                                           "ad_click",
                                           "ad_exposure",
                                           "ad_impression",
                                           "ad_query",
                                           "adunit_exposure",
                                           "app_clear_data",
                                           "app_install",
                                           "app_update",
                                           "app_remove",
                                           "error",
                                           "first_open",
                                           "first_visit",
                                           "in_app_purchase",
                                           "notification_dismiss",
                                           "notification_foreground",
                                           "notification_open",
                                           "notification_receive",
                                           "os_update",
                                           "screen_view",
                                           "session_start",
                                           "user_engagement"};
    static const char *const prefixes[] = {"_", "firebase_", "ga_", "google_", "gtag."};
    for (unsigned i = 0; i < COUNT_OF(reserved); i++)
        if (span_is(name, reserved[i]))
            return true;
    for (unsigned i = 0; i < COUNT_OF(prefixes); i++)
        if (span_starts(name, prefixes[i]))
            return true;
    return false;
}

bool sandbox_analytics_check_name(span name, struct sandbox_analytics_trouble *ret_trouble)
{
    if (is_reserved(name))
        return sandbox_analytics_refuse(ret_trouble, "NAME_RESERVED", name, "the name is reserved");
    bool fits = name.len > 0 && name.len <= NAME_MOST;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        fits = fits && (letter || (i > 0 && ((c >= '0' && c <= '9') || c == '_')));
    }
    return fits || sandbox_analytics_refuse(ret_trouble, "NAME_INVALID", name,
                                            "at most 40 letters, digits and underscores");
}

/* Something@somewhere.else: stricter than GA, whose terms forbid it and whose server takes it. */
static bool has_mail(span text)
{
    size_t at = span_find(text, 0, '@');
    return at > 0 && at < text.len && span_find(text, at, '.') < text.len;
}

bool sandbox_analytics_check_text(span name, span text,
                                  struct sandbox_analytics_trouble *ret_trouble)
{
    size_t most = span_is(name, "page_location")   ? 1000
                  : span_is(name, "page_referrer") ? 420
                  : span_is(name, "page_title")    ? 300
                                                   : TEXT_MOST;
    if (sandbox_analytics_characters(text) > most)
        return sandbox_analytics_refuse(ret_trouble, "VALUE_OUT_OF_BOUNDS", name,
                                        "the value is too long");
    if (has_mail(text))
        return sandbox_analytics_refuse(ret_trouble, "VALUE_INVALID", name,
                                        "the value holds an e-mail address");
    return true;
}

bool sandbox_analytics_client_id(span id)
{
    size_t dot = span_find(id, 0, '.');
    if (dot == 0 || dot + 1 >= id.len)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        bool digit = c >= '0' && c <= '9';
        bool token =
            digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("+/=-_", c));
        if (i != dot && !(i < dot ? token : digit))
            return false;
    }
    return true;
}
