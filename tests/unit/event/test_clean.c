/*
 * Normalising, against the vectors of contracts/destinations: 0.3 (digests), 0.4 (matrix) and
 * 1.6 (outputs of Meta's own library). Where the two disagree the contract's choice is tested.
 */
#include "../../../src/event/clean.c"
#include "../../../src/event/clean_country.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

struct vector {
    clean_fn *clean;
    const char *raw, *clean_text; /* NULL: nothing valid left */
};

#define HEX64       "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX64_LOWER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct vector vectors[] = {
    {clean_email, "  Jane.Doe+shop@Gmail.com ", "jane.doe+shop@gmail.com"},
    {clean_email, "\xC2\xA0JANE@EXAMPLE.COM\xEF\xBB\xBF", "jane@example.com"}, /* NBSP, BOM */
    {clean_email, "o'neil@sub.example.co.uk", "o'neil@sub.example.co.uk"},
    {clean_email,
     "J\xC3\x96RG@B\xC3\x9C"
     "CHER.DE",
     "j\xC3\xB6rg@b\xC3\xBC"
     "cher.de"},
    {clean_registrable, "Shop.Acme.co.uk.", "acme.co.uk"},
    {clean_registrable, "t.acme.example", "acme.example"},
    {clean_registrable, "co.uk", NULL},
    {clean_registrable, "localhost", NULL},
    {clean_registrable, "192.168.1.10", NULL},
    {clean_registrable, "2001:db8::1", NULL},
    {clean_registrable, "shop.192.0", NULL}, /* for browsers an address */
    {clean_registrable, "shop..example.com", NULL},
    {clean_registrable, ".example.com", NULL},
    {clean_registrable, "shop.example.com..", NULL},
    {clean_registrable, "", NULL},
    {clean_email, "jane@example", NULL},
    {clean_email, "jane", NULL},
    {clean_email, "", NULL},
    {clean_email, "   ", NULL},
    {clean_email, "@example.com", NULL},
    {clean_email, "jane@", NULL},
    {clean_email, "jane@@example.com", NULL},
    {clean_email, "jane doe@example.com", NULL},
    {clean_email, "jane@exam ple.com", NULL},
    {clean_email, "jane@example..com", NULL},
    {clean_email, "jane@.com", NULL},
    {clean_email, "jane@example.", NULL},
    {clean_email, ".jane@example.com", NULL},
    {clean_email, "jane.@example.com", NULL},
    {clean_email, "Jane <jane@example.com>", NULL},
    {clean_email, "jane@example.com,joe@example.com", NULL},
    {clean_email, "jane\xFF@example.com", NULL},
    {clean_email, HEX64, HEX64_LOWER},
    {clean_lower, "  MiXed  Case ", "mixed  case"},
    {clean_lower, "\xC3\x89T\xC3\x89", "\xC3\xA9t\xC3\xA9"},                  /* ÉTÉ */
    {clean_lower, "\xC4\xB0stanbul", "i\xCC\x87stanbul"},                     /* İstanbul */
    {clean_lower, "\xCE\x93\xCE\x99\xCE\xA9\xCE\xA1\xCE\x93\xCE\x9F\xCE\xA3", /* ΓΙΩΡΓΟΣ */
     "\xCE\xB3\xCE\xB9\xCF\x89\xCF\x81\xCE\xB3\xCE\xBF\xCF\x82"},
    {clean_lower, "\xCE\xA3", "\xCF\x83"}, /* Σ alone: σ */
    {clean_lower, "\xC8\xBA\xC8\xBA\xC8\xBA", "\xE2\xB1\xA5\xE2\xB1\xA5\xE2\xB1\xA5"}, /* Ⱥ grows */
    {clean_lower, "\xF0\x90\x90\x80", "\xF0\x90\x90\xA8"},                             /* Deseret */
    {clean_name, "Jos\xC3\xA9", "jos\xC3\xA9"},
    {clean_name, "JOS\xC3\x89", "jos\xC3\xA9"},
    {clean_name, "Mary-Ann O'Neil", "maryannoneil"},
    {clean_name,
     "O\xE2\x80\x99"
     "Brien",
     "o\xE2\x80\x99"
     "brien"}, /* U+2019 stays */
    {clean_name, "Jane", "jane"},
    {clean_name, " Doe ", "doe"},
    {clean_name, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", NULL},
    {clean_name, "\xE3\x80\x80\xE5\xB1\xB1\xE7\x94\xB0", "\xE5\xB1\xB1\xE7\x94\xB0"}, /* 　山田 */
    {clean_city, "S\xC3\xA3o Paulo", "sopaulo"},
    {clean_city, "M\xC3\xBCnchen", "mnchen"},
    {clean_city, "Menlo Park", "menlopark"},
    {clean_city, "123 City", NULL},
    {clean_city, "\xE6\x9D\xB1\xE4\xBA\xAC", NULL},
    {clean_city, "", NULL},
    {clean_city, HEX64, HEX64_LOWER},
    {clean_zip, "94025-1234", "94025"},
    {clean_zip, "94025", "94025"},
    {clean_zip, "SW1A 1AA", "sw1a1aa"}, /* docs over library: see 1.6 */
    {clean_zip, " 10115 ", "10115"},
    {clean_zip, "1", NULL},
    {clean_zip, "-94025", NULL},
    {clean_zip, "", NULL},
    {clean_external_id, "Cust 42", "cust42"},
    {clean_external_id, " \t\n", NULL},
    {clean_external_id, "gid://shopify/Customer/7", "gid://shopify/customer/7"},
    {clean_plain,
     "  Jane  Q. \x01"
     "Doe\x7F ",
     "Jane  Q. Doe"},
    {clean_plain, "Line\nbreak\ttab", "Line break tab"},
    {clean_plain,
     "C1\xC2\x85"
     "x",
     "C1x"},
    {clean_plain, "\x01\x02", NULL},
    {clean_plain, "bad\xC0\xAF", NULL},
    {clean_country, "US", "us"},
    {clean_country, "us", "us"},
    {clean_country, "USA", "us"},
    {clean_country, "U.S.A.", "us"},
    {clean_country, "United States", "us"},
    {clean_country, "united  states of america", "us"},
    {clean_country, "Deutschland", "de"},
    {clean_country, "GERMANY", "de"},
    {clean_country, "DEU", "de"},
    {clean_country, "Vereinigtes K\xC3\xB6nigreich", "gb"},
    {clean_country, "UK", "gb"},
    {clean_country, "\xC3\x96sterreich", "at"},
    {clean_country, "C\xC3\xB4te d'Ivoire", "ci"},
    {clean_country, "Bosnia & Herzegovina", "ba"},
    {clean_country, "Trinidad and Tobago", "tt"},
    {clean_country, "Korea, Republic of", "kr"},
    {clean_country, "South Korea", "kr"},
    {clean_country, "XK", "xk"},
    {clean_country, "Congo", "cg"},
    {clean_country, "ZZ", NULL},
    {clean_country, "XYZ", NULL},
    {clean_country, "Atlantis", NULL},
    {clean_country, "", NULL},
    {clean_country, "virgin islands", NULL}, /* two of them */
    {clean_country, HEX64, HEX64_LOWER},
};

