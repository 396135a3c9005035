/*
 * The report as one page of HTML that a merchant can forward: no script, no picture, nothing
 * loaded; light and dark by the reader's setting; prints on paper. Its own policy (a meta element)
 * forbids everything but the style in it. Whatever comes of the store passes through buf_add_html,
 * the only door for text that is not ours.
 */
#include "../base/date.h"
#include "audit.h"
#include "redact.h"

/* Colours are pairs by light-dark() in words: the dark ones stand in the media query. */
static const char style[] =
    ":root{color-scheme:light dark;--ground:#f6f7f9;--paper:#fff;--ink:#1c2430;--soft:#5a6675;"
    "--line:#dde2e8;--fail:#b3261e;--warn:#8a5a00;--pass:#1b6e3c;--info:#1f5fa8;--code:#f0f2f5}"
    "@media(prefers-color-scheme:dark){:root{--ground:#12161c;--paper:#1a2029;--ink:#e6eaf0;"
    "--soft:#9aa6b5;--line:#2c3541;--fail:#ff8a80;--warn:#f0b95a;--pass:#6fd39a;--info:#86b8ff;"
    "--code:#232b36}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    "main{max-width:50rem;margin:0 auto;padding:2rem 1rem 4rem}"
    "h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}"
    "h2{font-size:1.1rem;margin:2.25rem 0 .75rem}h3{font-size:1.05rem;margin:0;display:inline}"
    ".sum{font-size:1.15rem;margin:.75rem 0}.soft{color:var(--soft);font-size:.9rem;margin:.25rem "
    "0}"
    ".tally{display:flex;flex-wrap:wrap;gap:.5rem;margin:1rem 0;padding:0;list-style:none}"
    ".tally li{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;"
    "padding:.5rem .9rem;min-width:6rem}.tally "
    "b{display:block;font-size:1.5rem;line-height:1.2;color:var(--c)}"
    "article{background:var(--paper);border:1px solid var(--line);border-left:4px solid var(--c);"
    "border-radius:.5rem;padding:.9rem 1rem;margin:0 0 .75rem;break-inside:avoid}"
    "article p{margin:.5rem 0}.tag{color:var(--c);font-weight:700;font-size:.8rem;"
    "letter-spacing:.04em;margin-right:.5rem}"
    ".fail{--c:var(--fail)}.warn{--c:var(--warn)}.pass{--c:var(--pass)}.info{--c:var(--info)}"
    ".none{--c:var(--soft)}dl{margin:.75rem 0 0;display:grid;"
    "grid-template-columns:7.5rem 1fr;gap:.4rem .75rem}dt{color:var(--soft)}dd{margin:0}"
    "code{background:var(--code);border-radius:.25rem;padding:.05rem .3rem;font-size:.85rem;"
    "font-family:ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}"
    "dd ul{margin:0;padding-left:1.1rem}dd li{margin:.15rem 0;overflow-wrap:anywhere}"
    "footer{color:var(--soft);font-size:.85rem;border-top:1px solid var(--line);margin-top:2.5rem;"
    "padding-top:1rem}@media(max-width:34rem){dl{grid-template-columns:1fr;gap:.1rem}"
    "dd{margin-bottom:.5rem}main{padding-top:1.25rem}.tally li{flex:1 1 40%}}"
    "@media print{:root{--ground:#fff;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--fail:#a00;"
    "--warn:#740;--pass:#063;--info:#036;--code:#f2f2f2}body{font-size:11pt}main{padding:0;"
    "max-width:none}h2{break-after:avoid}}";

static const char *class_of(enum finding_verdict verdict)
{
    static const char *const classes[] = {
        [FINDING_NOT_RUN] = "none", [FINDING_NOT_DETERMINABLE] = "none",
        [FINDING_INFO] = "info",    [FINDING_PASS] = "pass",
        [FINDING_WARN] = "warn",    [FINDING_FAIL] = "fail",
    };
    return classes[verdict];
}

static void put_row(struct buf *out, const char *label, span text)
{
    if (span_empty(text))
        return;
    buf_print(out, "<dt>%s<dd>", label);
    buf_add_html(out, text);
}

static void put_seen(struct buf *out, const struct finding *finding)
{
    buf_add_text(out, "<dt>What was seen<dd><ul>");
    for (unsigned i = 0; i < finding->seen_count; i++) {
        const struct finding_seen *s = &finding->seen[i];
        buf_add_text(out, "<li>");
        buf_add_html(out, s->where);
        buf_add_text(out, "<br><code>");
        buf_add_html(out, s->quote);
        buf_print(out, "</code> <span class=soft>%s</span>",
                  s->by == SEEN_STATIC ? "in the page"
                  : s->by == SEEN_HAR  ? "in the recording"
                                       : "in the browser");
    }
    if (finding->unseen)
        buf_print(out, "<li>and %u more", finding->unseen);
    buf_add_text(out, "</ul>");
}

