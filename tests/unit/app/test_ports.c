/*
 * The file of ports: whole or absent, and what is no such file is "not yet".
 */
#include "../../../src/app/ports.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64], path[128];

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sidetrack-ports-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/ports", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails when the file beside was left */
}

static void test_there_and_back(void **state)
{
    (void)state;
    uint16_t listen = 0, admin = 0;
    assert_int_equal(ports_read(path, &listen, &admin), AGAIN);
    assert_int_equal(ports_write(path, SPAN("0.0.0.0:40001"), SPAN("[::1]:40002")), OK);
    assert_int_equal(ports_read(path, &listen, &admin), OK);
    assert_int_equal(listen, 40001);
    assert_int_equal(admin, 40002);
    assert_int_equal(ports_write(path, SPAN("127.0.0.1:7"), (span){0}), OK);
    admin = 1;
    assert_int_equal(ports_read(path, &listen, NULL), OK);
    assert_int_equal(ports_read(path, NULL, &admin), OK);
    assert_int_equal(listen, 7);
    assert_int_equal(admin, 1); /* none was written: untouched */
}

static void test_trouble(void **state)
{
    (void)state;
    uint16_t listen = 9;
    assert_int_equal(ports_write(NULL, SPAN("127.0.0.1:7"), (span){0}), OK);
    assert_int_equal(ports_write("/nonexistent/x", SPAN("127.0.0.1:7"), (span){0}), BROKEN);
    FILE *file = fopen(path, "w");
    fputs("{\"listen\":\"127.0", file);
    fclose(file);
    assert_int_equal(ports_read(path, &listen, NULL), AGAIN);
    assert_int_equal(listen, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_there_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trouble, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
