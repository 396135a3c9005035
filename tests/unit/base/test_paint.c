/* Colours: headings and the first verdict of a line, and never another text than a pipe gets. */
#include "../../../src/base/paint.c"

#include "check.h"

#define BOLD "\033[1m"
#define GOOD "\033[32m"
#define BAD  "\033[1;31m"
#define DIM  "\033[2m"
#define OFF  "\033[0m"

static void test_paint(void **state)
{
    static const struct {
        const char *said, *painted;
    } lines[] = {
        {"\n", "\n"},
        {"no news", "no news"},
        {"meta (acme): ok, taken\n", "meta (acme): " GOOD "ok" OFF ", taken\n"},
        {"a\nb\n", BOLD "a" OFF "\nb\n"},
        {"Order #1: SENT\n  meta delivered\n\nLetters\n  dead meta: refused it\n",
         BOLD "Order #1: SENT" OFF "\n  meta " GOOD "delivered" OFF "\n\n" BOLD "Letters" OFF
              "\n  " BAD "dead" OFF " meta: refused it\n"},
        {" undelivered not-delivered delivered_at refused.txt a@ok skipped",
         " undelivered not-delivered delivered_at refused.txt a@ok " DIM "skipped" OFF},
        {" delivered", " " GOOD "delivered" OFF},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct buf out;
        buf_init(&out, 4096);
        paint_text(&out, span_of(lines[i].said));
        check_span_at(buf_span(&out), span_of(lines[i].painted), __FILE__, __LINE__);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_paint)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
