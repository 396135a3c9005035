/*
 * Messages between threads: many producers, one consumer, first in first out. The only mutex
 * of the house lives here. A queue has a ceiling in messages and bytes; a full queue refuses,
 * and the producer answers 503.
 *
 * Ownership: a node belongs to the queue from push until taken. Nodes are embedded in the
 * message (first member by habit), so that passing one allocates nothing.
 */
#ifndef NET_QUEUE_H
#define NET_QUEUE_H
#include <pthread.h>

#include "../base/span.h"

struct queue_node {
    struct queue_node *next;
    size_t bytes; /* what this message counts for; set by the producer */
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled; /* CLOCK_MONOTONIC */
    struct queue_node *head, *tail;
    size_t count, bytes, count_ceiling, bytes_ceiling;
    bool closed;
    void (*wake)(void *arg); /* optional: called by the producer after a push, e.g. uv_async_send */
    void *wake_arg;
};

/* Ceilings of 0 mean none (for answers, whose number is bounded by their requests). */
void queue_init(struct queue *queue, size_t count_ceiling, size_t bytes_ceiling);
void queue_done(struct queue *queue); /* must be empty */
void queue_on_push(struct queue *queue, void (*wake)(void *arg), void *arg);
/* FULL at a ceiling; CONFLICT once closed. The node stays the caller's then. */
MUST_USE enum status queue_push(struct queue *queue, struct queue_node *node);
/* Takes everything at once, oldest first; NULL when empty. */
struct queue_node *queue_take(struct queue *queue);
/* The same, waiting up to `timeout_ms` for something to come (0: do not wait; <0: for ever).
   NULL on time-out, or when closed and empty. */
struct queue_node *queue_wait(struct queue *queue, int64_t timeout_ms);
void queue_close(struct queue *queue); /* no more pushes; wakes the consumer */
bool queue_closed(struct queue *queue);
size_t queue_count(struct queue *queue);

#endif
