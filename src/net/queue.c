/*
 * Messages between threads: a linked list under a mutex.
 *
 * The mutex is held for a few pointer writes and never while anything is called, so a
 * producer (a receive loop) cannot be held up by the consumer's fsync: the consumer takes the
 * whole list at once and works on it outside. That is also what makes groups: whatever came
 * while one commit ran is the next commit.
 *
 * The consumer waits either in queue_wait() (RECORD) or in its own loop, woken by `wake`
 * (uv_async_send in the receive loops). Waiting uses CLOCK_MONOTONIC: a clock that is set
 * while we sleep must not move a deadline.
 */
#include "queue.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

void queue_init(struct queue *queue, size_t count_ceiling, size_t bytes_ceiling)
{
    *queue = (struct queue){.count_ceiling = count_ceiling, .bytes_ceiling = bytes_ceiling};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->filled, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void queue_done(struct queue *queue)
{
    assert(queue->head == NULL);
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
}

void queue_on_push(struct queue *queue, void (*wake)(void *arg), void *arg)
{
    queue->wake = wake;
    queue->wake_arg = arg;
}

static bool has_room(const struct queue *queue, size_t bytes)
{
    if (queue->count_ceiling && queue->count >= queue->count_ceiling)
        return false;
    return queue->bytes_ceiling == 0 ||
           (queue->bytes <= queue->bytes_ceiling && bytes <= queue->bytes_ceiling - queue->bytes);
}

enum status queue_push(struct queue *queue, struct queue_node *node)
{
    enum status status = OK;
    pthread_mutex_lock(&queue->lock);
    if (queue->closed) {
        status = CONFLICT;
    } else if (!has_room(queue, node->bytes)) {
        status = FULL;
    } else {
        node->next = NULL;
        if (queue->tail)
            queue->tail->next = node;
        else
            queue->head = node;
        queue->tail = node;
        queue->count++;
        queue->bytes += node->bytes;
        if (queue->count == 1) /* otherwise the consumer has been told already */
            pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    if (status == OK && queue->wake)
        queue->wake(queue->wake_arg);
    return status;
}

static struct queue_node *take_locked(struct queue *queue)
{
    struct queue_node *head = queue->head;
    queue->head = queue->tail = NULL;
    queue->count = queue->bytes = 0;
    return head;
}

struct queue_node *queue_take(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct queue_node *head = take_locked(queue);
    pthread_mutex_unlock(&queue->lock);
    return head;
}

struct queue_node *queue_wait(struct queue *queue, int64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    if (timeout_ms > 0) {
        int64_t nanoseconds = until.tv_nsec + timeout_ms % 1000 * 1000000;
        until.tv_sec += timeout_ms / 1000 + nanoseconds / 1000000000;
        until.tv_nsec = nanoseconds % 1000000000;
    }
    pthread_mutex_lock(&queue->lock);
    while (queue->head == NULL && !queue->closed && timeout_ms != 0) {
        if (timeout_ms < 0)
            pthread_cond_wait(&queue->filled, &queue->lock);
        else if (pthread_cond_timedwait(&queue->filled, &queue->lock, &until) == ETIMEDOUT)
            break;
    }
    struct queue_node *head = take_locked(queue);
    pthread_mutex_unlock(&queue->lock);
    return head;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
    if (queue->wake)
        queue->wake(queue->wake_arg);
}

bool queue_closed(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool closed = queue->closed;
    pthread_mutex_unlock(&queue->lock);
    return closed;
}

size_t queue_count(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}
