/*
 * Static looking, on storefronts of our own making: tests/fixtures/audit/pages/NAME.page (what is
 * expected stands on top of each) and signatures.txt (one row a tag). Over all of them hold:
 * a verdict quotes what stands in the page; without sightings there is no verdict on tags, so an
 * absence is never claimed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>

#include "../../../src/audit/audit.h"
#include "../../../src/base/limits.h"

static struct signature_set *signatures;

/* ---- reading the fixtures ---- */

static span read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("%s cannot be read", path);
    struct buf text;
    char part[4096];
    size_t len;
    buf_init(&text, 16 * MIB);
    while ((len = fread(part, 1, sizeof part, file)) > 0)
        buf_add(&text, part, len);
    fclose(file);
    span copy = arena_copy(arena, buf_span(&text));
    buf_done(&text);
    return copy;
}

struct scene {
    struct audit *audit;
    struct evidence_answer *home;
    struct http_header *headers;
    span expects[24];
    unsigned expect_count;
    span html;
};

static span word_of(span *rest)
{
    span word = {0};
    (void)span_split(rest, ' ', &word);
    return word;
}

static void read_host(struct scene *scene, span rest)
{
    struct evidence *evidence = &scene->audit->evidence;
    struct evidence_host *host = &evidence->hosts[evidence->host_count++];
    *host = (struct evidence_host){.name = word_of(&rest), .why = "takes tags", .resolved = true};
    host->addresses[host->address_count++] = word_of(&rest);
    if (!span_empty(rest))
        host->names[host->name_count++] = word_of(&rest);
}

static void read_line(struct arena *arena, struct scene *scene, span line)
{
    struct evidence *evidence = &scene->audit->evidence;
    span rest = line, word = word_of(&rest);
    struct evidence_answer *answer = arena_new(arena, struct evidence_answer);
    if (span_is(word, "url")) {
        scene->home->asked = scene->home->url = rest;
    } else if (span_is(word, "header")) {
        size_t colon = span_find(rest, 0, ':');
        scene->headers[scene->home->header_count++] = (struct http_header){
            span_sub(rest, 0, colon), span_trim(span_sub(rest, colon + 1, rest.len))};
    } else if (span_is(word, "host")) {
        read_host(scene, rest);
    } else if (span_is(word, "clicked")) {
        *answer = (struct evidence_answer){.asked = SPAN("https://shop.acme.example/?gclid=x"),
                                           .url = rest,
                                           .status = 200,
                                           .hop_count = 1};
        evidence->clicked = answer;
    } else if (span_is(word, "gpc")) {
        int64_t status = 0;
        assert_int_equal(span_int(word_of(&rest), &status), OK);
        *answer = (struct evidence_answer){
            .asked = SPAN("https://shop.acme.example/.well-known/gpc.json"),
            .status = (int)status,
            .body = rest};
        evidence->gpc = answer;
    } else if (span_is(word, "expect")) {
        scene->expects[scene->expect_count++] = rest;
    } else {
        assert_true(span_empty(line) || line.ptr[0] == '#');
    }
}

static void begin(struct arena *arena, struct scene *scene)
{
    arena_init(arena, LIMIT_AUDIT_ARENA);
    *scene = (struct scene){.audit = arena_new(arena, struct audit),
                            .home = arena_new(arena, struct evidence_answer),
                            .headers = arena_array(arena, struct http_header, 16)};
    scene->audit->at = INT64_C(1764000000000);
    evidence_init(&scene->audit->evidence, arena, signatures, SEEN_STATIC, scene->audit->at);
    scene->audit->evidence.store = SPAN("https://shop.acme.example/");
    scene->audit->evidence.host = SPAN("shop.acme.example");
    *scene->home = (struct evidence_answer){.asked = scene->audit->evidence.store,
                                            .url = scene->audit->evidence.store,
                                            .status = 200,
                                            .headers = scene->headers};
}

static void look(struct scene *scene, span html)
{
    scene->html = scene->home->body = html;
    evidence_add_page(&scene->audit->evidence, scene->home);
    audit_judge(scene->audit);
}

static void load(struct arena *arena, struct scene *scene, const char *name)
{
    begin(arena, scene);
    span line, rest = read_file(arena, arena_print(arena, "%s/pages/%s", FIXTURES, name).ptr);
    while (span_split(&rest, '\n', &line) && !span_is(line, "---"))
        read_line(arena, scene, line);
    look(scene, rest);
}

static const struct finding *finding_of(const struct audit *audit, span id)
{
    for (unsigned i = 0; i < CHECK_COUNT; i++)
        if (span_equal(span_of(audit->findings[i].check->id), id))
            return &audit->findings[i];
    fail_msg("no check %.*s", SPAN_ARG(id));
    return NULL;
}

/* ---- properties of every report ---- */

/* Verdicts on tags: static looking may give them only for what it saw. */
static bool on_tags(const struct finding *finding)
{
    static const char *const ids[] = {"A2", "A3", "A4",  "A5",  "A7",
                                      "A8", "A9", "A12", "A13", "A15"};
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        if (strcmp(ids[i], finding->check->id) == 0)
            return true;
    return false;
}

