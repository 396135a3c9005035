/* The queue: order, ceilings, waiting, and four producers at once (also built with TSan). */
#include "../../../src/net/queue.c"
#include "kit.h"

#include <stdatomic.h>

struct note {
    struct queue_node node;
    unsigned producer, number;
};

static void test_order_and_ceilings(void **state)
{
    (void)state;
    struct queue queue;
    struct note notes[4] = {0};
    queue_init(&queue, 3, 100);
    assert_null(queue_take(&queue));
    notes[0].node.bytes = 60;
    notes[1].node.bytes = 40;
    notes[2].node.bytes = 1;
    assert_int_equal(queue_push(&queue, &notes[0].node), OK);
    assert_int_equal(queue_push(&queue, &notes[1].node), OK);
    assert_int_equal(queue_push(&queue, &notes[2].node), FULL); /* bytes */
    notes[2].node.bytes = 0;
    assert_int_equal(queue_push(&queue, &notes[2].node), OK);
    assert_int_equal(queue_push(&queue, &notes[3].node), FULL); /* count */
    assert_int_equal(queue_count(&queue), 3);
    struct queue_node *node = queue_take(&queue);
    for (unsigned i = 0; i < 3; i++, node = node->next)
        assert_ptr_equal(node, &notes[i].node);
    assert_null(node);
    assert_int_equal(queue_count(&queue), 0);
    notes[0].node.bytes = 101;
    assert_int_equal(queue_push(&queue, &notes[0].node), FULL);
    notes[0].node.bytes = SIZE_MAX;
    assert_int_equal(queue_push(&queue, &notes[0].node), FULL);
    notes[0].node.bytes = 100;
    assert_int_equal(queue_push(&queue, &notes[0].node), OK);
    queue_close(&queue);
    assert_true(queue_closed(&queue));
    assert_int_equal(queue_push(&queue, &notes[1].node), CONFLICT);
    assert_ptr_equal(queue_wait(&queue, -1), &notes[0].node); /* what is in is still given */
    assert_null(queue_wait(&queue, -1));
    queue_done(&queue);
}

static void test_waiting(void **state)
{
    (void)state;
    struct queue queue;
    queue_init(&queue, 0, 0);
    int64_t start = clock_monotonic_us();
    assert_null(queue_wait(&queue, 0));
    assert_true(clock_monotonic_us() - start < 20000);
    assert_null(queue_wait(&queue, 30));
    assert_in_range((clock_monotonic_us() - start) / 1000, 29, 500);
    queue_done(&queue);
}

static void on_push(void *arg)
{
    atomic_fetch_add((atomic_uint *)arg, 1);
}

#define PRODUCERS 4u
#define EACH      5000u

struct crowd {
    struct queue queue;
    atomic_uint woken, full;
    struct note *notes[PRODUCERS];
};

struct producer {
    struct crowd *crowd;
    unsigned number;
};

static void *produce(void *arg)
{
    struct producer *producer = arg;
    struct crowd *crowd = producer->crowd;
    for (unsigned i = 0; i < EACH; i++) {
        struct note *note = &crowd->notes[producer->number][i];
        *note = (struct note){.node.bytes = 10, .producer = producer->number, .number = i};
        while (queue_push(&crowd->queue, &note->node) == FULL) {
            atomic_fetch_add(&crowd->full, 1);
            sched_yield();
        }
    }
    return NULL;
}

static void *close_later(void *arg)
{
    usleep(20000);
    queue_close(arg);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct crowd crowd = {0};
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS], closer;
    unsigned next[PRODUCERS] = {0}, seen = 0;
    queue_init(&crowd.queue, 100, 900);
    queue_on_push(&crowd.queue, on_push, &crowd.woken);
    for (unsigned i = 0; i < PRODUCERS; i++) {
        crowd.notes[i] = calloc(EACH, sizeof(struct note));
        producers[i] = (struct producer){&crowd, i};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    while (seen < PRODUCERS * EACH) {
        struct queue_node *node = queue_wait(&crowd.queue, 5000);
        assert_non_null(node);
        for (size_t bytes = 0; node; node = node->next, seen++) {
            struct note *note = (struct note *)node;
            assert_int_equal(note->number, next[note->producer]++); /* first in, first out */
            assert_true((bytes += node->bytes) <= 900);
        }
    }
    for (unsigned i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd.woken), PRODUCERS * EACH);
    /* A consumer that waits for ever is woken by the end. */
    assert_int_equal(pthread_create(&closer, NULL, close_later, &crowd.queue), 0);
    assert_null(queue_wait(&crowd.queue, -1));
    pthread_join(closer, NULL);
    for (unsigned i = 0; i < PRODUCERS; i++)
        free(crowd.notes[i]);
    queue_done(&crowd.queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_ceilings),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_threads),
    };
    return KIT_RUN(tests);
}
