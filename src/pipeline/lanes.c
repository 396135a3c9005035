/* See lanes.h. */
#include "lanes.h"

#include "../base/hash.h"

static void push(struct lane_of *lane, struct queue_node *node)
{
    node->next = NULL;
    if (lane->tail)
        lane->tail->next = node;
    else
        lane->head = node;
    lane->tail = node;
}

static struct queue_node *pop(struct lane_of *lane)
{
    struct queue_node *node = lane->head;
    if (!node)
        return NULL;
    lane->head = node->next;
    if (!lane->head)
        lane->tail = NULL;
    return node;
}

void lanes_put(struct lanes *lanes, struct queue_node *list)
{
    for (struct queue_node *next; list; list = next) {
        next = list->next;
        const struct parcel *parcel = (const struct parcel *)list;
        if (parcel->kind == MESSAGE_REPORT) {
            push(&lanes->reports, list);
            lanes->report_count++;
            continue;
        }
        size_t slot = hash_quick(parcel->shop->name) % LANES_SLOTS;
        if (parcel->source == &source_shopify) {
            push(&lanes->hooks[slot], list);
            lanes->hook_count++;
        } else {
            push(&lanes->others[slot], list);
            lanes->other_count++;
        }
    }
}

/* One of each store in turn, until `most` or nothing is left. */
static unsigned in_turn(struct lane_of *lanes, unsigned *next, unsigned *waiting, unsigned most,
                        struct lane_of *taken)
{
    unsigned count = 0;
    for (; *waiting && count < most; *next = (*next + 1) % LANES_SLOTS) {
        struct queue_node *node = pop(&lanes[*next]);
        if (!node)
            continue;
        push(taken, node);
        count++;
        (*waiting)--;
    }
    return count;
}

struct queue_node *lanes_take(struct lanes *lanes, unsigned most)
{
    struct lane_of taken = lanes->reports;
    lanes->reports = (struct lane_of){0};
    lanes->report_count = 0;
    unsigned hooks = most;
    if (lanes->other_count >= most / 4 && most > 3)
        hooks = most - most / 4;
    unsigned count = in_turn(lanes->hooks, &lanes->next_hook, &lanes->hook_count, hooks, &taken);
    in_turn(lanes->others, &lanes->next_other, &lanes->other_count, most - count, &taken);
    return taken.head;
}

unsigned lanes_count(const struct lanes *lanes)
{
    return lanes->report_count + lanes->hook_count + lanes->other_count;
}
