/*
 * Pages by gumbo: html.h. Gumbo asks for memory by a function of ours, from an arena that is
 * dropped whole (its own clean-up walks the tree by recursion, and a deep page would overflow the
 * stack). It cannot be told "no more": it does not check. So that function leaves by longjmp when
 * the page has used up its memory or its time; nothing else is held then. The walk over the tree is
 * a loop, for the same reason.
 */
#include "html.h"

#include <gumbo.h>
#include <setjmp.h>

#include "../base/clock.h"
#include "../base/limits.h"

#define LOOK_AT_CLOCK 64u /* requests for memory between two looks at the time */

struct reading {
    struct arena memory;
    jmp_buf out;
    int64_t until_us;
    unsigned asked;
};

static void *take(void *arg, size_t size)
{
    struct reading *reading = arg;
    if (size > LIMIT_AUDIT_HTML || reading->memory.used + size > LIMIT_AUDIT_HTML ||
        (++reading->asked % LOOK_AT_CLOCK == 0 && clock_monotonic_us() > reading->until_us))
        longjmp(reading->out, 1);
    return arena_take(&reading->memory, size);
}

static void leave(void *arg, void *memory)
{
    (void)arg;
    (void)memory;
}

static span attribute(const GumboElement *element, const char *name)
{
    const GumboAttribute *found = gumbo_get_attribute(&element->attributes, name);
    return found ? span_of(found->value) : (span){0};
}

static span text_of(const GumboElement *element)
{
    for (unsigned i = 0; i < element->children.length; i++) {
        const GumboNode *child = element->children.data[i];
        if (child->type == GUMBO_NODE_TEXT || child->type == GUMBO_NODE_WHITESPACE)
            return span_of(child->v.text.text);
    }
    return (span){0};
}

static bool in_noscript(const GumboNode *node)
{
    for (unsigned up = 0; node && up < 8; up++, node = node->parent)
        if (node->type == GUMBO_NODE_ELEMENT && node->v.element.tag == GUMBO_TAG_NOSCRIPT)
            return true;
    return false;
}

static void add_script(struct arena *arena, struct html *html, const struct html_script *script)
{
    if (html->script_count == LIMIT_AUDIT_SCRIPTS)
        return;
    struct html_script *to = &html->scripts[html->script_count++];
    *to = (struct html_script){arena_copy(arena, script->src),  arena_copy(arena, script->text),
                               arena_copy(arena, script->tag),  arena_copy(arena, script->id),
                               arena_copy(arena, script->type), script->fallback};
}

static void add_link(struct arena *arena, struct html *html, const GumboElement *element, span href)
{
    if (html->link_count == LIMIT_AUDIT_LINKS || href.len > LIMIT_URL_BYTES)
        return;
    html->links[html->link_count++] =
        (struct html_link){span_of(gumbo_normalized_tagname(element->tag)), arena_copy(arena, href),
                           arena_copy(arena, attribute(element, "rel"))};
}

static void add_meta(struct arena *arena, struct html *html, const GumboElement *element)
{
    static const char *const names[] = {"http-equiv", "name", "property"};
    for (unsigned i = 0; i < COUNT_OF(names) && html->meta_count < COUNT_OF(html->metas); i++) {
        span name = attribute(element, names[i]);
        if (span_empty(name))
            continue;
        html->metas[html->meta_count++] = (struct html_meta){
            arena_copy(arena, name), arena_copy(arena, attribute(element, "content"))};
        return;
    }
}

/* Where a script's file is: speed plug-ins and banners that start it later keep it elsewhere [D].
 */
static span source_of(const GumboElement *element)
{
    static const char *const names[] = {"src", "data-rocket-src", "data-src"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (gumbo_get_attribute(&element->attributes, names[i]))
            return attribute(element, names[i]);
    return (span){0};
}

static void look(struct arena *arena, struct html *html, const GumboNode *node)
{
    const GumboElement *element = &node->v.element;
    span src = attribute(element, "src"), href = attribute(element, "href");
    span tag = {element->original_tag.data, element->original_tag.length};
    if (tag.len > LIMIT_TEXT_BYTES)
        tag.len = LIMIT_TEXT_BYTES;
    if (element->tag == GUMBO_TAG_SCRIPT) {
        src = source_of(element);
        add_script(arena, html,
                   &(struct html_script){src, src.ptr ? (span){0} : text_of(element), tag,
                                         attribute(element, "id"), attribute(element, "type"),
                                         false});
    } else if (element->tag == GUMBO_TAG_META) {
        add_meta(arena, html, element);
    } else if (element->tag == GUMBO_TAG_BASE) {
        if (span_empty(html->base))
            html->base = arena_copy(arena, href);
    } else if (element->tag == GUMBO_TAG_FORM) {
        add_link(arena, html, element, attribute(element, "action"));
    } else if (!span_empty(src)) {
        if (in_noscript(node))
            add_script(arena, html,
                       &(struct html_script){.src = src, .tag = tag, .fallback = true});
        add_link(arena, html, element, src);
    } else if (!span_empty(href)) {
        add_link(arena, html, element, href);
    } else if (element->tag == GUMBO_TAG_NOSCRIPT) {
        span text = text_of(element); /* in <head> it is read as text */
        if (memchr(text.ptr ? text.ptr : "", '<', text.len))
            add_script(arena, html,
                       &(struct html_script){.src = text, .tag = tag, .fallback = true});
    }
}

static const GumboVector *children_of(const GumboNode *node)
{
    if (node->type == GUMBO_NODE_DOCUMENT)
        return &node->v.document.children;
    bool element = node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
    return element ? &node->v.element.children : NULL;
}

/* The node after this one in document order; NULL after the last. What is in a <template> is
   never run and is passed over. */
static const GumboNode *after(const GumboNode *node, const GumboNode *top)
{
    const GumboVector *children = node->type == GUMBO_NODE_TEMPLATE ? NULL : children_of(node);
    if (children && children->length > 0)
        return children->data[0];
    for (; node != top && node->parent; node = node->parent) {
        const GumboVector *among = children_of(node->parent);
        if (node->index_within_parent + 1 < among->length)
            return among->data[node->index_within_parent + 1];
    }
    return NULL;
}

enum status html_read(struct arena *arena, span text, struct html *ret_html)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading)
        abort();
    arena_init(&reading->memory, LIMIT_AUDIT_HTML + MIB);
    reading->until_us = clock_monotonic_us() + LIMIT_AUDIT_HTML_MS * INT64_C(1000);
    if (setjmp(reading->out) != 0) {
        arena_done(&reading->memory);
        free(reading);
        return FULL;
    }
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = take;
    options.deallocator = leave;
    options.userdata = reading;
    options.max_errors = 0;
    const GumboOutput *output =
        gumbo_parse_with_options(&options, text.ptr ? text.ptr : "", text.len);
    struct html *html = arena_new(arena, struct html);
    html->scripts = arena_array(arena, struct html_script, LIMIT_AUDIT_SCRIPTS);
    html->links = arena_array(arena, struct html_link, LIMIT_AUDIT_LINKS);
    for (const GumboNode *node = output->document; node; node = after(node, output->document))
        if (node->type == GUMBO_NODE_ELEMENT)
            look(arena, html, node);
    *ret_html = *html;
    arena_done(&reading->memory);
    free(reading);
    return OK;
}
