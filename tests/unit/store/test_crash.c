/*
 * What was acknowledged is there after kill -9. A child commits turns in a loop and says after
 * each commit how far it is; the parent kills it in the middle, opens the file and looks.
 */
#include <signal.h>
#include <sys/wait.h>

#include "kit.h"

#define ROUNDS 6

/* In the child: turns of `size` rows, each with its seen key, until killed. */
static void work(struct kit *kit, int said, unsigned size)
{
    kit_store_open(kit);
    for (;;) {
        if (store_begin(kit->store) != OK)
            _exit(1);
        int64_t seq = 0, first = 0;
        for (unsigned i = 0; i < size; i++) {
            char id[24];
            seq = journal_next_seq(kit->store);
            snprintf(id, sizeof id, "%d", (int)seq);
            struct journal_row row = kit_row(kit);
            row.event_id = span_of(id);
            if (journal_seen(kit->store, 1, SOURCE_API, SPAN("n"), row.event_id, KIT_NOW, seq,
                             &first) != OK ||
                journal_append(kit->store, &row, &seq) != OK)
                _exit(2);
        }
        if (store_commit(kit->store) != OK || write(said, &seq, sizeof seq) != sizeof seq)
            _exit(3);
    }
}

static void test_kill(void **state)
{
    struct kit *kit = *state;
    int64_t promised = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        int said[2];
        assert_int_equal(pipe(said), 0);
        pid_t child = fork();
        if (child == 0) {
            close(said[0]);
            work(kit, said[1], 1 + 7 * round);
        }
        close(said[1]);
        /* Some commits, then the kill at whatever it is doing. */
        int64_t seq = 0;
        for (unsigned heard = 0; heard < 5 + 9 * round; heard++) {
            assert_int_equal(read(said[0], &seq, sizeof seq), sizeof seq);
            promised = seq;
        }
        kill(child, SIGKILL);
        while (read(said[0], &seq, sizeof seq) == sizeof seq)
            promised = seq; /* said before it died */
        close(said[0]);
        int result = 0;
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFSIGNALED(result));

        kit_store_open(kit);
        assert_true(kit_number(kit, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
        int64_t rows = kit_number(kit, "SELECT count(*) FROM journal");
        assert_true(rows >= promised);
        assert_int_equal(kit_number(kit, "SELECT max(seq) FROM journal"), rows); /* no holes */
        assert_int_equal(kit_number(kit, "SELECT count(*) FROM seen"), rows);    /* whole turns */
        assert_int_equal(kit_number(kit, "SELECT sum(event_id != seq) FROM journal"), 0);
        store_close(kit->store);
        kit->store = NULL;
    }
    assert_true(promised > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {KIT_TEST_BARE(test_kill)};
    return CHECK_RUN(tests);
}
