/* What every played platform is tested with: an arena and a ledger, new for each test. Behind the
   sandbox_x.c, whose arenas are parameters of the same name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/base/limits.h"
#include "../../../src/sandbox/sandbox_private.h"

static struct arena arena;
static struct sandbox_ledger ledger;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    sandbox_ledger_init(&ledger);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sandbox_ledger_done(&ledger);
    arena_done(&arena);
    return 0;
}