/* White space and the escapes of URLs in scripts, undone as the evidence has them undone. */
static span plain(struct arena *arena, span text)
{
    struct buf out;
    buf_init(&out, 16 * MIB);
    for (size_t i = 0; i < text.len; i++) {
        span rest = span_sub(text, i, 6);
        if (span_starts(rest, "\\/"))
            continue;
        if (span_starts(rest, "\\u0026")) {
            buf_add_char(&out, '&');
            i += 5;
        } else if ((unsigned char)text.ptr[i] <= ' ') {
            if (out.len == 0 || out.ptr[out.len - 1] != ' ')
                buf_add_char(&out, ' ');
        } else {
            buf_add_char(&out, text.ptr[i]);
        }
    }
    span copy = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return copy;
}

static bool stands_in(struct arena *arena, span html, span quote)
{
    span text = plain(arena, html), rest = plain(arena, quote), part;
    if (span_ends(rest, "…"))
        rest.len -= strlen("…");
    for (size_t at = 0; at <= rest.len;) { /* pieces between masks */
        size_t mask = span_search(rest, at, "•••");
        part = span_trim(span_sub(rest, at, mask - at));
        if (!span_empty(part) && span_search(text, 0, arena_text(arena, part)) == text.len)
            return false;
        at = mask + strlen("•••");
    }
    return true;
}

static void hold_properties(struct arena *arena, const struct scene *scene, const char *name)
{
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        const struct finding *f = &scene->audit->findings[i];
        if (f->verdict < FINDING_PASS)
            continue;
        assert_true(f->seen_count > 0);
        assert_false(span_empty(f->reason));
        if (f->verdict >= FINDING_WARN)
            assert_false(span_empty(f->cost) || span_empty(f->todo));
        for (unsigned k = 0; on_tags(f) && k < f->seen_count; k++)
            if (!stands_in(arena, scene->html, f->seen[k].quote) &&
                !span_starts(f->seen[k].quote, "stopped: "))
                fail_msg("%s: %s quotes what is not in the page: %.*s", name, f->check->id,
                         SPAN_ARG(f->seen[k].quote));
    }
    /* The same page with all that was seen of tags taken away: nothing may be said of tags. */
    struct audit *blind = arena_new(arena, struct audit);
    *blind = *scene->audit;
    blind->evidence.sighting_count = blind->evidence.pixel_count = 0;
    blind->evidence.script_count = 0;
    audit_judge(blind);
    for (unsigned i = 0; i < CHECK_COUNT; i++)
        if (on_tags(&blind->findings[i]))
            assert_int_equal(blind->findings[i].verdict, FINDING_NOT_DETERMINABLE);
}

/* Reports in all forms: no e-mail, no secret, nothing of the page as markup. */
static void hold_reports(const struct scene *scene)
{
    struct buf text, json, page;
    buf_init(&text, 4 * MIB);
    buf_init(&json, 4 * MIB);
    buf_init(&page, 4 * MIB);
    audit_put_text(scene->audit, &text, false);
    audit_put_json(scene->audit, &json);
    audit_put_page(scene->audit, &page);
    const struct buf *all[] = {&text, &json, &page};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        span report = buf_span(all[i]);
        assert_true(buf_ok(all[i]) && span_utf8(report));
        assert_int_equal(span_search(report, 0, "anna@example.com"), report.len);
        assert_int_equal(span_search(report, 0, "sk_live_1"), report.len);
    }
    span html = buf_span(&page);
    assert_int_equal(span_search(html, 0, "<script"), html.len);
    assert_int_equal(span_search(html, 0, "<img"), html.len);
    buf_done(&text);
    buf_done(&json);
    buf_done(&page);
}

/* ---- the scenes ---- */

/* False after saying so: all of a run's disagreements are shown. */
static bool expect(const struct scene *scene, const char *name, span wanted)
{
    span rest = wanted, id = word_of(&rest), verdict = word_of(&rest);
    const struct finding *f = finding_of(scene->audit, id);
    char words[256];
    snprintf(words, sizeof words, "%.*s", SPAN_ARG(rest));
    if (span_is(verdict, finding_verdict_text(f->verdict)) &&
        (!*words || span_search(f->reason, 0, words) < f->reason.len))
        return true;
    print_message("# %s: expected %.*s, got %s %s: %.*s\n", name, SPAN_ARG(wanted), f->check->id,
                  finding_verdict_text(f->verdict), SPAN_ARG(f->reason));
    return false;
}

static void test_pages(void **state)
{
    (void)state;
    DIR *folder = opendir(FIXTURES "/pages");
    assert_non_null(folder);
    unsigned count = 0, wrong = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!span_ends(span_of(entry->d_name), ".page"))
            continue;
        struct arena arena;
        struct scene scene;
        load(&arena, &scene, entry->d_name);
        for (unsigned i = 0; i < scene.expect_count; i++)
            wrong += !expect(&scene, entry->d_name, scene.expects[i]);
        hold_properties(&arena, &scene, entry->d_name);
        hold_reports(&scene);
        arena_done(&arena);
        count++;
    }
    closedir(folder);
    assert_true(count >= 60);
    assert_int_equal(wrong, 0);
}

