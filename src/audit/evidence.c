/*
 * Pages become evidence: evidence.h. A page is taken apart (html.h), each script is scanned for
 * signatures, what is commented out is passed over, Shopify's pixel configuration is decoded.
 */
#include "evidence.h"

#include "../base/limits.h"
#include "../base/url.h"
#include "html.h"
#include "pixels.h"

#define AROUND 40u /* bytes quoted beside a match */

/* ---- script text ---- */

/* \/ \u0026 \u002F \x26: how shops write URLs inside scripts. */
static span undo_escapes(struct arena *arena, span text)
{
    static const struct {
        const char *from;
        char to;
    } escapes[] = {{"\\/", '/'},     {"\\u0026", '&'}, {"\\u002F", '/'},
                   {"\\u002f", '/'}, {"\\x26", '&'},   {"\\x2F", '/'},
                   {"\\x2f", '/'},   {"\\u003D", '='}, {"\\u003d", '='}};
    if (!memchr(text.ptr ? text.ptr : "", '\\', text.len))
        return text;
    char *out = arena_take(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len;) {
        size_t used = 0;
        for (size_t e = 0; text.ptr[i] == '\\' && e < COUNT_OF(escapes) && !used; e++)
            if (span_starts(span_sub(text, i, 6), escapes[e].from)) {
                out[len++] = escapes[e].to;
                used = strlen(escapes[e].from);
            }
        if (!used)
            out[len++] = text.ptr[i];
        i += used ? used : 1;
    }
    return (span){out, len};
}

static bool type_runs(span type)
{
    static const char *const types[] = {
        "", "module", "text/javascript", "application/javascript", "text/ecmascript",
        "application/x-javascript", "text/rocketscript",
        /* speed plug-ins start these themselves, later [D] */
        "rocketlazyloadscript", "litespeed/javascript", "pmdelayedscript"};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (span_equal_nocase(span_trim(type), span_of(types[i])))
            return true;
    return span_ends(type, "-text/javascript"); /* a speed service runs these itself, later */
}

/* Is what stands at `at` commented out? Looked at: its line, and the nearest comment before it. Two
   slashes after a colon are a URL's. */
static bool commented_out(span text, size_t at)
{
    size_t low = at > 4000 ? at - 4000 : 0;
    for (size_t i = at; i > low && text.ptr[i - 1] != '\n'; i--)
        if (i >= 2 && text.ptr[i - 1] == '/' && text.ptr[i - 2] == '/') {
            char before = i >= 3 ? text.ptr[i - 3] : '\n';
            if (before == '\n' || before == ' ' || before == '\t' || before == ';' || before == '}')
                return true;
        }
    for (size_t i = at; i > low + 1; i--) {
        if (text.ptr[i - 1] == '/' && text.ptr[i - 2] == '*')
            return false;
        if (text.ptr[i - 1] == '*' && text.ptr[i - 2] == '/')
            return true;
    }
    return false;
}

/* ---- sightings ---- */

struct scan {
    struct evidence *evidence;
    struct sighting like; /* where, page, script: the same for all of this scan */
    span text;
    span quote; /* what to show for every match; absent: the match and a little around it */
    bool platform_only, ordered;
};

static void found(void *arg, const struct signature_match *match)
{
    struct scan *scan = arg;
    struct evidence *evidence = scan->evidence;
    size_t at = (size_t)(match->text.ptr - scan->text.ptr);
    if (evidence->sighting_count == LIMIT_AUDIT_SIGHTINGS ||
        (scan->platform_only && match->signature->kind != SIGNATURE_PLATFORM) ||
        (scan->ordered && commented_out(scan->text, at)))
        return;
    struct sighting *sighting = &evidence->sightings[evidence->sighting_count++];
    *sighting = scan->like;
    sighting->signature = match->signature;
    sighting->role = match->mark->role;
    sighting->id = match->id;
    sighting->at = scan->ordered ? at : 0;
    size_t from = at > AROUND ? at - AROUND : 0;
    sighting->quote =
        scan->quote.ptr ? scan->quote : span_sub(scan->text, from, match->text.len + 2 * AROUND);
}

