/* Reports on their way: rows that grow, an order that is kept, an answer that comes back. */
#include "../../../src/pipeline/slip.c"

#include "../base/check.h"

static void test_rows_grow(void **state)
{
    (void)state;
    struct slip *slip = slip_new(NULL);
    for (int64_t i = 0; i < 1000; i++) {
        slip_outcome(slip)->seq = i;
        slip_letter(slip)->seq = i;
        slip_seq(slip, i);
        slip_skip(slip, -i);
    }
    assert_int_equal(slip->report.outcome_count, 1000);
    assert_int_equal(slip->report.letter_count, 1000);
    assert_true(slip->has_letters);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(slip->report.outcomes[i].seq, i);
        assert_int_equal(slip->report.letters[i].seq, i);
        assert_int_equal(slip->seqs[i], i);
        assert_int_equal(slip->skipped[i], -(int64_t)i);
    }
    slip_free(slip);
}

/* What RECORD does with a report. */
static struct slip *record_takes(struct queue *queue)
{
    struct queue_node *node = queue_take(queue);
    if (!node)
        return NULL;
    assert_null(node->next);
    struct report *report = (struct report *)node;
    assert_int_equal(queue_push(report->reply, node), OK);
    return report->reply_arg;
}

static void test_order_is_kept_when_the_queue_is_full(void **state)
{
    (void)state;
    struct queue queue;
    struct slip_desk desk;
    struct slip *slips[4];
    queue_init(&queue, 1, 0);
    slip_desk_init(&desk, &queue);
    for (unsigned i = 0; i < 4; i++)
        slips[i] = slip_new(NULL);
    assert_false(slip_desk_busy(&desk));
    slip_push(&desk, slips[0]);
    slip_push(&desk, slips[1]); /* no room */
    assert_true(slip_desk_busy(&desk));
    assert_ptr_equal(record_takes(&queue), slips[0]);
    slip_push(&desk, slips[2]); /* there is room, but it is not its turn */
    assert_null(queue_take(&queue));
    for (unsigned i = 1; i < 3; i++) {
        slip_flush(&desk);
        assert_ptr_equal(record_takes(&queue), slips[i]);
    }
    slip_flush(&desk);
    assert_false(slip_desk_busy(&desk));
    slip_push(&desk, slips[3]); /* and the end of the line is found again */
    assert_ptr_equal(record_takes(&queue), slips[3]);
    assert_int_equal(desk.out, 4);
    assert_null(slip_take(&desk)); /* what came back since the last look waits for the next one */
    slip_collect(&desk);
    for (unsigned i = 0; i < 4; i++) {
        assert_ptr_equal(slip_take(&desk), slips[i]);
        slip_free(slips[i]);
    }
    assert_null(slip_take(&desk));
    assert_int_equal(desk.out, 0);
    slip_desk_done(&desk);
    queue_done(&queue);
}

static void test_a_ceiling_on_what_is_out(void **state)
{
    (void)state;
    struct queue queue;
    struct slip_desk desk;
    queue_init(&queue, 0, 0);
    slip_desk_init(&desk, &queue);
    for (unsigned i = 0; i < SLIP_OUT_CEILING; i++) {
        assert_false(slip_desk_busy(&desk));
        slip_push(&desk, slip_new(NULL));
    }
    assert_true(slip_desk_busy(&desk));
    for (struct queue_node *node = queue_take(&queue), *next; node; node = next) {
        next = node->next;
        assert_int_equal(queue_push(((struct report *)node)->reply, node), OK);
    }
    slip_desk_done(&desk); /* frees what came back and was not taken */
    queue_done(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_grow),
        cmocka_unit_test(test_order_is_kept_when_the_queue_is_full),
        cmocka_unit_test(test_a_ceiling_on_what_is_out),
    };
    return CHECK_RUN(tests);
}
