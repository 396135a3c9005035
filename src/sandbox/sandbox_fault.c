/*
 * Faults on order: "the third request to Meta from now, and the four after it, are reset after
 * they were processed". Each fault looks at every request of its platform; `after` lets some pass
 * first, then `count` or `rate` decides. The first fault of the list that strikes wins; the
 * others do not use up their counts on that request.
 */
#include "sandbox_private.h"

static const struct {
    const char *word;
    bool processed;
} kinds[] = {[SANDBOX_FAULT_NONE] = {"none", true},
#define FAULT_ROW(name, word, processed, help) [SANDBOX_FAULT_##name] = {word, processed},
             SANDBOX_FAULT_KINDS(FAULT_ROW)
#undef FAULT_ROW
};

#define MILLION    1000000u
#define LONGEST_MS 600000
#define LATENCY_MS 1000
#define HANG_MS    60000

static const struct sandbox_member members[] = {
    {"platform", SHAPE_TEXT | SHAPE_NEEDED},
    {"kind", SHAPE_TEXT | SHAPE_INT | SHAPE_NEEDED},
    {"ms", SHAPE_INT},
    {"count", SHAPE_INT},
    {"after", SHAPE_INT},
    {"rate", SHAPE_NUMBER},
    {"seed", SHAPE_INT},
    {"retry_after", SHAPE_INT},
    {"match", SHAPE_TEXT},
    {"with", SHAPE_TEXT},
    {NULL, 0},
};

static enum status wrong(struct error *ret_error, const char *text)
{
    snprintf(ret_error->text, sizeof ret_error->text, "%s", text);
    return INVALID;
}

/* "0.25" -> 250000. The three digits after the point that matter never meet a double. */
static enum status read_rate(span token, unsigned *ret_rate)
{
    uint64_t rate = 0;
    unsigned decimals = 0;
    bool point = false;
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        if (c == '.' && !point) {
            point = true;
        } else if (c < '0' || c > '9' || rate > 10 * (uint64_t)MILLION) {
            return INVALID;
        } else if (!point || decimals < 6) {
            rate = rate * 10 + (uint64_t)(c - '0');
            decimals += point;
        }
    }
    for (; decimals < 6; decimals++)
        rate *= 10;
    if (rate > MILLION)
        return INVALID;
    *ret_rate = (unsigned)rate;
    return OK;
}

static bool read_text(const struct json_value *json, const char *name,
                      char ret_text[static SANDBOX_FAULT_TEXT])
{
    span text = json_get_text(json, name);
    if (text.len >= SANDBOX_FAULT_TEXT)
        return false;
    snprintf(ret_text, SANDBOX_FAULT_TEXT, "%.*s", SPAN_ARG(text));
    return true;
}

static enum status read_fault(const struct json_value *json, struct arena *arena,
                              struct sandbox_fault *ret_fault, struct error *ret_error)
{
    struct sandbox_trouble trouble;
    if (!sandbox_shape_fits(arena, json, members, (span){0}, &trouble)) {
        snprintf(ret_error->text, sizeof ret_error->text, "%.*s %s", SPAN_ARG(trouble.pointer),
                 trouble.problem);
        return INVALID;
    }
    const struct sandbox_platform *platform =
        sandbox_platform_named(json_get_text(json, "platform"));
    if (platform == NULL)
        return wrong(ret_error, "platform is not one that is played here");
    struct sandbox_fault fault = {.platform = platform->name, .rate = MILLION};
    for (unsigned i = 1; i < COUNT_OF(kinds); i++)
        if (span_is(json_get_number(json, "kind"), kinds[i].word))
            fault.kind = (enum sandbox_fault_kind)i;
    if (fault.kind == SANDBOX_FAULT_NONE)
        return wrong(ret_error, "kind is not one that `sidetrack help sandbox` lists");
    bool hangs = fault.kind == SANDBOX_FAULT_HANG || fault.kind == SANDBOX_FAULT_HANG_AFTER;
    int64_t ms = json_get_int(json, "ms", hangs ? HANG_MS : LATENCY_MS);
    int64_t after = json_get_int(json, "after", 0);
    span rate = json_get_number(json, "rate");
    /* With a rate, it goes on until it is cleared; without one, once. */
    int64_t count = json_get_int(json, "count", rate.ptr ? INT64_MAX : 1);
    if (ms < 0 || ms > LONGEST_MS || after < 0 || count < 1)
        return wrong(ret_error, "ms is 0 to 600000, after at least 0, count at least 1");
    if (rate.ptr && read_rate(rate, &fault.rate) != OK)
        return wrong(ret_error, "rate is a decimal from 0 to 1");
    if (!read_text(json, "match", fault.match) || !read_text(json, "with", fault.with))
        return wrong(ret_error, "match and with are texts of at most 119 bytes");
    bool is_row = fault.kind == SANDBOX_FAULT_BAD_ROW;
    if (is_row != (fault.with[0] != 0) || (is_row && !fault.match[0]))
        return wrong(ret_error, "bad_row needs match and with; the others have no with");
    if (fault.kind == SANDBOX_FAULT_TOKEN_EXPIRED && strcmp(fault.platform, "google") != 0)
        return wrong(ret_error, "only google's tokens end by themselves");
    int64_t wait = json_get_int(json, "retry_after", -1);
    fault.retry_after = wait < 0 || wait > LONGEST_MS ? -1 : (int)wait;
    fault.seed = (uint64_t)json_get_int(json, "seed", 0);
    fault.ms = (unsigned)ms;
    fault.after = (uint64_t)after;
    fault.count = count == INT64_MAX ? UINT64_MAX : (uint64_t)count;
    *ret_fault = fault;
    return OK;
}