static void scan_text(struct evidence *evidence, struct scan *scan, span text, unsigned roles)
{
    scan->evidence = evidence;
    scan->text = text;
    evidence->unscanned |= !signature_scan(evidence->signatures, text, roles, found, scan);
}

static void scan_script(struct evidence *evidence, unsigned index)
{
    const struct evidence_script *script = &evidence->scripts[index];
    struct scan scan = {.like = {.page = script->page, .script = index, .by = evidence->by}};
    scan.like.where = evidence->pages[script->page]->url;
    if (script->fallback) {
        scan_text(evidence, &scan, script->src, MARK_FALLBACK);
        return;
    }
    if (!span_empty(script->src)) {
        scan.quote = script->tag;
        scan_text(evidence, &scan, script->src, MARK_LOADER);
        scan_text(evidence, &scan, script->tag, MARK_START);
        scan.like.where = script->src;
        scan.quote = (span){0};
    }
    scan.ordered = true;
    scan_text(evidence, &scan, script->text,
              script->runs || script->waits ? MARKS_TEXT & ~(unsigned)MARK_FALLBACK
                                            : (unsigned)MARK_TRACE);
}

/* ---- pages ---- */

static void read_pixels(struct evidence *evidence, const struct evidence_script *script)
{
    unsigned count, before = evidence->pixel_count;
    enum status status = pixels_read(evidence->arena, script->text, evidence->pixels + before,
                                     LIMIT_AUDIT_PIXELS - before, &count);
    evidence->pixels_odd |= status == INVALID;
    if (status != OK)
        return;
    evidence->pixel_count += count;
    for (unsigned i = before; i < evidence->pixel_count; i++)
        evidence->pixels[i].page = script->page;
}

static span absolute(struct evidence *evidence, const struct html *html,
                     const struct evidence_answer *answer, span reference)
{
    span base =
        span_empty(html->base) ? (span){0} : url_join(evidence->arena, answer->url, html->base);
    return url_join(evidence->arena, span_empty(base) ? answer->url : base, reference);
}

static void add_scripts(struct evidence *evidence, const struct html *html, unsigned page)
{
    const struct evidence_answer *answer = evidence->pages[page];
    for (unsigned i = 0; i < html->script_count && evidence->script_count < LIMIT_AUDIT_SCRIPTS;
         i++) {
        const struct html_script *from = &html->scripts[i];
        struct evidence_script *to = &evidence->scripts[evidence->script_count];
        span src = from->fallback ? from->src : absolute(evidence, html, answer, from->src);
        if (span_empty(from->src))
            src = (span){0};
        *to = (struct evidence_script){
            .src = src,
            .text = undo_escapes(evidence->arena, from->text),
            .tag = from->tag,
            .id = from->id,
            .type = from->type,
            .page = page,
            .place = i,
            .fallback = from->fallback,
            .waits = span_equal_nocase(span_trim(from->type), SPAN("text/plain")),
            .runs = type_runs(from->type),
        };
        scan_script(evidence, evidence->script_count++);
        if (evidence->pixel_count < LIMIT_AUDIT_PIXELS)
            read_pixels(evidence, &(struct evidence_script){.text = from->text, .page = page});
    }
}

static void add_links(struct evidence *evidence, const struct html *html, unsigned page)
{
    const struct evidence_answer *answer = evidence->pages[page];
    for (unsigned i = 0; i < html->link_count && evidence->link_count < LIMIT_AUDIT_LINKS; i++) {
        const struct html_link *from = &html->links[i];
        span href = absolute(evidence, html, answer, from->href);
        if (!span_empty(href))
            evidence->links[evidence->link_count++] =
                (struct evidence_link){href, from->rel, from->element, page};
    }
}

static void read_metas(struct evidence *evidence, const struct html *html)
{
    for (unsigned i = 0; i < html->meta_count; i++) {
        const struct html_meta *meta = &html->metas[i];
        if (span_equal_nocase(meta->name, SPAN("content-security-policy")) &&
            span_empty(evidence->meta_policy))
            evidence->meta_policy = meta->content;
        if (span_equal_nocase(meta->name, SPAN("generator")) && span_empty(evidence->generator))
            evidence->generator = meta->content;
    }
}

