/* The report for a terminal: worst first, each finding in the same five lines. */
#include "audit.h"

#include "../base/paint.h"

#define WIDTH 96u

static enum paint paint_of(enum finding_verdict verdict)
{
    static const enum paint paints[] = {
        [FINDING_NOT_RUN] = PAINT_DIM, [FINDING_NOT_DETERMINABLE] = PAINT_DIM,
        [FINDING_INFO] = PAINT_INFO,   [FINDING_PASS] = PAINT_GOOD,
        [FINDING_WARN] = PAINT_WAIT,   [FINDING_FAIL] = PAINT_BAD,
    };
    return paints[verdict];
}

static const char *code(bool colours, enum paint paint)
{
    return colours ? paint_code(paint) : "";
}

/* Words wrapped at WIDTH, further lines under `indent` blanks; the first line's are written. Width
   is counted in bytes that begin a character. */
static void put_wrapped(struct buf *out, span text, unsigned indent)
{
    unsigned column = indent;
    span word, rest = text;
    bool first = true;
    while (span_split(&rest, ' ', &word)) {
        unsigned width = 0;
        for (size_t i = 0; i < word.len; i++)
            width += ((unsigned char)word.ptr[i] & 0xc0) != 0x80;
        if (!first && column + 1 + width > WIDTH) {
            buf_print(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            buf_add_char(out, ' ');
            column++;
        }
        buf_add_span(out, word);
        column += width;
        first = false;
    }
    buf_add_char(out, '\n');
}

static void put_part(struct buf *out, const char *label, span text)
{
    if (span_empty(text))
        return;
    buf_print(out, "      %-11s", label);
    put_wrapped(out, text, 17);
}

static void put_seen(const struct finding *finding, struct buf *out)
{
    for (unsigned i = 0; i < finding->seen_count; i++) {
        const struct finding_seen *s = &finding->seen[i];
        buf_print(out, "      %-11s%.*s: ", i ? "" : "evidence", SPAN_ARG(s->where));
        buf_print(out, "%.*s (%s)\n", SPAN_ARG(s->quote), finding_way_text(s->by));
    }
    if (finding->unseen)
        buf_print(out, "      %-11sand %u more\n", "", finding->unseen);
}

static void put_finding(const struct finding *finding, struct buf *out, bool colours)
{
    const struct check *check = finding->check;
    buf_print(out, "%s%-5s%s %-4s%s", code(colours, paint_of(finding->verdict)),
              finding->verdict == FINDING_NOT_DETERMINABLE ? "?"
              : finding->verdict == FINDING_NOT_RUN        ? "-"
                                                           : finding_verdict_text(finding->verdict),
              code(colours, PAINT_PLAIN), check->id, code(colours, PAINT_BOLD));
    buf_print(out, "%s%s\n", check->title, code(colours, PAINT_PLAIN));
    buf_print(out, "      ");
    put_wrapped(out, finding->reason, 6);
    if (finding->verdict < FINDING_INFO)
        return;
    put_seen(finding, out);
    put_part(out, "costs you", finding->cost);
    put_part(out, "to do", finding->todo);
    if (finding->verdict >= FINDING_PASS)
        buf_print(out, "      %-11s%s\n", "how sure", finding_sure_text(finding->sure));
}

static const char *heading(enum finding_verdict verdict)
{
    static const char *const texts[] = {
        [FINDING_NOT_RUN] = "Not looked at", [FINDING_NOT_DETERMINABLE] = "Could not be told",
        [FINDING_INFO] = "For information",  [FINDING_PASS] = "In order",
        [FINDING_WARN] = "Warnings",         [FINDING_FAIL] = "Problems",
    };
    return texts[verdict];
}

void audit_put_text(const struct audit *audit, struct buf *out, bool colours)
{
    const struct evidence *evidence = &audit->evidence;
    buf_print(out, "%sAudit of %.*s%s\n", code(colours, PAINT_BOLD), SPAN_ARG(evidence->store),
              code(colours, PAINT_PLAIN));
    put_wrapped(out, audit->summary, 0);
    audit_put_counts(audit, out);
    buf_add_char(out, '\n');
    if (!span_empty(evidence->note))
        put_wrapped(out, evidence->note, 0);
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        const struct finding *finding = &audit->findings[i];
        if (i == 0 || finding->verdict != audit->findings[i - 1].verdict)
            buf_print(out, "\n%s%s%s\n", code(colours, PAINT_BOLD), heading(finding->verdict),
                      code(colours, PAINT_PLAIN));
        put_finding(finding, out, colours);
    }
}
