/* Long work runs beside the listener: everybody is answered meanwhile, it says how far it is, and
   it ends when it is told to, or with the listener. */
#include "../../../src/admin/work.c"
#include "kit.h"

static unsigned answered, ran_to_the_end;

/* Goes on until somebody cancels it. */
static void run_held(struct work *work)
{
    atomic_store(&work->percent, 40);
    for (unsigned i = 0; i < 20000 && !atomic_load(&work->cancelled); i++)
        usleep(1000);
    ran_to_the_end += !atomic_load(&work->cancelled);
}

static void answer_held(struct work *work)
{
    (void)work;
    answered++;
}

static const struct work_kind kind = {
    .name = "held", .size = sizeof(struct work), .run = run_held, .answer = answer_held};

static void begin(struct kit *kit)
{
    struct ask ask = {.admin = kit->admin, .now = KIT_NOON};
    struct work *work = work_new(&ask, &kind);
    assert_non_null(work);
    work_start(work);
}

static void test_others_are_answered(void **state)
{
    struct kit kit;
    (void)state;
    answered = ran_to_the_end = 0;
    kit_open(&kit);
    kit_log_in(&kit, KEYS_ADMIN);
    assert_int_equal(kit_get(&kit, "/api/works"), 200);
    kit_after(&kit, "{\"works\":[]}");
    begin(&kit);
    for (unsigned i = 0; i < 1000 && !strstr(kit.answer, "\"percent\":40"); i++)
        assert_int_equal(kit_get(&kit, "/api/works"), 200);
    kit_after(&kit, "{\"works\":[{\"id\":1,\"kind\":\"held\"");
    kit_after(&kit, "\"percent\":40,\"cancelled\":false}]}");
    assert_int_equal(kit_get(&kit, "/api/overview"), 200);
    assert_int_equal(answered, 0);
    assert_int_equal(kit_post(&kit, "/api/works/2/cancel", ""), 404);
    assert_int_equal(kit_post(&kit, "/api/works/1/stop", ""), 404);
    assert_int_equal(kit_post(&kit, "/api/works/1/cancel", ""), 200);
    kit_after(&kit, "\"cancelled\":true");
    while (kit.admin->works)
        uv_run(&kit.loop, UV_RUN_ONCE);
    assert_int_equal(answered, 1);
    assert_int_equal(ran_to_the_end, 0);
    assert_int_equal(kit_post(&kit, "/api/works/1/cancel", ""), 404);
    kit_close(&kit);
}

static void test_a_viewer_ends_nothing(void **state)
{
    struct kit kit;
    (void)state;
    kit_open(&kit);
    kit_log_in(&kit, KEYS_VIEWER);
    begin(&kit);
    assert_int_equal(kit_get(&kit, "/api/works"), 200);
    assert_int_equal(kit_post(&kit, "/api/works/1/cancel", ""), 403);
    kit_close(&kit);
}

/* More than there are threads for: those that wait for one are cancelled too. */
static void test_ends_with_the_listener(void **state)
{
    struct kit kit;
    (void)state;
    answered = ran_to_the_end = 0;
    kit_open(&kit);
    for (unsigned i = 0; i < WORKS_MOST; i++)
        begin(&kit);
    kit_close(&kit);
    assert_int_equal(answered, WORKS_MOST);
    assert_int_equal(ran_to_the_end, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_others_are_answered),
        cmocka_unit_test(test_a_viewer_ends_nothing),
        cmocka_unit_test(test_ends_with_the_listener),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
