/* Maps against the obvious: an array in which every key's value is known. */
#include "../../../src/base/map.c"

#include "check.h"

static void test_small(void **state)
{
    (void)state;
    struct map map = {0};
    int one = 1, two = 2;
    assert_null(map_get(&map, SPAN("a")));
    size_t index = 0;
    span key;
    void *value;
    assert_false(map_next(&map, &index, &key, &value));
    char name[] = "a";
    map_put(&map, span_of(name), &one);
    name[0] = 'b'; /* the map has its own copy */
    assert_ptr_equal(map_get(&map, SPAN("a")), &one);
    assert_null(map_get(&map, SPAN("b")));
    map_put(&map, SPAN("a"), &two);
    assert_ptr_equal(map_get(&map, SPAN("a")), &two);
    assert_int_equal(map.count, 1);
    map_put(&map, SPAN(""), &one);
    assert_ptr_equal(map_get(&map, (span){0}), &one);
    assert_ptr_equal(map_get(&map, SPAN("")), &one);
    map_put(&map, SPAN("a\0b"), &one);
    assert_ptr_equal(map_get(&map, SPAN("a\0b")), &one);
    assert_ptr_equal(map_get(&map, SPAN("a")), &two);
    assert_int_equal(map.count, 3);
    map_done(&map);
    map_done(&map);
    assert_null(map_get(&map, SPAN("a")));
}

static void test_many(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static int values[COUNT];
    static unsigned char seen[COUNT];
    struct map map = {0};
    char name[16];
    for (int i = 0; i < COUNT; i++) {
        int len = snprintf(name, sizeof name, "key%d", i);
        map_put(&map, (span){name, (size_t)len}, &values[i]);
    }
    assert_int_equal(map.count, COUNT);
    assert_true(map.count <= map.room / 4 * 3);
    for (int i = 0; i < COUNT * 2; i++) {
        int len = snprintf(name, sizeof name, "key%d", i);
        assert_ptr_equal(map_get(&map, (span){name, (size_t)len}), i < COUNT ? &values[i] : NULL);
    }
    size_t index = 0, walked = 0;
    span key;
    void *value;
    while (map_next(&map, &index, &key, &value)) {
        size_t i = (size_t)((int *)value - values);
        assert_int_equal(seen[i]++, 0);
        walked++;
    }
    assert_int_equal(walked, COUNT);
    map_done(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_many),
    };
    return CHECK_RUN(tests);
}