enum status sandbox_fault_add(struct sandbox_faults *faults, span body, struct arena *arena,
                              struct error *ret_error)
{
    const struct json_value *json;
    if (json_parse(arena, body, &json, ret_error) != OK)
        return INVALID;
    const struct json_value *one = json->kind == JSON_ARRAY ? json->first : json;
    struct sandbox_faults more = *faults;
    for (; one; one = json->kind == JSON_ARRAY ? one->next : NULL) {
        if (more.count == SANDBOX_FAULTS) {
            (void)wrong(ret_error, "too many faults at once");
            return FULL;
        }
        enum status status = read_fault(one, arena, &more.list[more.count], ret_error);
        if (status != OK)
            return status;
        more.count++;
    }
    *faults = more;
    return OK;
}

static bool holds(span text, span part)
{
    return part.len <= text.len && memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

static bool is_meant(const struct sandbox_fault *fault, const char *platform,
                     const struct http_request *request)
{
    span match = span_of(fault->match);
    return strcmp(fault->platform, platform) == 0 && fault->count > 0 &&
           (match.len == 0 || holds(request->path, match) || holds(request->query, match) ||
            holds(request->body, match));
}

/* xorshift64*: the same seed, the same requests. */
static uint64_t chance(struct sandbox_fault *fault, const struct clock *clock)
{
    if (fault->seed == 0)
        return clock->random(clock);
    fault->seed ^= fault->seed >> 12;
    fault->seed ^= fault->seed << 25;
    fault->seed ^= fault->seed >> 27;
    return (fault->seed * UINT64_C(2685821657736338717)) >> 32;
}

struct sandbox_fault sandbox_fault_next(struct sandbox_faults *faults, const char *platform,
                                        const struct http_request *request,
                                        const struct clock *clock)
{
    struct sandbox_fault found = {.kind = SANDBOX_FAULT_NONE, .retry_after = -1};
    for (unsigned i = 0; i < faults->count; i++) {
        struct sandbox_fault *fault = &faults->list[i];
        if (!is_meant(fault, platform, request))
            continue;
        if (fault->after > 0) {
            fault->after--;
            continue;
        }
        if (found.kind != SANDBOX_FAULT_NONE ||
            (fault->rate < MILLION && chance(fault, clock) % MILLION >= fault->rate))
            continue;
        if (fault->count != UINT64_MAX)
            fault->count--;
        fault->struck++;
        fault->struck_at = clock_now(clock);
        found = *fault;
    }
    return found;
}

bool sandbox_fault_processes(enum sandbox_fault_kind kind)
{
    return kinds[kind].processed;
}

void sandbox_fault_list(const struct sandbox_faults *faults, struct json *json)
{
    json_open(json, "faults", '[');
    for (unsigned i = 0; i < faults->count; i++) {
        const struct sandbox_fault *fault = &faults->list[i];
        json_open(json, NULL, '{');
        json_put_text(json, "platform", span_of(fault->platform));
        json_put_text(json, "kind", span_of(kinds[fault->kind].word));
        if (fault->match[0])
            json_put_text(json, "match", span_of(fault->match));
        json_put_int(json, "ms", fault->ms);
        if (fault->count != UINT64_MAX)
            json_put_int(json, "count", (int64_t)fault->count);
        json_put_int(json, "after", (int64_t)fault->after);
        json_put_int(json, "struck", (int64_t)fault->struck);
        json_put_int(json, "struck_at", fault->struck_at);
        json_close(json, '}');
    }
    json_close(json, ']');
}
