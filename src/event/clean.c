/*
 * Normalising what identifies a person, the way the platforms' own libraries do it.
 *
 * A platform compares SHA-256 digests: one blank or one capital letter more and a buyer is lost
 * to it, so "almost the same" is worth nothing here and every rule has its source in
 * contracts/destinations 0.4 and 1.6. Those libraries are JavaScript, hence two details: white
 * space is what JavaScript's \s matches (NBSP and BOM too), and lower case is what its
 * toLowerCase() gives, which differs from a plain table in two places (İ and the final Σ).
 *
 * All rules but the address of an e-mail are one walk over the characters with a question
 * "keep it?" asked of each. Text that is not UTF-8 normalises to nothing. A value of 64 hex
 * digits is somebody's SHA-256 already and passes every rule, lower-cased.
 */
#include "clean.h"

#include "../base/hash.h"

#include <libpsl.h>
#include <utf8proc.h>

enum keep { KEEP_ALL, KEEP_NO_SPACE, KEEP_LETTERS, KEEP_ASCII_ALNUM };

static bool is_space(int32_t c)
{
    return (c >= 9 && c <= 13) || c == ' ' || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

static bool is_control(int32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

static bool is_ascii_alnum(int32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_ascii_punctuation(int32_t c)
{
    return c > ' ' && c < 0x7F && !is_ascii_alnum(c);
}

static bool keeps(enum keep keep, int32_t c)
{
    switch (keep) {
    case KEEP_ALL:
        return true;
    case KEEP_NO_SPACE:
        return !is_space(c);
    case KEEP_LETTERS:
        return !is_space(c) && !is_ascii_punctuation(c);
    case KEEP_ASCII_ALNUM:
        return is_ascii_alnum(c);
    }
    return false;
}

/* One character off the front of *rest; -1 when it is no UTF-8. */
static int32_t next_char(span *rest)
{
    int32_t c = (unsigned char)rest->ptr[0];
    ptrdiff_t len = 1;
    if (c >= 0x80)
        len = utf8proc_iterate((const uint8_t *)rest->ptr, (ptrdiff_t)rest->len, &c);
    if (len <= 0)
        return -1;
    *rest = span_sub(*rest, (size_t)len, rest->len);
    return c;
}

static size_t put_char(char *at, int32_t c)
{
    if (c < 0x80) {
        *at = (char)c;
        return 1;
    }
    return (size_t)utf8proc_encode_char(c, (uint8_t *)at);
}

static bool is_letter(int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

/* `before` is the character in front of c (0 at the start), `after` the rest of the text. */
static size_t put_lower(char *at, int32_t before, int32_t c, span after)
{
    if (c < 0x80)
        return put_char(at, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    if (c == 0x130) { /* İ: i and a combining dot */
        memcpy(at, "i\xCC\x87", 3);
        return 3;
    }
    if (c == 0x3A3 && is_letter(before) && (after.len == 0 || !is_letter(next_char(&after))))
        return put_char(at, 0x3C2); /* Σ at the end of a word is ς */
    return put_char(at, utf8proc_tolower(c));
}

/* White space off both ends, as JavaScript's trim(). */
static span trim(span s)
{
    span rest = s, from = s;
    while (rest.len > 0 && is_space(next_char(&rest)))
        from = rest;
    size_t end = 0; /* behind the last character that is no space */
    for (rest = from; rest.len > 0;) {
        int32_t c = next_char(&rest);
        if (c < 0)
            return (span){0};
        if (!is_space(c))
            end = from.len - rest.len;
    }
    return span_sub(from, 0, end);
}

/* Absent for what has nothing in it: an empty result must never be hashed. */
static span or_absent(span s)
{
    return s.len > 0 ? s : (span){0};
}

static span lower_kept(struct arena *arena, span raw, enum keep keep)
{
    if (span_empty(raw))
        return (span){0};
    /* Lower case may need more bytes: İ grows from 2 to 3, nothing grows more. */
    char *text = arena_take(arena, raw.len + raw.len / 2 + 1);
    size_t len = 0;
    int32_t before = 0;
    for (span rest = raw; rest.len > 0;) {
        int32_t c = next_char(&rest);
        if (c < 0)
            return (span){0};
        if (keeps(keep, c))
            len += put_lower(text + len, before, c, rest);
        before = c;
    }
    return or_absent((span){text, len});
}

static bool is_hashed(span raw)
{
    return hash_is_hex(raw, 2 * HASH_SIZE);
}

span clean_lower(struct arena *arena, span raw)
{
    return lower_kept(arena, trim(raw), KEEP_ALL);
}

/* Dots part words of `atom` characters; no word is empty. */
static bool is_dotted(span text, const char *atom_extra, unsigned *ret_words)
{
    span word;
    unsigned words = 0;
    if (span_empty(text) || text.ptr[text.len - 1] == '.')
        return false;
    for (; span_split(&text, '.', &word); words++) {
        if (span_empty(word))
            return false;
        for (size_t i = 0; i < word.len; i++) {
            unsigned char c = (unsigned char)word.ptr[i];
            if (c < 0x80 && !is_ascii_alnum(c) && (c == 0 || !strchr(atom_extra, c)))
                return false;
        }
    }
    *ret_words = words;
    return true;
}

span clean_email(struct arena *arena, span raw)
{
    span email = clean_lower(arena, raw);
    unsigned words;
    if (is_hashed(email))
        return email;
    size_t at = span_find(email, 0, '@');
    if (at == email.len)
        return (span){0};
    span domain = span_sub(email, at + 1, email.len);
    bool good = is_dotted(span_sub(email, 0, at), "!#$%&'*+/=?^_`{|}~-", &words) &&
                is_dotted(domain, "-", &words) && words >= 2;
    return good ? email : (span){0};
}

span clean_name(struct arena *arena, span raw)
{
    return lower_kept(arena, raw, KEEP_LETTERS);
}

span clean_city(struct arena *arena, span raw)
{
    span city = lower_kept(arena, raw, KEEP_ASCII_ALNUM);
    bool letter_first = city.len > 0 && city.ptr[0] >= 'a';
    return letter_first || is_hashed(city) ? city : (span){0};
}

span clean_zip(struct arena *arena, span raw)
{
    span front = span_sub(raw, 0, span_find(raw, 0, '-'));
    span zip = lower_kept(arena, front, KEEP_NO_SPACE);
    return zip.len >= 2 ? zip : (span){0};
}

span clean_external_id(struct arena *arena, span raw)
{
    return lower_kept(arena, raw, KEEP_NO_SPACE);
}

span clean_plain(struct arena *arena, span raw)
{
    if (span_empty(raw))
        return (span){0};
    char *text = arena_take(arena, raw.len);
    size_t len = 0;
    for (span rest = raw; rest.len > 0;) {
        int32_t c = next_char(&rest);
        if (c < 0)
            return (span){0};
        if (is_space(c) && is_control(c))
            text[len++] = ' '; /* a line break parts words, so it may not just vanish */
        else if (!is_control(c))
            len += put_char(text + len, c);
    }
    return or_absent(trim((span){text, len}));
}

bool clean_is_public_suffix(const char *domain)
{
    return psl_is_public_suffix(psl_builtin(), domain) != 0;
}

/* Nobody registers an address, and for browsers whatever ends in a number is one. On its way a name
   is ASCII (others as xn--…); with anything else in it, or an empty label, it is none at all. */
static bool is_name(span host)
{
    size_t label = 0;
    bool digits = true;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if ((!letter && c != '.') || (c == '.' && i == label))
            return false;
        if (c == '.') {
            label = i + 1;
            digits = true;
        } else {
            digits = digits && c >= '0' && c <= '9';
        }
    }
    return label < host.len && !digits;
}

static span registrable(struct arena *arena, span raw)
{
    span host = clean_lower(arena, raw);
    if (!is_name(host))
        return (span){0};
    return span_of(psl_registrable_domain(psl_builtin(), arena_text(arena, host)));
}

/* A store is asked under the same few names all day, and the list takes 10,000 instructions a name:
   each thread keeps its last answers. They depend on nothing but the name and the built-in list. */
span clean_registrable(struct arena *arena, span raw)
{
    static _Thread_local struct {
        span host, site;
        char host_bytes[80], site_bytes[80];
    } known[64];
    if (span_ends(raw, "."))
        raw = span_sub(raw, 0, raw.len - 1);
    if (raw.len > sizeof known->host_bytes || span_empty(raw))
        return registrable(arena, raw);
    size_t place = hash_quick(raw) % COUNT_OF(known);
    if (!span_equal(known[place].host, raw)) {
        span site = registrable(arena, raw);
        if (site.len > sizeof known->site_bytes)
            return site;
        memcpy(known[place].host_bytes, raw.ptr, raw.len);
        known[place].host = (span){known[place].host_bytes, raw.len};
        if (site.len > 0)
            memcpy(known[place].site_bytes, site.ptr, site.len);
        known[place].site = site.ptr ? (span){known[place].site_bytes, site.len} : site;
    }
    return arena_copy(arena, known[place].site);
}

const char *clean_library(void)
{
    static char text[80]; /* the same bytes whoever writes them */
    snprintf(text, sizeof text, "utf8proc %s, libpsl %s", utf8proc_version(), psl_get_version());
    return text;
}
