/* Regions and networks out of MaxMind files that the test writes itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <unistd.h>

#include "../../../src/pipeline/geo.c"
#include "mmdb.h"

static const struct mmdb_row places[] = {
    {"81.2.69.0", 24, "GB", "ENG", NULL},
    {"203.0.113.0", 24, "US", "CA", NULL},
    {"192.0.2.0", 25, "DE", NULL, NULL},
};
static const struct mmdb_row networks[] = {
    {"198.51.100.0", 24, NULL, NULL, "AMAZON-02"},
    {"192.0.2.0", 24, NULL, NULL, "Deutsche Telekom AG"},
};

static char city[] = "/tmp/sidetrack-city-XXXXXX", asn[] = "/tmp/sidetrack-asn-XXXXXX";
static struct arena arena;

static int write_files(void **state)
{
    (void)state;
    close(mkstemp(city));
    close(mkstemp(asn));
    mmdb_write(city, places, COUNT_OF(places));
    mmdb_write(asn, networks, COUNT_OF(networks));
    arena_init(&arena, 1 << 20);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    unlink(city);
    unlink(asn);
    arena_done(&arena);
    return 0;
}

static bool is(span found, const char *wanted)
{
    if (span_equal(found, span_of(wanted)))
        return true;
    print_error("\"%.*s\" instead of \"%s\"\n", SPAN_ARG(found), wanted ? wanted : "");
    return false;
}

static void addresses_have_regions_and_networks(void **state)
{
    (void)state;
    struct geo *geo;
    struct error error;
    assert_int_equal(geo_open(span_of(city), span_of(asn), &geo, &error), OK);
    assert_true(is(geo_region(geo, &arena, SPAN("203.0.113.9")), "US-CA"));
    assert_true(is(geo_region(geo, &arena, SPAN("81.2.69.160")), "GB-ENG"));
    assert_true(is(geo_region(geo, &arena, SPAN("192.0.2.1")), "DE"));
    assert_true(is(geo_region(geo, &arena, SPAN("192.0.2.200")), NULL));
    assert_true(is(geo_region(geo, &arena, SPAN("2001:db8::1")), NULL));
    assert_true(is(geo_region(geo, &arena, SPAN("shop.example")), NULL));
    assert_true(is(geo_region(geo, &arena, (span){0}), NULL));
    assert_true(is(geo_network(geo, &arena, SPAN("198.51.100.7")), "AMAZON-02"));
    assert_true(is(geo_network(geo, &arena, SPAN("203.0.113.9")), NULL));
    geo_close(geo);
}

static void files_are_optional_but_not_wrong(void **state)
{
    (void)state;
    struct geo *geo = NULL;
    struct error error;
    assert_int_equal(geo_open((span){0}, SPAN(""), &geo, &error), OK);
    assert_null(geo);
    assert_true(is(geo_region(geo, &arena, SPAN("203.0.113.9")), NULL));
    assert_int_equal(geo_open((span){0}, span_of(asn), &geo, &error), OK);
    assert_true(is(geo_region(geo, &arena, SPAN("203.0.113.9")), NULL));
    geo_close(geo);
    assert_int_equal(geo_open(SPAN("/nowhere/city.mmdb"), (span){0}, &geo, &error), INVALID);
    assert_non_null(strstr(error.text, "/nowhere/city.mmdb"));
    assert_int_equal(geo_open(span_of(city), SPAN("/proc/self/stat"), &geo, &error), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_have_regions_and_networks),
        cmocka_unit_test(files_are_optional_but_not_wrong),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("geo", tests, write_files, remove_files);
}
