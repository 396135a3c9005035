/* The low-water mark: known cases, and a comparison with a slow witness on random orders. */
#include "../../../src/pipeline/lowmark.c"

#include "../base/check.h"

static void test_moves_only_over_settled(void **state)
{
    (void)state;
    struct lowmark mark;
    lowmark_init(&mark, 10, NULL, 0);
    assert_int_equal(lowmark_low(&mark), 10);
    assert_true(lowmark_read(&mark, 12));
    assert_int_equal(lowmark_low(&mark), 11); /* what lies between is nobody's */
    assert_true(lowmark_read(&mark, 15));
    assert_true(lowmark_read(&mark, 20));
    lowmark_settle(&mark, 15);
    assert_int_equal(lowmark_low(&mark), 11);
    lowmark_settle(&mark, 12);
    assert_int_equal(lowmark_low(&mark), 19);
    lowmark_settle(&mark, 12); /* again: no harm */
    lowmark_settle(&mark, 99);
    lowmark_settle(&mark, 20);
    assert_int_equal(lowmark_low(&mark), 20);
    lowmark_pass(&mark, 50);
    assert_int_equal(lowmark_low(&mark), 50);
    assert_int_equal(mark.open, 0);
    lowmark_done(&mark);
}

static void test_settled_before(void **state)
{
    (void)state;
    struct lowmark mark;
    const int64_t before[] = {14, 12, 12};
    lowmark_init(&mark, 10, before, 3);
    assert_true(lowmark_read(&mark, 11));
    assert_false(lowmark_read(&mark, 12));
    assert_true(lowmark_read(&mark, 13));
    assert_false(lowmark_read(&mark, 14));
    assert_true(lowmark_read(&mark, 15));
    lowmark_settle(&mark, 11);
    assert_int_equal(lowmark_low(&mark), 12);
    lowmark_settle(&mark, 13);
    assert_int_equal(lowmark_low(&mark), 14);
    lowmark_done(&mark);
}

static void test_ceiling(void **state)
{
    (void)state;
    struct lowmark mark;
    lowmark_init(&mark, 0, NULL, 0);
    for (int64_t seq = 1; seq < LOWMARK_ROOM; seq++)
        assert_true(lowmark_read(&mark, seq));
    assert_false(lowmark_full(&mark));
    assert_true(lowmark_read(&mark, LOWMARK_ROOM));
    assert_true(lowmark_full(&mark));
    lowmark_settle(&mark, 1);
    assert_false(lowmark_full(&mark));
    lowmark_done(&mark);
}

/* ---- any order of settling, against a list that is searched from its start ---- */

#define ROWS 400

struct witness {
    bool theirs[ROWS + 1], read[ROWS + 1], settled[ROWS + 1];
    int64_t read_at;
};

static int64_t witness_low(const struct witness *witness)
{
    for (int64_t seq = 1; seq <= witness->read_at; seq++)
        if (witness->theirs[seq] && !witness->settled[seq])
            return seq - 1;
    return witness->read_at;
}

static void one_journey(uint64_t *chance)
{
    struct witness witness = {0};
    struct lowmark mark;
    int64_t open[ROWS], before[ROWS];
    unsigned open_count = 0, before_count = 0;
    for (int64_t seq = 1; seq <= ROWS; seq++) {
        witness.theirs[seq] = check_random(chance) % 3 > 0;
        if (witness.theirs[seq] && check_random(chance) % 5 == 0) {
            before[before_count++] = seq;
            witness.settled[seq] = true;
        }
    }
    lowmark_init(&mark, 0, before, before_count);
    for (int64_t next = 1; next <= ROWS || open_count > 0;) {
        if (next <= ROWS && (open_count == 0 || check_random(chance) % 2)) {
            witness.read_at = next;
            if (!witness.theirs[next])
                lowmark_pass(&mark, next);
            else if (lowmark_read(&mark, next))
                open[open_count++] = next;
            next++;
        } else {
            unsigned pick = (unsigned)(check_random(chance) % open_count);
            lowmark_settle(&mark, open[pick]);
            witness.settled[open[pick]] = true;
            open[pick] = open[--open_count];
        }
        assert_int_equal(lowmark_low(&mark), witness_low(&witness));
        assert_int_equal(mark.open, open_count);
    }
    assert_int_equal(lowmark_low(&mark), ROWS);
    lowmark_done(&mark);
}

static void test_any_order(void **state)
{
    (void)state;
    uint64_t chance = 20261124;
    for (unsigned i = 0; i < 200; i++)
        one_journey(&chance);
}

static void test_what_is_settled(void **state)
{
    (void)state;
    struct lowmark mark;
    lowmark_init(&mark, 10, NULL, 0);
    assert_true(lowmark_settled(&mark, 10));
    assert_false(lowmark_settled(&mark, 12)); /* not read yet */
    assert_true(lowmark_read(&mark, 12));
    assert_true(lowmark_read(&mark, 14));
    assert_false(lowmark_settled(&mark, 12));
    assert_true(lowmark_settled(&mark, 13)); /* another's */
    lowmark_settle(&mark, 14);
    assert_true(lowmark_settled(&mark, 14)); /* above the mark */
    assert_false(lowmark_settled(&mark, 12));
    lowmark_done(&mark);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves_only_over_settled),
        cmocka_unit_test(test_settled_before),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_what_is_settled),
    };
    return CHECK_RUN(tests);
}
