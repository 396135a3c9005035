/*
 * A stranger's page, from HTML to report: taken apart, scanned, Shopify's list decoded, judged,
 * printed in three forms. Nothing may crash, nothing of the page may become markup of the report,
 * and every verdict has its evidence (check_run asserts it).
 */
#include <stdlib.h>

#include "../src/audit/audit.h"
#include "../src/base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void hold(bool truth)
{
    if (!truth)
        abort();
}

static void print(const struct audit *audit)
{
    struct buf out;
    buf_init(&out, 8 * MIB);
    audit_put_text(audit, &out, true);
    audit_put_json(audit, &out);
    hold(buf_ok(&out) && span_utf8(buf_span(&out)));
    buf_reset(&out);
    audit_put_page(audit, &out);
    span page = buf_span(&out);
    hold(buf_ok(&out) && span_utf8(page));
    hold(span_search(page, 0, "<script") == page.len && span_search(page, 0, "<img") == page.len);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct signature_set *signatures;
    if (!signatures && signature_open(&signatures) != OK)
        abort();
    if (size > 64 * KIB)
        return 0;
    struct arena arena;
    arena_init(&arena, LIMIT_AUDIT_ARENA);
    struct audit *audit = arena_new(&arena, struct audit);
    struct evidence_answer answer = {.asked = SPAN("https://shop.acme.example/"),
                                     .url = SPAN("https://shop.acme.example/"),
                                     .status = 200,
                                     .body = arena_copy(&arena, (span){(const char *)bytes, size})};
    evidence_init(&audit->evidence, &arena, signatures, SEEN_STATIC, INT64_C(1764000000000));
    audit->evidence.store = answer.url;
    audit->evidence.host = SPAN("shop.acme.example");
    evidence_add_page(&audit->evidence, &answer);
    audit_judge(audit);
    print(audit);
    arena_done(&arena);
    return 0;
}
