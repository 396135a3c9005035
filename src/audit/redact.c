/*
 * What may be shown: redact.h. One pass over the text, token by token; what is not sure to be
 * harmless is masked, since a report is sent around.
 */
#include "redact.h"

#include "../base/buf.h"
#include "../base/limits.h"

#define MASK "•••"

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_mail(char c) /* may stand in a local part or a domain */
{
    return is_word(c) || c == '.' || c == '-' || c == '+' || c == '%';
}

static bool is_domain(char c)
{
    return (is_mail(c) && c != '%') || (unsigned char)c >= 0x80; /* exämple.de */
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Length of an '@' at `at`, as it is, in a URL, in a URL in a URL, or as JSON may write it; 0:
 * none.
 */
static size_t at_sign(span text, size_t at)
{
    static const char *const signs[] = {"@", "%40", "%2540", "\\u0040"};
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (span_starts(span_sub(text, at, text.len), signs[i]))
            return strlen(signs[i]);
    return 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Can this be the last label of a domain? media@2x.png and react@18.2.10 are no e-mails. */
static bool is_top_label(span label)
{
    static const char *const files[] = {
        "png", "jpg",  "jpeg",  "gif", "webp", "svg",  "avif", "ico", "css",  "js",  "mjs",
        "map", "html", "woff2", "mp4", "webm", "woff", "ttf",  "pdf", "json", "xml", "min"};
    for (size_t i = 0; i < COUNT_OF(files); i++)
        if (span_equal_nocase(label, span_of(files[i])))
            return false;
    return label.len >= 2 && is_letter(label.ptr[0]) && is_letter(label.ptr[1]);
}

/* End of the e-mail that begins at `from`; 0: none does. */
static size_t mail_end(span text, size_t from)
{
    size_t at = from;
    while (at < text.len && at - from < 64 && is_mail(text.ptr[at]) && !at_sign(text, at))
        at++;
    size_t sign = at > from ? at_sign(text, at) : 0;
    if (sign == 0)
        return 0;
    size_t end = at + sign;
    while (end < text.len && end - at < 250 && is_domain(text.ptr[end]))
        end++;
    while (end > at + sign && !is_word(text.ptr[end - 1]))
        end--; /* the full stop of a sentence */
    size_t dot = end;
    while (dot > at + sign && text.ptr[dot - 1] != '.')
        dot--;
    return dot > at + sign + 1 && is_top_label(span_sub(text, dot, end - dot)) ? end : 0;
}

/* Is what ends at `at` the user, or user:password, of a URL? Sentry's keys are written so. */
static bool is_login(span text, size_t at)
{
    size_t from = at;
    while (from > 0 && at - from < 256 && text.ptr[from - 1] &&
           !strchr("@/?&=#\"' \t\r\n<>", text.ptr[from - 1]) &&
           !(from >= 3 && span_equal_nocase(span_sub(text, from - 3, 3), SPAN("%2F"))))
        from--;
    span before = span_sub(text, 0, from);
    return span_ends(before, "://") ||
           (from >= 9 && span_equal_nocase(span_sub(text, from - 9, 9), SPAN("%3A%2F%2F")));
}

bool redact_has_email(span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (strchr("@%\\", text.ptr[i]) && at_sign(text, i) && !is_login(text, i)) {
            size_t from = i;
            while (from > 0 && i - from < 63 && is_mail(text.ptr[from - 1]))
                from--;
            for (; from < i; from++) /* an escape before it, as in email%3Dann%40… */
                if (mail_end(text, from))
                    return true;
        }
    return false;
}

bool redact_secret_name(span name)
{
    static const char *const words[] = {"token",  "secret",     "passw",     "pwd",     "signature",
                                        "auth",   "apikey",     "api_key",   "session", "hmac",
                                        "bearer", "credential", "access_key"};
    static const char *const whole[] = {"key", "sig", "sid", "code",  "state", "_kx",   "em",
                                        "ph",  "fn",  "ln",  "email", "phone", "e-mail"};
    for (size_t i = 0; i < COUNT_OF(whole); i++)
        if (span_equal_nocase(name, span_of(whole[i])))
            return true;
    for (size_t w = 0; w < COUNT_OF(words); w++) {
        size_t len = strlen(words[w]);
        for (size_t i = 0; i + len <= name.len; i++)
            if (span_equal_nocase(span_sub(name, i, len), span_of(words[w])))
                return true;
    }
    return false;
}

/* Where the value begins if `name` ending at `end` is followed by = or : and a value; 0: it is not.
   Quotes of JSON and JS around both are passed over. */
static size_t value_start(span text, size_t end)
{
    size_t at = end;
    while (at < text.len && at - end < 6 && strchr("\"'\\] ", text.ptr[at]) && text.ptr[at])
        at++;
    if (at >= text.len || (text.ptr[at] != '=' && text.ptr[at] != ':'))
        return 0;
    at++;
    size_t first = at;
    while (at < text.len && at - first < 4 && text.ptr[at] && strchr("\"'\\ ", text.ptr[at]))
        at++;
    return at;
}

static size_t value_end(span text, size_t from)
{
    size_t at = from;
    while (at < text.len && text.ptr[at] && !strchr("\"'\\&;,}) \t\r\n<>", text.ptr[at]))
        at++;
    return at;
}

/* A hash, a JWT, a long random word: 32 hex digits and more, or eyJ… */
static bool is_opaque(span word)
{
    size_t hex = 0;
    while (hex < word.len && is_hex(word.ptr[hex]))
        hex++;
    return (hex == word.len && hex >= 32) || (word.len > 20 && span_starts(word, "eyJ")) ||
           span_starts(word, "shpat_") || span_starts(word, "sk_live") ||
           span_starts(word, "pk_live");
}

static void put(struct buf *out, span piece, size_t most)
{
    if (out->len < most + 4)
        buf_add_span(out, piece);
}

/* Puts what begins at `at`, a word or one byte, and returns where it ended. */
static size_t put_piece(struct buf *out, span text, size_t at, size_t most)
{
    bool begins = is_word(text.ptr[at]) && (at == 0 || !is_word(text.ptr[at - 1]));
    size_t mail = begins ? mail_end(text, at) : 0;
    if (mail) {
        put(out, SPAN(MASK), most);
        return mail;
    }
    size_t end = at;
    while (end < text.len && is_word(text.ptr[end]))
        end++;
    if (end == at) {
        unsigned char c = (unsigned char)text.ptr[at];
        if (c <= ' ' || c == 0x7f) {
            if (out->len > 0 && out->ptr[out->len - 1] != ' ')
                put(out, SPAN(" "), most);
        } else {
            put(out, span_sub(text, at, 1), most);
        }
        return at + 1;
    }
    span word = span_sub(text, at, end - at);
    size_t value = redact_secret_name(word) ? value_start(text, end) : 0;
    size_t over = value ? value_end(text, value) : 0;
    if (over > value + 3) {
        put(out, span_sub(text, at, value - at), most);
        put(out, SPAN(MASK), most);
        return over;
    }
    put(out, is_opaque(word) ? SPAN(MASK) : word, most);
    return end;
}

/* Not one byte of a character less, and no byte that is none. */
static void put_utf8(struct buf *out, span text, size_t most)
{
    for (size_t at = 0; at < text.len;) {
        unsigned char c = (unsigned char)text.ptr[at];
        size_t len = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        span one = span_sub(text, at, len);
        if (out->len + len > most - 3) {
            buf_add_text(out, "…");
            return;
        }
        if (one.len == len && span_utf8(one)) {
            buf_add_span(out, one);
            at += len;
        } else {
            buf_add_char(out, '?');
            at++;
        }
    }
}

span redact_quote(struct arena *arena, span text, size_t most)
{
    struct buf masked, out;
    text = span_trim(text);
    buf_init(&masked, most + 8 * KIB);
    buf_init(&out, most + 8);
    for (size_t at = 0; at < text.len && masked.len < most + 4;)
        at = put_piece(&masked, text, at, most);
    put_utf8(&out, span_trim(buf_span(&masked)), most);
    span copy = arena_copy(arena, out.len ? buf_span(&out) : SPAN(""));
    buf_done(&masked);
    buf_done(&out);
    return copy;
}

span redact_url(struct arena *arena, span url)
{
    size_t end = 0;
    while (end < url.len && url.ptr[end] != '?' && url.ptr[end] != '#')
        end++;
    url = span_sub(url, 0, end);
    for (size_t i = 0; i + 3 <= url.len; i++) { /* user:password@ before the path */
        if (memcmp(url.ptr + i, "://", 3) != 0)
            continue;
        size_t host = i + 3, slash = span_find(url, host, '/'), sign = span_find(url, host, '@');
        if (sign < slash)
            url = arena_join(arena, span_sub(url, 0, host), span_sub(url, sign + 1, url.len));
        break;
    }
    return redact_quote(arena, url, 300);
}
