/*
 * Faults on order: "the third request to Meta from now, and the four after it, are reset after
 * they were processed". Each fault looks at every request of its platform; `after` lets some pass
 * first, then `count` or `rate` decides. The first fault of the list that strikes wins; the
 * others do not use up their counts on that request.
 */
#include "sandbox_private.h"

static const char *const kinds[] = {
    [SANDBOX_FAULT_NONE] = "none",
    [SANDBOX_FAULT_LATENCY] = "latency",
    [SANDBOX_FAULT_429] = "429",
    [SANDBOX_FAULT_500] = "500",
    [SANDBOX_FAULT_503] = "503",
    [SANDBOX_FAULT_RESET_BEFORE] = "reset_before",
    [SANDBOX_FAULT_RESET_AFTER] = "reset_after",
    [SANDBOX_FAULT_TOKEN_INVALID] = "token_invalid",
    [SANDBOX_FAULT_GARBAGE_200] = "garbage_200",
    [SANDBOX_FAULT_TRUNCATED] = "truncated",
    [SANDBOX_FAULT_HANG] = "hang",
};

#define MILLION    1000000u
#define LONGEST_MS 600000
#define LATENCY_MS 1000
#define HANG_MS    60000

static const struct sandbox_member members[] = {
    {"platform", SHAPE_TEXT | SHAPE_NEEDED            },
    {"kind",     SHAPE_TEXT | SHAPE_INT | SHAPE_NEEDED},
    {"ms",       SHAPE_INT                            },
    {"count",    SHAPE_INT                            },
    {"after",    SHAPE_INT                            },
    {"rate",     SHAPE_NUMBER                         },
    {NULL,       0                                    },
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
        if (span_is(json_get_number(json, "kind"), kinds[i]))
            fault.kind = (enum sandbox_fault_kind)i;
    if (fault.kind == SANDBOX_FAULT_NONE)
        return wrong(ret_error, "kind is not one of latency 429 500 503 reset_before reset_after "
                                "token_invalid garbage_200 truncated hang");
    int64_t ms = json_get_int(json, "ms", fault.kind == SANDBOX_FAULT_HANG ? HANG_MS : LATENCY_MS);
    int64_t after = json_get_int(json, "after", 0);
    span rate = json_get_number(json, "rate");
    /* With a rate, it goes on until it is cleared; without one, once. */
    int64_t count = json_get_int(json, "count", rate.ptr ? INT64_MAX : 1);
    if (ms < 0 || ms > LONGEST_MS || after < 0 || count < 1)
        return wrong(ret_error, "ms is 0 to 600000, after at least 0, count at least 1");
    if (rate.ptr && read_rate(rate, &fault.rate) != OK)
        return wrong(ret_error, "rate is a decimal from 0 to 1");
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

struct sandbox_fault sandbox_fault_next(struct sandbox_faults *faults, const char *platform,
                                        const struct clock *clock)
{
    struct sandbox_fault found = {.kind = SANDBOX_FAULT_NONE};
    for (unsigned i = 0; i < faults->count; i++) {
        struct sandbox_fault *fault = &faults->list[i];
        if (strcmp(fault->platform, platform) != 0 || fault->count == 0)
            continue;
        if (fault->after > 0) {
            fault->after--;
            continue;
        }
        if (found.kind != SANDBOX_FAULT_NONE ||
            (fault->rate < MILLION && clock->random(clock) % MILLION >= fault->rate))
            continue;
        if (fault->count != UINT64_MAX)
            fault->count--;
        found = *fault;
    }
    return found;
}

void sandbox_fault_list(const struct sandbox_faults *faults, struct json *json)
{
    json_open(json, "faults", '[');
    for (unsigned i = 0; i < faults->count; i++) {
        const struct sandbox_fault *fault = &faults->list[i];
        json_open(json, NULL, '{');
        json_put_text(json, "platform", span_of(fault->platform));
        json_put_text(json, "kind", span_of(kinds[fault->kind]));
        json_put_int(json, "ms", fault->ms);
        if (fault->count != UINT64_MAX)
            json_put_int(json, "count", (int64_t)fault->count);
        json_put_int(json, "after", (int64_t)fault->after);
        json_close(json, '}');
    }
    json_close(json, ']');
}