static span squeezed(struct arena *arena, span text)
{
    struct buf out;
    buf_init(&out, MIB);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ' || i + 1 == text.len || !strchr("'\"{(", text.ptr[i + 1]))
            buf_add_char(&out, text.ptr[i]);
    span copy = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return copy;
}

/* Is the tag seen in this page, with its id? */
static void hold_row(const char *tag, span id, const char *before, span snippet)
{
    struct arena arena;
    struct scene scene;
    begin(&arena, &scene);
    look(&scene, arena_print(&arena, "<!doctype html><head>%s%.*s</head><body></body>", before,
                             SPAN_ARG(snippet)));
    bool seen = false, named = false;
    const struct sighting *s = NULL;
    while ((s = evidence_next(&scene.audit->evidence, s, tag, ~0u)) != NULL) {
        seen = true;
        named |= span_equal(s->id, id);
    }
    if (!seen || (!span_is(id, "-") && !named))
        fail_msg("%s (%.*s) is not seen in: %.*s", tag, SPAN_ARG(id), SPAN_ARG(snippet));
    hold_properties(&arena, &scene, tag);
    arena_done(&arena);
}

static void test_each_signature_has_its_row(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 16 * MIB);
    span line, rest = read_file(&arena, FIXTURES "/signatures.txt");
    bool met[128] = {0};
    while (span_split(&rest, '\n', &line)) {
        if (span_empty(line) || line.ptr[0] == '#')
            continue;
        size_t one = span_find(line, 0, '|'), two = span_find(line, one + 1, '|');
        const char *tag = arena_text(&arena, span_trim(span_sub(line, 0, one)));
        span id = span_trim(span_sub(line, one + 1, two - one - 1));
        span snippet = span_trim(span_sub(line, two + 1, line.len));
        const struct signature *signature = signature_find(tag);
        if (!signature)
            fail_msg("no signature %s", tag);
        met[signature - signature_list] = true;
        hold_row(tag, id, "", snippet);
        hold_row(tag, id, "", squeezed(&arena, snippet));
        hold_row(tag, id,
                 "<script>var Shopify = Shopify || {};</script><link rel=preconnect "
                 "href=\"https://cdn.other.test\"><style>a{}</style><script>/* noise: fbq gtag */"
                 "</script>",
                 snippet);
    }
    for (const struct signature *s = signature_list; s->tag; s++)
        if (!met[s - signature_list])
            fail_msg("signatures.txt has no row for %s", s->tag);
    arena_done(&arena);
}

/* No class is repeated without a bound, but for white space: see signature.h. */
static void test_no_pattern_can_be_made_slow(void **state)
{
    (void)state;
    for (const struct signature *s = signature_list; s->tag; s++)
        for (unsigned i = 0; i < SIGNATURE_MARKS && s->marks[i].pattern; i++)
            for (const char *c = s->marks[i].pattern; *c; c++) {
                bool repeats = (*c == '*' || *c == '+') && c > s->marks[i].pattern;
                bool blank =
                    repeats && c - s->marks[i].pattern >= 2 && c[-1] == 's' && c[-2] == '\\';
                bool literal = repeats && c[-1] == '\\';
                if (repeats && !blank && !literal)
                    fail_msg("%s: %s", s->tag, s->marks[i].pattern);
            }
}

static unsigned milliseconds_of(const char *unit, size_t bytes)
{
    struct arena arena;
    struct scene scene;
    begin(&arena, &scene);
    struct buf html;
    buf_init(&html, LIMIT_AUDIT_BODY + KIB);
    while (html.len < bytes)
        buf_add_text(&html, unit);
    int64_t began = clock_monotonic_us();
    look(&scene, buf_span(&html));
    unsigned took = (unsigned)((clock_monotonic_us() - began) / 1000);
    buf_done(&html);
    arena_done(&arena);
    return took;
}

/* Pages that are written to hang a reader end in time: the time of taking apart is bounded, and
   scanning is linear. The bound here is generous, for machines that do other things too. */
static void test_hostile_pages_end(void **state)
{
    (void)state;
    static const char *const units[] = {"<",
                                        "<div>",
                                        "<b a=1><p>",
                                        "<a><table>",
                                        "<script>fbq('init',",
                                        "gtag(gtag(",
                                        "<svg><math>",
                                        "<!--",
                                        "gtm.start gtm.start",
                                        "<x y='&amp;&#0;",
                                        "</p><b c>",
                                        "<template>",
                                        "<select><option>"};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        unsigned took = milliseconds_of(units[i], LIMIT_AUDIT_BODY);
        if (took > 20000)
            fail_msg("%s: %u ms", units[i], took);
        print_message("# 5 MiB of %s: %u ms\n", units[i], took);
    }
}

static int set_up(void **state)
{
    (void)state;
    return signature_open(&signatures) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    signature_close(signatures);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_each_signature_has_its_row),
        cmocka_unit_test(test_no_pattern_can_be_made_slow),
        cmocka_unit_test(test_hostile_pages_end),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
