/* The report for machines: docs/audit.schema.json says its form, a test holds it to that. */
#include "../base/date.h"
#include "../base/json.h"
#include "audit.h"
#include "redact.h"

static void put_seen(struct json *json, const struct finding *finding)
{
    json_open(json, "evidence", '[');
    for (unsigned i = 0; i < finding->seen_count; i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "by", span_of(finding_way_text(finding->seen[i].by)));
        json_put_text(json, "where", finding->seen[i].where);
        json_put_text(json, "quote", finding->seen[i].quote);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_put_int(json, "evidence_left_out", finding->unseen);
}

static void put_finding(struct json *json, const struct finding *finding)
{
    json_open(json, NULL, '{');
    json_put_text(json, "check", span_of(finding->check->id));
    json_put_text(json, "title", span_of(finding->check->title));
    json_put_text(json, "verdict", span_of(finding_verdict_text(finding->verdict)));
    json_put_text(json, "reason", finding->reason);
    if (finding->verdict >= FINDING_PASS)
        json_put_text(json, "sure", span_of(finding_sure_text(finding->sure)));
    json_open(json, "seen_by", '[');
    for (unsigned way = SEEN_STATIC; way <= SEEN_LIVE; way <<= 1)
        if (finding->verdict >= FINDING_INFO && finding->ways & way)
            json_put_text(json, NULL, span_of(finding_way_text((enum finding_way)way)));
    json_close(json, ']');
    put_seen(json, finding);
    if (finding->verdict >= FINDING_WARN) {
        json_put_text(json, "cost", finding->cost);
        json_put_text(json, "todo", finding->todo);
    }
    json_close(json, '}');
}

void audit_put_json(const struct audit *audit, struct buf *out)
{
    const struct evidence *evidence = &audit->evidence;
    char at[DATE_TEXT_LEN + 1];
    struct json json;
    date_text(audit->at, at);
    json_start(&json, out);
    json_open(&json, NULL, '{');
    json_put_int(&json, "v", 1);
    json_put_text(&json, "store", redact_url(evidence->arena, evidence->store));
    json_put_text(&json, "at", span_of(at));
    json_put_int(&json, "milliseconds", audit->milliseconds);
    json_put_int(&json, "requests", evidence->requests);
    json_open(&json, "ways", '[');
    for (unsigned way = SEEN_STATIC; way <= SEEN_LIVE; way <<= 1)
        if (evidence->ways & way)
            json_put_text(&json, NULL, span_of(finding_way_text((enum finding_way)way)));
    json_close(&json, ']');
    json_put_text(&json, "summary", audit->summary);
    json_put_text(&json, "note", evidence->note);
    json_put_int(&json, "problems", audit->fails);
    json_put_int(&json, "warnings", audit->warns);
    json_put_int(&json, "passes", audit->passes);
    json_open(&json, "findings", '[');
    for (unsigned i = 0; i < CHECK_COUNT; i++)
        put_finding(&json, &audit->findings[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    buf_add_char(out, '\n');
}
