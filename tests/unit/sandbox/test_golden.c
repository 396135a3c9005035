/*
 * What our destinations write, the platforms take: every request that a golden case expects is
 * sent to the sandbox's platform. Two rooms that never meet, and were written from the same
 * contract by different hands, must agree on it.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/base/limits.h"
#include "../../../src/base/url.h"
#include "../../../src/sandbox/sandbox_private.h"

#define NOW INT64_C(1764000100000) /* the golden cases' events are of 1764000000 */

static struct arena arena;
static unsigned sent, refused;

static span read_whole(const char *path)
{
    struct buf out;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot read %s", path);
    buf_init(&out, 1 * MIB);
    char *at = buf_reserve(&out, 512 * KIB);
    out.len += fread(at, 1, 512 * KIB, file);
    fclose(file);
    span text = arena_copy(&arena, buf_span(&out));
    buf_done(&out);
    return text;
}

/* The bytes of the JSON object that starts here. */
static span object_at(const char *at, const char *end)
{
    const char *start = at;
    unsigned depth = 0;
    bool text = false;
    for (; at < end; at++) {
        if (text && *at == '\\')
            at++;
        else if (*at == '"')
            text = !text;
        else if (!text && *at == '{')
            depth++;
        else if (!text && *at == '}' && --depth == 0)
            return (span){start, (size_t)(at + 1 - start)};
    }
    return (span){0};
}

static void send_case(const struct sandbox_platform *platform, const char *name,
                      const struct url *url, span body)
{
    bool bearer = strcmp(platform->name, "klaviyo") != 0;
    const struct http_header headers[] = {
        {{"Content-Type", 12}, {"application/json", 16}},
        {{"Authorization", 13},
         bearer ? SPAN("Bearer ya29.sandbox-1764003000") : SPAN("Klaviyo-API-Key pk_1")},
        {{"revision", 8}, {"2026-07-15", 10}},
        {{"Access-Token", 12}, {"tt-token", 8}},
        {{"developer-token", 15}, {"dev-1", 5}},
    };
    struct sandbox_ledger ledger;
    struct sandbox_reply reply = {0};
    struct http_request request = {.method = SPAN("POST"),
                                   .path = url->path,
                                   .query = url->query,
                                   .headers = headers,
                                   .header_count = COUNT_OF(headers),
                                   .body = body};
    sandbox_ledger_init(&ledger);
    platform->handle(&ledger, &request, NOW, &arena, &reply);
    sent++;
    /* GA4 answers 204 to anything: its ledger says what it thought. */
    const struct sandbox_account *account = ledger.accounts;
    bool silent = account && account->refused > 0;
    if (reply.status / 100 != 2 || silent) {
        refused++;
        print_error("# %s: %d %.*s %s\n", name, reply.status, SPAN_ARG(reply.body),
                    silent ? account->last_refusal : "");
    }
    sandbox_ledger_done(&ledger);
}

/* What the cases of pairs show as an object (tests/golden/pairs.h), as a query again. */
static span query_of(span object)
{
    const struct json_value *pairs;
    struct buf out;
    assert_int_equal(json_parse(&arena, object, &pairs, NULL), OK);
    buf_init(&out, 1 * MIB);
    for (const struct json_value *pair = pairs->first; pair; pair = pair->next)
        buf_print(&out, "%s%.*s=%.*s", out.len ? "&" : "", SPAN_ARG(pair->key),
                  SPAN_ARG(url_encode(&arena, pair->text)));
    span text = arena_copy(&arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static void run_case(const struct sandbox_platform *platform, const char *path)
{
    span text = read_whole(path);
    const char *end = text.ptr + text.len;
    const char *at = arena_text(&arena, text);
    end = at + text.len;
    while ((at = strstr(at, "\nexpect POST ")) != NULL) {
        struct url url;
        span rest = {at + 13, (size_t)(end - at - 13)}, line;
        const char *body = strstr(at, "\nbody {");
        at += 13;
        if (!span_split(&rest, '\n', &line) || url_parse(line, &url) != OK || body == NULL)
            continue;
        span object = object_at(body + 6, end);
        if (!platform->owns(url.path))
            continue; /* sgtm in GA4's words */
        if (span_is(url.path, "/g/collect")) {
            url.query = query_of(object);
            object = (span){0};
        }
        send_case(platform, path, &url, object);
    }
}

static void run_folder(const char *name)
{
    const struct sandbox_platform *platform = sandbox_platform_named(span_of(name));
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", GOLDEN, name);
    DIR *folder = opendir(path);
    assert_non_null(platform);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (!span_ends(span_of(entry->d_name), ".case"))
            continue;
        arena_init(&arena, LIMIT_BATCH_ARENA);
        snprintf(path, sizeof path, "%s/%s/%s", GOLDEN, name, entry->d_name);
        run_case(platform, path);
        arena_done(&arena);
    }
    closedir(folder);
}

static void test_golden_requests_are_taken(void **state)
{
    (void)state;
#define FOLDER(name) run_folder(#name);
    SANDBOX_PLATFORMS(FOLDER)
    assert_true(sent >= 20);
    assert_int_equal(refused, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden_requests_are_taken)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