static void every_vector_of_the_contract(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(vectors); i++) {
        const struct vector *v = &vectors[i];
        span got = v->clean(&arena, span_of(v->raw));
        bool same = v->clean_text ? span_is(got, v->clean_text) : got.ptr == NULL;
        if (!same)
            fail_msg("row %u: \"%s\" became \"%.*s\", not \"%s\"", i, v->raw, SPAN_ARG(got),
                     v->clean_text ? v->clean_text : "(absent)");
    }
}

static void absent_stays_absent(void **state)
{
    (void)state;
    clean_fn *const all[] = {clean_email, clean_lower,   clean_name,        clean_city,
                             clean_zip,   clean_country, clean_external_id, clean_plain};
    for (unsigned i = 0; i < COUNT_OF(all); i++)
        assert_null(all[i](&arena, (span){0}).ptr);
}

/* The table is sorted, has all of ISO 3166-1, and no code or name stands in it twice. */
/* More names than are remembered, each asked again when others have taken its place. */
static void a_site_is_the_same_however_often_it_is_asked(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 300; i++) {
            span site = arena_print(&arena, "acme%u.co.uk", i);
            span host = arena_print(&arena, "Shop%u.%.*s", round, SPAN_ARG(site));
            assert_true(span_equal(clean_registrable(&arena, host), site));
            assert_true(span_equal(clean_registrable(&arena, site), site));
            assert_true(span_empty(clean_registrable(&arena, SPAN("co.uk"))));
        }
    }
}