static void put_finding(struct buf *out, const struct finding *finding)
{
    static const char *const words[] = {
        [FINDING_NOT_RUN] = "NOT LOOKED AT",
        [FINDING_NOT_DETERMINABLE] = "NOT TOLD",
        [FINDING_INFO] = "INFO",
        [FINDING_PASS] = "IN ORDER",
        [FINDING_WARN] = "WARNING",
        [FINDING_FAIL] = "PROBLEM",
    };
    buf_print(out, "<article class=%s><span class=tag>%s %s</span><h3>", class_of(finding->verdict),
              finding->check->id, words[finding->verdict]);
    buf_add_html(out, span_of(finding->check->title));
    buf_add_text(out, "</h3><p>");
    buf_add_html(out, finding->reason);
    buf_add_text(out, "</p>");
    if (finding->verdict >= FINDING_INFO && finding->seen_count > 0) {
        buf_add_text(out, "<dl>");
        put_row(out, "Why it costs money", finding->cost);
        put_row(out, "What to do", finding->todo);
        put_seen(out, finding);
        if (finding->verdict >= FINDING_PASS)
            put_row(out, "How sure", span_of(finding_sure_text(finding->sure)));
        buf_add_text(out, "</dl>");
    }
    buf_add_text(out, "</article>");
}

static const char *heading(enum finding_verdict verdict)
{
    static const char *const texts[] = {
        [FINDING_NOT_RUN] = "Not looked at this time",
        [FINDING_NOT_DETERMINABLE] = "Could not be told from outside",
        [FINDING_INFO] = "For information",
        [FINDING_PASS] = "In order",
        [FINDING_WARN] = "Warnings",
        [FINDING_FAIL] = "Problems",
    };
    return texts[verdict];
}

static unsigned untold(const struct audit *audit)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CHECK_COUNT; i++)
        count += audit->findings[i].verdict <= FINDING_NOT_DETERMINABLE;
    return count;
}

static void put_head(struct buf *out, const struct audit *audit, span store)
{
    char at[DATE_TEXT_LEN + 1];
    date_text(audit->at, at);
    buf_add_text(out,
                 "<!doctype html><html lang=en><head><meta charset=utf-8><meta "
                 "http-equiv=content-security-policy content=\"default-src 'none'; style-src "
                 "'unsafe-inline'\"><meta name=viewport content=\"width=device-width,"
                 "initial-scale=1\"><meta name=robots content=noindex><title>Tracking audit of ");
    buf_add_html(out, store);
    buf_print(out, "</title><style>%s</style></head><body><main><h1>Tracking audit of ", style);
    buf_add_html(out, store);
    buf_add_text(out, "</h1><p class=soft>");
    buf_print(out, "%.10s, %.5s UTC · ", at, at + 11);
    audit_put_counts(audit, out);
    buf_add_text(out, "</p>");
    if (!span_empty(audit->evidence.note)) {
        buf_add_text(out, "<p class=soft>");
        buf_add_html(out, audit->evidence.note);
        buf_add_text(out, "</p>");
    }
    buf_add_text(out, "<p class=sum>");
    buf_add_html(out, audit->summary);
    buf_print(
        out,
        "</p><ul class=tally><li class=fail><b>%u</b>problem%s<li class=warn><b>%u</b>warning%s"
        "<li class=pass><b>%u</b>in order<li class=none><b>%u</b>not told</ul>",
        audit->fails, finding_s(audit->fails), audit->warns, finding_s(audit->warns), audit->passes,
        untold(audit));
}

void audit_put_page(const struct audit *audit, struct buf *out)
{
    put_head(out, audit, redact_url(audit->evidence.arena, audit->evidence.store));
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        enum finding_verdict verdict = audit->findings[i].verdict;
        if (i == 0 || verdict != audit->findings[i - 1].verdict)
            buf_print(out, "<h2>%s</h2>", heading(verdict));
        put_finding(out, &audit->findings[i]);
    }
    buf_add_text(out,
                 "<footer>Made by sidetrack " SIDETRACK_VERSION
                 " from what the store shows to everybody; nothing was bought and nothing was "
                 "stored. E-mails, secrets and cookies' values are masked. What pages alone cannot "
                 "tell is said to be so: tag managers bring tags while a page runs.</footer>"
                 "</main></body></html>\n");
}