static void read_cookie(struct evidence *evidence, const struct evidence_answer *answer, span line)
{
    struct cookie cookie;
    if (evidence->cookie_count < LIMIT_AUDIT_COOKIES &&
        cookie_read(line, evidence->at, &cookie) == OK)
        evidence->cookies[evidence->cookie_count++] =
            (struct evidence_cookie){cookie, .where = answer->url};
}

static void read_headers(struct evidence *evidence, const struct evidence_answer *answer,
                         unsigned page)
{
    for (unsigned i = 0; i < answer->header_count; i++) {
        const struct http_header *h = &answer->headers[i];
        if (span_equal_nocase(h->name, SPAN("set-cookie"))) {
            read_cookie(evidence, answer, h->value);
            continue;
        }
        struct scan scan = {
            .like = {
                .where = answer->url, .page = page, .script = EVIDENCE_NONE, .by = evidence->by}};
        span line = arena_print(evidence->arena, "%.*s: %.*s", SPAN_ARG(h->name),
                                SPAN_ARG(span_sub(h->value, 0, 500)));
        scan_text(evidence, &scan, line, MARK_HEADER);
    }
}

void evidence_init(struct evidence *evidence, struct arena *arena, struct signature_set *signatures,
                   enum finding_way by, int64_t at)
{
    *evidence = (struct evidence){
        .arena = arena,
        .signatures = signatures,
        .by = by,
        .at = at,
        .scripts = arena_array(arena, struct evidence_script, LIMIT_AUDIT_SCRIPTS),
        .links = arena_array(arena, struct evidence_link, LIMIT_AUDIT_LINKS),
        .cookies = arena_array(arena, struct evidence_cookie, LIMIT_AUDIT_COOKIES),
        .sightings = arena_array(arena, struct sighting, LIMIT_AUDIT_SIGHTINGS),
        .pixels = arena_array(arena, struct evidence_pixel, LIMIT_AUDIT_PIXELS),
        .hosts = arena_array(arena, struct evidence_host, LIMIT_AUDIT_HOSTS),
    };
}

void evidence_add_page(struct evidence *evidence, const struct evidence_answer *answer)
{
    if (evidence->page_count == LIMIT_AUDIT_PAGES)
        return;
    unsigned page = evidence->page_count++;
    evidence->pages[page] = answer;
    evidence->ways |= evidence->by;
    read_headers(evidence, answer, page);
    struct html_script all = {.text = answer->body};
    struct html html;
    if (html_read(evidence->arena, answer->body, &html) != OK) /* too odd: one text */
        html = (struct html){.script_count = 1, .scripts = &all};
    add_scripts(evidence, &html, page);
    add_links(evidence, &html, page);
    read_metas(evidence, &html);
    struct scan scan = {
        .like = {.where = answer->url, .page = page, .script = EVIDENCE_NONE, .by = evidence->by},
        .platform_only = true};
    scan_text(evidence, &scan, answer->body, MARK_TRACE | MARK_LOADER);
}

void evidence_add_file(struct evidence *evidence, const struct evidence_answer *answer)
{
    for (unsigned i = 0; i < evidence->script_count; i++) {
        struct evidence_script *script = &evidence->scripts[i];
        if (!span_equal(script->src, answer->asked) || script->text.ptr)
            continue;
        script->text = undo_escapes(evidence->arena, answer->body);
        struct scan scan = {
            .like = {.where = script->src, .page = script->page, .script = i, .by = evidence->by},
            .ordered = true};
        scan_text(evidence, &scan, script->text, MARK_LOADER | MARK_START | MARK_TRACE);
    }
}

const struct sighting *evidence_next(const struct evidence *evidence, const struct sighting *from,
                                     const char *tag, unsigned roles)
{
    const struct sighting *end = evidence->sightings + evidence->sighting_count;
    for (const struct sighting *s = from ? from + 1 : evidence->sightings; s < end; s++)
        if (((unsigned)s->role & roles) && strcmp(s->signature->tag, tag) == 0)
            return s;
    return NULL;
}

void evidence_show(struct finding *finding, const struct sighting *sighting)
{
    finding_see(finding, sighting->by, sighting->where, sighting->quote);
}