static void every_country_is_found_by_each_of_its_names(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(countries), 249 + 1); /* and Kosovo */
    for (unsigned i = 0; i < COUNT_OF(countries); i++) {
        const struct country *country = &countries[i];
        span names = span_of(country->names), name;
        assert_true(i == 0 || memcmp(countries[i - 1].alpha2, country->alpha2, 2) < 0);
        assert_true(clean_is_country_code(span_of(country->alpha2)));
        assert_ptr_equal(find_country(span_of(country->alpha2)), country);
        assert_ptr_equal(find_country(span_of(country->alpha3)), country);
        while (span_split(&names, '|', &name)) {
            if (find_country(name) != country)
                fail_msg("%.*s is not found as %s", SPAN_ARG(name), country->alpha2);
            assert_true(span_equal(name, clean_name(&arena, name)));
        }
    }
}

/* 0.3: the digest of what each rule leaves over. */
static void digests_of_the_contract(void **state)
{
    (void)state;
    static const struct {
        clean_fn *clean;
        const char *raw, *digest;
    } rows[] = {
        {clean_email, " Jane.Doe+Shop@gmail.com",
         "12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5"},
        {clean_email, "AlexZ@example.com",
         "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"},
        {clean_name, "Jane", "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2"},
        {clean_name, "Doe", "799ef92a11af918e3fb741df42934f3b568ed2d93ac1df74f1b8d41a27932a6f"},
        {clean_city, "Menlo Park",
         "0007a3d64c01e23d5075203c5977c14e4f7e01a3fc570686fcc50b5e1dd42685"},
        {clean_lower, "CA", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"},
        {clean_zip, "94025-0001",
         "b9a9cf3cd3723a2e91b7c23ecf68456e872b6e5d86e5cab7f3d45a7302da32c7"},
        {clean_country, "United States",
         "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"},
        {clean_lower, "F", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"},
        {clean_lower, "19911226",
         "b354942b706480dfaa3340daf86ae1b655b354e40f7eafccc68c19e60b92d181"},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        span digest = hash_hex(&arena, rows[i].clean(&arena, span_of(rows[i].raw)));
        if (!span_is(digest, rows[i].digest))
            fail_msg("row %u: %s", i, rows[i].raw);
    }
}

/* Whatever bytes come in, what goes out is UTF-8, not empty, and cleaning it again changes
   nothing (a destination may clean what a source has cleaned). */
static void any_bytes_come_out_clean_and_stay_so(void **state)
{
    (void)state;
    clean_fn *const all[] = {clean_email, clean_lower,   clean_name,        clean_city,
                             clean_zip,   clean_country, clean_external_id, clean_plain};
    static const char *const pieces[] = {"A",
                                         "z",
                                         "9",
                                         " ",
                                         "@",
                                         ".",
                                         "-",
                                         "\xC2\xA0",
                                         "\xC4\xB0",
                                         "\xCE\xA3",
                                         "\xC8\xBA",
                                         "\xFF",
                                         "\xE2\x80\x99",
                                         "\xCC\x87",
                                         "\xF0\x9F\x98\x80",
                                         "\x01",
                                         "\n",
                                         "'",
                                         "\xC3"};
    uint64_t chance = 7;
    for (unsigned round = 0; round < 4000; round++) {
        char *text = malloc(80); /* exact size, so that ASan sees a step too far */
        size_t len = 0;
        assert_non_null(text);
        for (unsigned i = 0; i < round % 15; i++) {
            chance = chance * UINT64_C(6364136223846793005) + 1;
            const char *piece = pieces[(chance >> 33) % COUNT_OF(pieces)];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        for (unsigned i = 0; i < COUNT_OF(all); i++) {
            span once = all[i](&arena, (span){text, len});
            assert_true(once.ptr == NULL || once.len > 0);
            assert_true(span_utf8(once));
            assert_true(span_equal(once, all[i](&arena, once)));
        }
        free(text);
        arena_reset(&arena);
    }
}

static void everybodys_domains(void **state)
{
    (void)state;
    assert_true(clean_is_public_suffix("com"));
    assert_true(clean_is_public_suffix("co.uk"));
    assert_true(clean_is_public_suffix("nobody-has-this"));
    assert_false(clean_is_public_suffix("acme.com"));
    assert_false(clean_is_public_suffix("acme.co.uk"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_of_the_contract),
        cmocka_unit_test(absent_stays_absent),
        cmocka_unit_test(everybodys_domains),
        cmocka_unit_test(a_site_is_the_same_however_often_it_is_asked),
        cmocka_unit_test(every_country_is_found_by_each_of_its_names),
        cmocka_unit_test(digests_of_the_contract),
        cmocka_unit_test(any_bytes_come_out_clean_and_stay_so),
    };
    arena_init(&arena, 16u << 20);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests_name("event_clean", tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
