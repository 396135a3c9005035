/*
 * Log lines as they leave: standard error is a pipe here, and what one call wrote is read from
 * it and compared without its first field, the time.
 */
#include "../../../src/base/log.c"

#include <fcntl.h>
#include <pthread.h>

#include "../../../src/base/arena.h"
#include "check.h"

static int real_stderr, reader;

static void capture_begin(void)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    fflush(stderr);
    real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    close(ends[1]);
    reader = ends[0];
}

static size_t capture_end(char *text, size_t room)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    size_t len = 0;
    ssize_t got;
    while (len < room - 1 && (got = read(reader, text + len, room - 1 - len)) > 0)
        len += (size_t)got;
    close(reader);
    text[len] = '\0';
    return len;
}

/* The line after its time, which must be one. */
static const char *without_time(const char *line, const char *before, const char *after)
{
    size_t head = strlen(before);
    int64_t ms;
    assert_int_equal(strncmp(line, before, head), 0);
    assert_int_equal(date_parse((span){line + head, DATE_TEXT_LEN}, &ms), OK);
    assert_true(llabs(clock_now(&clock_real) - ms) < 10000);
    assert_int_equal(strncmp(line + head + DATE_TEXT_LEN, after, strlen(after)), 0);
    return line + head + DATE_TEXT_LEN + strlen(after);
}

static char line[64 * KIB];

#define LOGGED(format_, ...)                                                                       \
    (log_setup(LOG_INFO, (format_)), capture_begin(), log_event(__VA_ARGS__),                      \
     capture_end(line, sizeof line),                                                               \
     (format_) == LOG_JSON ? without_time(line, "{\"ts\":\"", "\",")                               \
                           : without_time(line, "ts=", " "))

static void test_logfmt(void **state)
{
    (void)state;
    assert_string_equal(
        LOGGED(LOG_LOGFMT, LOG_WARN, "destination_paused", "store=%s n=%d", "acme", 7),
        "level=warn event=destination_paused store=acme n=7\n");
    assert_string_equal(
        LOGGED(LOG_LOGFMT, LOG_ERROR, "x", "why=\"%s\"  b=\"\" c= d", "no such thing"),
        "level=error event=x why=\"no such thing\" b=\"\" c=\"\" d=\"\"\n");
    assert_string_equal(LOGGED(LOG_LOGFMT, LOG_INFO, "started", "%s", ""),
                        "level=info event=started\n");
    assert_string_equal(LOGGED(LOG_LOGFMT, LOG_INFO, "x", "q=a\"b u=a=b"),
                        "level=info event=x q=\"a\\\"b\" u=\"a=b\"\n");
}

static void test_json(void **state)
{
    (void)state;
    assert_string_equal(
        LOGGED(LOG_JSON, LOG_WARN, "destination_paused", "store=%s n=%d", "acme", 7),
        "\"level\":\"warn\",\"event\":\"destination_paused\",\"store\":\"acme\","
        "\"n\":\"7\"}\n");
    assert_string_equal(LOGGED(LOG_JSON, LOG_INFO, "x", "why=\"a \"b\\\"\" c=caf\xc3\xa9"),
                        "\"level\":\"info\",\"event\":\"x\",\"why\":\"a \\\"b\\\\\\\"\","
                        "\"c\":\"caf\xc3\xa9\"}\n");
}

/* Values cannot start a line of their own, nor break the encoding. */
static void test_forging(void **state)
{
    (void)state;
    assert_string_equal(
        LOGGED(LOG_LOGFMT, LOG_INFO, "x", "why=\"%s\"", "a\nts=1 level=error\r\x1b[0m\x7f"),
        "level=info event=x why=\"a ts=1 level=error  [0m \"\n");
    assert_string_equal(LOGGED(LOG_JSON, LOG_INFO, "x", "a=\xff\xc3\xa9"),
                        "\"level\":\"info\",\"event\":\"x\",\"a\":\"???\"}\n");
}

static void test_level(void **state)
{
    (void)state;
    capture_begin();
    log_setup(LOG_WARN, LOG_LOGFMT);
    log_event(LOG_DEBUG, "x", "a=1");
    log_event(LOG_INFO, "x", "a=1");
    assert_int_equal(capture_end(line, sizeof line), 0);
    capture_begin();
    log_setup(LOG_DEBUG, LOG_LOGFMT);
    log_event(LOG_DEBUG, "x", "a=1");
    assert_true(capture_end(line, sizeof line) > 0);
}

/* Whatever the length and whatever would grow most, there is one whole line within the limit. */
static void test_long(void **state)
{
    (void)state;
    static char pairs[16 * KIB];
    const char *worst[] = {"\"", "a=", "\\", "a ", "= ", "x", "\xc3\xa9", "k=\"v\" "};
    for (size_t w = 0; w < COUNT_OF(worst); w++) {
        for (size_t len = 3000; len < sizeof pairs; len += 501) {
            for (size_t i = 0; i < len; i++)
                pairs[i] = worst[w][i % strlen(worst[w])];
            for (int json = 0; json < 2; json++) {
                log_setup(LOG_INFO, json ? LOG_JSON : LOG_LOGFMT);
                capture_begin();
                log_event(LOG_INFO, "long", "k=%.*s", (int)len, pairs);
                size_t got = capture_end(line, sizeof line);
                assert_true(got > 1000 && got <= LIMIT_LOG_LINE);
                assert_ptr_equal(strchr(line, '\n'), line + got - 1);
                struct arena arena;
                arena_init(&arena, 16 * MIB);
                const struct json_value *root;
                if (json)
                    assert_int_equal(json_parse(&arena, (span){line, got - 1}, &root, NULL), OK);
                arena_done(&arena);
            }
        }
    }
}

static void *log_in_thread(void *name)
{
    for (int i = 0; i < 100; i++)
        log_event(LOG_INFO, "thread", "name=%s end=1", (const char *)name);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    log_setup(LOG_INFO, LOG_LOGFMT);
    capture_begin();
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, log_in_thread, (void *)(uintptr_t) "abc"), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    size_t len = capture_end(line, sizeof line), lines = 0;
    span rest = {line, len}, one;
    while (span_split(&rest, '\n', &one) && one.len > 0) {
        assert_true(span_starts(one, "ts=") && span_ends(one, " name=abc end=1"));
        lines++;
    }
    assert_int_equal(lines, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logfmt), cmocka_unit_test(test_json), cmocka_unit_test(test_forging),
        cmocka_unit_test(test_level),  cmocka_unit_test(test_long), cmocka_unit_test(test_threads),
    };
    return CHECK_RUN(tests);
}
