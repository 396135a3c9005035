/* Every move of a batch's life is either in the drawing or a bug that stops the program. */
#include "../../../src/pipeline/shipment.c"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/check.h"

/* The drawing in shipment.h, once more as text. */
static const char *const drawn[] = {
    "DUE SENDING",   "DUE SPLIT",       "DUE SETTLED",  "SENDING DUE", "SENDING WAITING",
    "SENDING SPLIT", "SENDING SETTLED", "SENDING HELD", "WAITING DUE", "HELD DUE",
};

static bool is_drawn(enum shipment_state from, enum shipment_state to)
{
    char move[32];
    snprintf(move, sizeof move, "%s %s", shipment_state_text(from), shipment_state_text(to));
    for (size_t i = 0; i < COUNT_OF(drawn); i++)
        if (strcmp(drawn[i], move) == 0)
            return true;
    return false;
}

static bool aborts(enum shipment_state from, enum shipment_state to)
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        fclose(stderr);
        struct shipment shipment = {.state = from};
        shipment_move(&shipment, to);
        _exit(shipment.state == to ? 0 : 3);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static const struct route_answer as_usual;

static void test_moves(void **state)
{
    (void)state;
    for (enum shipment_state from = 0; from < SHIPMENT_STATE_COUNT; from++)
        for (enum shipment_state to = 0; to < SHIPMENT_STATE_COUNT; to++)
            assert_int_equal(aborts(from, to), !is_drawn(from, to));
}

static void test_halves_keep_rows_and_references(void **state)
{
    (void)state;
    struct reading *page = calloc(1, sizeof *page);
    struct reading_row rows[5] = {0};
    assert_non_null(page);
    page->refs = 1;
    struct shipment *shipment = shipment_new(NULL, 0, 5, 1000), *halves[2];
    for (unsigned i = 0; i < 5; i++) {
        rows[i].row.seq = i + 1;
        assert_true(shipment_load(
            shipment, page, &rows[i],
            &(struct route_answer){.limited = i == 4, .opted_out = i == 0, .ads_denied = i == 1}));
    }
    assert_false(shipment_load(shipment, page, &rows[0], &as_usual)); /* full */
    assert_int_equal(page->refs, 6);
    shipment->test = true;
    shipment->ambiguous_at = 77;
    shipment_halve(shipment, 2000, halves);
    assert_int_equal(shipment->state, SHIPMENT_SPLIT);
    shipment_free(shipment);
    assert_int_equal(halves[0]->count, 3);
    assert_int_equal(halves[1]->count, 2);
    assert_int_equal(halves[1]->cargo[0].row->row.seq, 4);
    assert_true(halves[0]->cargo[0].route.opted_out);
    assert_true(halves[0]->cargo[1].route.ads_denied);
    assert_true(halves[1]->cargo[1].route.limited);
    assert_true(halves[0]->test && halves[1]->test);
    assert_int_equal(halves[1]->ambiguous_at, 77);
    shipment_unload(halves[0], 1);
    assert_int_equal(halves[0]->count, 2);
    assert_int_equal(halves[0]->cargo[1].row->row.seq, 3);
    assert_int_equal(page->refs, 5);
    shipment_free(halves[0]);
    shipment_free(halves[1]);
    assert_int_equal(page->refs, 1);
    reading_drop(page);
}

static void test_pages_are_bounded(void **state)
{
    (void)state;
    struct reading *pages[SHIPMENT_PAGES + 1];
    struct reading_row row = {0};
    struct shipment *shipment = shipment_new(NULL, 0, 100, 1000);
    for (unsigned i = 0; i <= SHIPMENT_PAGES; i++) {
        pages[i] = calloc(1, sizeof *pages[i]);
        assert_non_null(pages[i]);
        pages[i]->refs = 1;
        assert_int_equal(shipment_load(shipment, pages[i], &row, &as_usual), i < SHIPMENT_PAGES);
    }
    shipment_free(shipment);
    for (unsigned i = 0; i <= SHIPMENT_PAGES; i++)
        reading_drop(pages[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_halves_keep_rows_and_references),
        cmocka_unit_test(test_pages_are_bounded),
    };
    return CHECK_RUN(tests);
}
