/* What a check says: finding.h. */
#include "finding.h"

#include <stdarg.h>

#include "../base/url.h"
#include "redact.h"

bool finding_say(struct finding *finding, enum finding_way by, enum finding_verdict verdict,
                 enum finding_sure sure, const char *reason, ...)
{
    if (verdict < finding->verdict)
        finding->seen_count = finding->told;
    finding->told = finding->seen_count;
    if (verdict == finding->verdict && verdict != FINDING_NOT_RUN)
        finding->ways |= by;
    if (verdict <= finding->verdict)
        return false;
    char text[1024];
    va_list rest;
    va_start(rest, reason);
    vsnprintf(text, sizeof text, reason, rest);
    va_end(rest);
    finding->verdict = verdict;
    finding->sure = sure;
    finding->reason = redact_quote(finding->arena, span_of(text), sizeof text);
    finding->ways = by;
    finding->cost = finding->todo = finding->subject = (span){0};
    return true;
}

static bool same_host(span a, span b)
{
    struct url x, y;
    return span_equal(a, b) ||
           (url_parse(a, &x) == OK && url_parse(b, &y) == OK && span_equal(x.host, y.host));
}

void finding_see(struct finding *finding, enum finding_way by, span where, span quote)
{
    where = redact_url(finding->arena, where);
    quote = redact_quote(finding->arena, quote, FINDING_QUOTE);
    for (unsigned i = 0; i < finding->seen_count; i++)
        if (finding->seen[i].by == by && span_equal(finding->seen[i].quote, quote) &&
            same_host(finding->seen[i].where, where))
            return;
    if (!finding->seen)
        finding->seen = arena_array(finding->arena, struct finding_seen, FINDING_SEEN);
    if (finding->seen_count == FINDING_SEEN) {
        finding->unseen++;
        return;
    }
    finding->seen[finding->seen_count++] = (struct finding_seen){by, where, quote};
}

void finding_advise(struct finding *finding, const char *cost, const char *todo)
{
    if (cost)
        finding->cost = span_of(cost);
    if (todo)
        finding->todo = span_of(todo);
}

const char *finding_verdict_text(enum finding_verdict verdict)
{
    static const char *const texts[] = {
        [FINDING_NOT_RUN] = "NOT_RUN", [FINDING_NOT_DETERMINABLE] = "NOT_DETERMINABLE",
        [FINDING_INFO] = "INFO",       [FINDING_PASS] = "PASS",
        [FINDING_WARN] = "WARN",       [FINDING_FAIL] = "FAIL",
    };
    return texts[verdict];
}

const char *finding_sure_text(enum finding_sure sure)
{
    static const char *const texts[] = {
        [FINDING_POSSIBLE] = "possible",
        [FINDING_LIKELY] = "likely",
        [FINDING_CERTAIN] = "certain",
    };
    return texts[sure];
}

const char *finding_way_text(enum finding_way way)
{
    return way == SEEN_STATIC ? "static" : way == SEEN_HAR ? "har" : "live";
}
