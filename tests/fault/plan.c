/*
 * plan FILE [WORD=VALUE…]: writes a new order for the shim, or none; plan FILE? prints what came of
 * it.
 *
 *   fail=write at=3 [error=28] [lasting=1] [torn=1]     the third write fails
 *   sync_ms=500                                         each fsync takes so long
 *   clock_ms=-86400000                                  the wall clock is a day behind
 *
 * Every new order takes the last one back and counts from zero. `plan FILE look=1` prints
 * "fired=1 write=12 sync=3 …" and changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plan.h"

static const struct {
    const char *word;
    int error;
} kinds[] = {
#define PLAN_ROW(name, word, error) {word, error},
    PLAN_KINDS(PLAN_ROW)
#undef PLAN_ROW
};

static void look(struct plan *plan)
{
    printf("fired=%u", atomic_load(&plan->fired));
    for (unsigned i = 0; i < PLAN_COUNT; i++)
        printf(" %s=%u", kinds[i].word, atomic_load(&plan->counts[i]));
    printf("\n");
}

static void take_back(struct plan *plan)
{
    atomic_store(&plan->at, 0);
    atomic_store(&plan->armed, 0);
    atomic_store(&plan->lasting, 0);
    atomic_store(&plan->torn, 0);
    atomic_store(&plan->error, 0);
    atomic_store(&plan->fired, 0);
    atomic_store(&plan->sync_ms, 0);
    atomic_store(&plan->clock_ms, 0);
    for (unsigned i = 0; i < PLAN_COUNT; i++)
        atomic_store(&plan->counts[i], 0);
}

static bool order(struct plan *plan, const char *word, const char *value, unsigned *at)
{
    long number = strtol(value, NULL, 10);
    if (strcmp(word, "at") == 0)
        *at = (unsigned)number;
    else if (strcmp(word, "lasting") == 0)
        atomic_store(&plan->lasting, (unsigned)number);
    else if (strcmp(word, "torn") == 0)
        atomic_store(&plan->torn, (unsigned)number);
    else if (strcmp(word, "error") == 0)
        atomic_store(&plan->error, (unsigned)number);
    else if (strcmp(word, "sync_ms") == 0)
        atomic_store(&plan->sync_ms, number);
    else if (strcmp(word, "clock_ms") == 0)
        atomic_store(&plan->clock_ms, number);
    else if (strcmp(word, "fail") == 0)
        for (unsigned i = 0; i < PLAN_COUNT; i++) {
            if (strcmp(value, kinds[i].word) != 0)
                continue;
            atomic_store(&plan->kind, i);
            if (!atomic_load(&plan->error))
                atomic_store(&plan->error, (unsigned)kinds[i].error);
            return true;
        }
    else
        return false;
    return strcmp(word, "fail") != 0;
}

int main(int count, char **words)
{
    int fd = count > 1 ? open(words[1], O_RDWR | O_CREAT, 0600) : -1;
    if (fd < 0 || ftruncate(fd, sizeof(struct plan)) != 0)
        return 2;
    struct plan *plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (plan == MAP_FAILED)
        return 2;
    if (count > 2 && strcmp(words[2], "look=1") == 0) {
        look(plan);
        return 0;
    }
    unsigned at = 0;
    take_back(plan);
    for (int i = 2; i < count; i++) {
        char *value = strchr(words[i], '=');
        if (!value)
            return 2;
        *value++ = '\0';
        if (!order(plan, words[i], value, &at)) {
            fprintf(stderr, "plan: nobody knows %s=%s\n", words[i], value);
            return 2;
        }
    }
    atomic_store(&plan->at, at); /* last: it is what the shim looks at */
    atomic_store(&plan->armed, 1);
    return 0;
}
