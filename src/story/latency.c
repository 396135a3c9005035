/* Percentiles from counted steps. */
#include "latency.h"

#include <stdio.h>

void latency_add_label(struct latency *latency, span label, int64_t n)
{
    int64_t bound;
    unsigned i = 0;
    if (span_int(label, &bound) != OK)
        return;
    while (i < latency->count && latency->steps[i].bound < bound)
        i++;
    if (i == latency->count || latency->steps[i].bound != bound) {
        if (latency->count == LATENCY_STEPS)
            return;
        memmove(&latency->steps[i + 1], &latency->steps[i],
                (latency->count - i) * sizeof *latency->steps);
        latency->steps[i].bound = bound;
        latency->steps[i].n = 0;
        latency->count++;
    }
    latency->steps[i].n += n;
    latency->total += n;
}

int64_t latency_percentile(const struct latency *latency, unsigned percent)
{
    int64_t wanted = (latency->total * percent + 99) / 100, sum = 0;
    for (unsigned i = 0; i < latency->count; i++) {
        sum += latency->steps[i].n;
        if (sum >= wanted && sum > 0)
            return latency->steps[i].bound < INT64_MAX ? latency->steps[i].bound : -1;
    }
    return -1;
}

static void put(struct json *json, const char *key, int64_t ms)
{
    if (ms < 0)
        json_put_null(json, key);
    else
        json_put_int(json, key, ms);
}

void latency_put(const struct latency *latency, struct json *json)
{
    put(json, "p50_ms", latency_percentile(latency, 50));
    put(json, "p99_ms", latency_percentile(latency, 99));
}

span latency_share(int64_t part, int64_t whole, char room[LATENCY_SHARE_ROOM])
{
    int64_t thousandths = whole > 0 ? (part * 1000 + whole / 2) / whole : 0;
    snprintf(room, LATENCY_SHARE_ROOM, "%lld.%03lld", (long long)(thousandths / 1000),
             (long long)(thousandths % 1000));
    return span_of(room);
}
