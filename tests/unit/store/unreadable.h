/*
 * A store that cannot be read for a while, for tests of the rooms above: the n-th piece of work
 * that SQLite does through a view, from 1, is broken off; with `lasting` all after it too.
 */
#ifndef UNIT_STORE_UNREADABLE_H
#define UNIT_STORE_UNREADABLE_H
#include "../../../src/store/store_private.h"

struct unreadable {
    unsigned countdown; /* 0: nothing fails */
    bool lasting;
    unsigned fired;
};

static inline int unreadable_due(void *arg)
{
    struct unreadable *plan = arg;
    if (plan->countdown == 0 || (plan->countdown > 1 && plan->countdown-- > 1))
        return 0;
    plan->fired++;
    if (!plan->lasting)
        plan->countdown = 0;
    return 1;
}

/* `plan` NULL: it can be read again. */
static inline void unreadable_set(struct view *view, struct unreadable *plan)
{
    sqlite3_progress_handler(view->sql.db, plan ? 1 : 0, plan ? unreadable_due : NULL, plan);
}

#endif
