/*
 * The signatures at work: PCRE2, compiled once, JIT where the machine has it, and a match limit, so
 * that a page written to make a pattern slow makes it give up instead.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "../base/limits.h"
#include "../base/url.h"
#include "signature.h"

struct compiled {
    const struct signature *signature;
    const struct signature_mark *mark;
    pcre2_code *code;
};

struct signature_set {
    struct compiled *marks;
    unsigned count;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static unsigned count_marks(void)
{
    unsigned count = 0;
    for (const struct signature *s = signature_list; s->tag; s++)
        for (unsigned i = 0; i < SIGNATURE_MARKS && s->marks[i].pattern; i++)
            count++;
    return count;
}

/* Cookies' names are matched whole. */
static pcre2_code *compile(const struct signature_mark *mark)
{
    uint32_t options = PCRE2_CASELESS | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
    if (mark->role == MARK_COOKIE)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    int error = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)mark->pattern, PCRE2_ZERO_TERMINATED, options, &error, &at, NULL);
    if (code)
        (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without it: slower, the same */
    return code;
}

enum status signature_open(struct signature_set **ret_set)
{
    struct signature_set *set = calloc(1, sizeof *set);
    if (!set || !(set->marks = calloc(count_marks(), sizeof *set->marks)))
        abort();
    set->data = pcre2_match_data_create(4, NULL);
    set->context = pcre2_match_context_create(NULL);
    if (!set->data || !set->context)
        abort();
    pcre2_set_match_limit(set->context, LIMIT_AUDIT_MATCH_STEPS);
    pcre2_set_depth_limit(set->context, LIMIT_AUDIT_MATCH_DEPTH);
    for (const struct signature *s = signature_list; s->tag; s++)
        for (unsigned i = 0; i < SIGNATURE_MARKS && s->marks[i].pattern; i++) {
            struct compiled *c = &set->marks[set->count];
            *c = (struct compiled){s, &s->marks[i], compile(&s->marks[i])};
            if (!c->code) {
                signature_close(set);
                return BROKEN;
            }
            set->count++;
        }
    *ret_set = set;
    return OK;
}

void signature_close(struct signature_set *set)
{
    if (!set)
        return;
    for (unsigned i = 0; i < set->count; i++)
        pcre2_code_free(set->marks[i].code);
    pcre2_match_data_free(set->data);
    pcre2_match_context_free(set->context);
    free(set->marks);
    free(set);
}

static span group(const struct signature_set *set, span text, unsigned number)
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(set->data);
    if (number >= pcre2_get_ovector_count(set->data) || at[2 * number] == PCRE2_UNSET ||
        at[2 * number + 1] < at[2 * number])
        return (span){0};
    return span_sub(text, at[2 * number], at[2 * number + 1] - at[2 * number]);
}

/* The first group that took part. */
static span id_of(const struct signature_set *set, span text, int groups)
{
    for (int i = 1; i < groups; i++) {
        span id = group(set, text, (unsigned)i);
        if (!span_empty(id))
            return id;
    }
    return (span){0};
}

bool signature_scan(struct signature_set *set, span text, unsigned roles,
                    void (*found)(void *arg, const struct signature_match *match), void *arg)
{
    bool whole = true;
    for (unsigned i = 0; i < set->count; i++) {
        const struct compiled *c = &set->marks[i];
        if (!(c->mark->role & roles))
            continue;
        PCRE2_SIZE from = 0;
        for (unsigned matches = 0; matches < SIGNATURE_MATCHES && from <= text.len; matches++) {
            int groups = pcre2_match(c->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len,
                                     from, 0, set->data, set->context);
            if (groups <= 0) {
                whole &= groups == PCRE2_ERROR_NOMATCH;
                break;
            }
            struct signature_match match = {c->signature, c->mark, id_of(set, text, groups),
                                            group(set, text, 0)};
            found(arg, &match);
            PCRE2_SIZE end = pcre2_get_ovector_pointer(set->data)[1];
            from = end > from ? end : from + 1;
        }
    }
    return whole;
}

bool signature_of_request(struct signature_set *set, struct arena *arena, span url,
                          struct signature_match *ret_match)
{
    for (size_t i = 0; i + 3 <= url.len && i < 12; i++)
        if (memcmp(url.ptr + i, "://", 3) == 0) {
            url = span_sub(url, i + 3, url.len);
            break;
        }
    for (unsigned i = 0; i < set->count; i++) {
        const struct compiled *c = &set->marks[i];
        if (c->mark->role != MARK_NETWORK)
            continue;
        int groups = pcre2_match(c->code, (PCRE2_SPTR)(url.ptr ? url.ptr : ""), url.len, 0, 0,
                                 set->data, set->context);
        if (groups <= 0)
            continue;
        *ret_match = (struct signature_match){c->signature, c->mark, id_of(set, url, groups),
                                              group(set, url, 0)};
        size_t mark = span_find(url, 0, '?');
        if (c->mark->id && mark < url.len)
            ret_match->id = url_query_get(arena, span_sub(url, mark + 1, url.len), c->mark->id);
        return true;
    }
    return false;
}
