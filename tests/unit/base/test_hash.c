/* Digests against the contracts' vectors and published ones; encodings there and back. */
#include "../../../src/base/hash.c"

#include "check.h"

static struct arena arena;

/* contracts/destinations 0.3 and FIPS 180-2. */
static void test_sha256(void **state)
{
    (void)state;
    static const char *const known[][2] = {
        {"jane.doe+shop@gmail.com",
         "12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5"},
        {"janedoe@gmail.com", "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"},
        {"16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"},
        {"+16505551212", "1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8"},
        {"jane", "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2"},
        {"doe", "799ef92a11af918e3fb741df42934f3b568ed2d93ac1df74f1b8d41a27932a6f"},
        {"menlopark", "0007a3d64c01e23d5075203c5977c14e4f7e01a3fc570686fcc50b5e1dd42685"},
        {"ca", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"},
        {"94025", "b9a9cf3cd3723a2e91b7c23ecf68456e872b6e5d86e5cab7f3d45a7302da32c7"},
        {"us", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"},
        {"19911226", "b354942b706480dfaa3340daf86ae1b655b354e40f7eafccc68c19e60b92d181"},
        {"f", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"},
        {"alexz@example.com", "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"},
        {"+18005550100", "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        span hex = hash_hex(&arena, span_of(known[i][0]));
        if (!span_is(hex, known[i][1]))
            fail_msg("%s: %.*s", known[i][0], SPAN_ARG(hex));
    }
}

/* More texts than are remembered, short and long, again and again: each gets its own digest. */
static void test_remembered(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6 * REMEMBERED; i++) {
        char text[160];
        uint8_t digest[HASH_SIZE];
        unsigned which = i * 7 % (2 * REMEMBERED), width = 1 + which % 120;
        size_t len = (size_t)snprintf(text, sizeof text, "x%0*u", (int)width, which);
        hash_sha256((span){text, len}, digest);
        for (int again = 0; again < 2; again++)
            assert_true(span_equal(hash_hex(&arena, (span){text, len}),
                                   hash_to_hex(&arena, digest, sizeof digest)));
        arena_reset(&arena);
    }
}

static void test_hex_rules(void **state)
{
    (void)state;
    check_absent(hash_hex(&arena, (span){0}));
    check_absent(hash_hex(&arena, SPAN("")));
    /* Hashed already: lower-cased, not hashed again. */
    check_span(
        hash_hex(&arena, SPAN("81F8F6DDE88365F3928796EC7AA53F72820B06DB8664F5FE76A7EB13E24546A2")),
        "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2");
    /* 63 digits, 65 digits, 64 with one wrong: text like any other. */
    const char *text = "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2a";
    for (size_t len = 63; len <= 65; len++)
        assert_int_equal(span_equal(hash_hex(&arena, (span){text, len}), (span){text, len}),
                         len == 64);
    span wrong = SPAN("g1f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2");
    assert_false(span_equal(hash_hex(&arena, wrong), wrong));
    assert_true(hash_is_hex(SPAN("00fFaA"), 6));
    assert_false(hash_is_hex(SPAN("00fFaA"), 5));
    assert_false(hash_is_hex(SPAN("00fFa/"), 6));
    assert_false(hash_is_hex(SPAN("00fFa:"), 6));
    assert_false(hash_is_hex(SPAN("00fFa`"), 6));
    assert_true(hash_is_hex((span){0}, 0));
    uint8_t digest[HASH_SIZE];
    hash_sha256((span){0}, digest);
    check_span(hash_to_hex(&arena, digest, sizeof digest),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static span hmac64(span key, span message)
{
    uint8_t mac[HASH_SIZE];
    hash_hmac_sha256(key, message, mac);
    return hash_to_base64(&arena, mac, sizeof mac);
}

static void test_hmac(void **state)
{
    (void)state;
    /* contracts/sources 1.3 */
    check_span(hmac64(SPAN("hush"), SPAN("{\"id\":1}")),
               "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=");
    check_span(hmac64(SPAN("hush"), SPAN("")), "Knm8rWjeSXNIt2H0AOMT7DQ8/YSy8sQi/pEjbuUmGMs=");
    check_span(hmac64(SPAN("hush"), (span){0}), "Knm8rWjeSXNIt2H0AOMT7DQ8/YSy8sQi/pEjbuUmGMs=");
    check_span(hmac64(SPAN("hush"), SPAN("{\"note\":\"caf\xc3\xa9 \xe2\x82\xac\"}")),
               "8QigA28tBz/VL6WT/G0DeAUU9ciBv7cB9VtKNTIAK94=");
    /* RFC 4231, cases 1, 2 and 6 (a key longer than a block) */
    uint8_t mac[HASH_SIZE];
    char key[131];
    memset(key, 0x0b, 20);
    hash_hmac_sha256((span){key, 20}, SPAN("Hi There"), mac);
    check_span(hash_to_hex(&arena, mac, sizeof mac),
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hash_hmac_sha256(SPAN("Jefe"), SPAN("what do ya want for nothing?"), mac);
    check_span(hash_to_hex(&arena, mac, sizeof mac),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    hash_hmac_sha256((span){key, sizeof key},
                     SPAN("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
    check_span(hash_to_hex(&arena, mac, sizeof mac),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    /* An empty key is a key, not "the one before". */
    assert_false(span_equal(hmac64((span){0}, SPAN("x")), hmac64(SPAN("hush"), SPAN("x"))));
    assert_true(span_equal(hmac64((span){0}, SPAN("x")), hmac64(SPAN(""), SPAN("x"))));
}

static void test_same(void **state)
{
    (void)state;
    assert_true(hash_same("abcd", "abcd", 4));
    assert_false(hash_same("abcd", "abce", 4));
    assert_false(hash_same("abcd", "Abcd", 4));
    assert_true(hash_same("a", "b", 0));
}

static void test_base64(void **state)
{
    (void)state;
    /* RFC 4648, section 10 */
    static const char *const known[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        span plain = span_of(known[i][0]), coded = span_of(known[i][1]), back;
        assert_true(span_equal(hash_to_base64(&arena, plain.ptr, plain.len), coded));
        assert_int_equal(hash_from_base64(&arena, coded, &back), OK);
        assert_true(span_equal(back, plain));
    }
    span bytes = {0};
    assert_int_equal(
        hash_from_base64(&arena, SPAN("UJ6TMBm7KFoTSpM0uLtnnf950M4CPVKa9L10TUe0/Yo="), &bytes), OK);
    check_span(hash_to_hex(&arena, bytes.ptr, bytes.len),
               "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a");
}

static void test_base64_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Z",        "Zg",           "Zg=",     "Zg===",  "Z===", "====", "=",    "==",
        "Zg==Zg==", "Zm8=Zm8=",     "Z=g=",    "Zm9v\n", "Zm 9", "Zm-v", "Zm_v", "Zm9v=",
        "Zm9vY===", "Zg==\n\n\n\n", "Zm9\x80", "Zh==",   "Zm9=", /* bits left over that are not zero
                                                                  */
    };
    span bytes = SPAN("untouched");
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (hash_from_base64(&arena, span_of(wrong[i]), &bytes) != INVALID)
            fail_msg("taken: %s", wrong[i]);
    assert_int_equal(hash_from_base64(&arena, SPAN("Zm\0v"), &bytes), INVALID);
    check_span(bytes, "untouched");
}

static void test_base64_round_trip(void **state)
{
    (void)state;
    uint64_t chance = 64;
    for (size_t len = 0; len < 300; len++) {
        uint8_t bytes[300];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)check_random(&chance);
        span back, coded = hash_to_base64(&arena, bytes, len);
        assert_int_equal(hash_from_base64(&arena, coded, &back), OK);
        assert_true(span_equal(back, (span){(const char *)bytes, len}));
    }
}

static void *hash_in_thread(void *ret_ok)
{
    struct arena own;
    arena_init(&own, 1 << 20);
    bool ok = true;
    for (int i = 0; i < 1000; i++)
        ok = ok && span_is(hash_hex(&own, SPAN("f")),
                           "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111");
    *(bool *)ret_ok = ok;
    arena_done(&own);
    return NULL;
}

/* The leak checker sees whether a thread's context goes with it. */
static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[8];
    bool ok[8] = {0};
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_in_thread, &ok[i]), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], NULL);
        assert_true(ok[i]);
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* 100,000 similar keys and runs of zeros: no two alike, and every low bit in use. */
static void test_quick(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    static uint64_t hashes[COUNT];
    static const char zeros[64];
    uint64_t ones = 0, zero_bits = 0;
    for (int i = 0; i < COUNT; i++) {
        char key[24];
        int len = snprintf(key, sizeof key, "order/%d", i);
        hashes[i] =
            i < 64 ? hash_quick((span){zeros, (size_t)i}) : hash_quick((span){key, (size_t)len});
        ones |= hashes[i];
        zero_bits |= ~hashes[i];
    }
    assert_true(ones == UINT64_MAX && zero_bits == UINT64_MAX);
    qsort(hashes, COUNT, sizeof *hashes, by_value);
    for (int i = 1; i < COUNT; i++)
        assert_true(hashes[i - 1] != hashes[i]);
    assert_true(hash_quick((span){0}) == hash_quick(SPAN("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),         cmocka_unit_test(test_remembered),
        cmocka_unit_test(test_hex_rules),      cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_same),           cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_refused), cmocka_unit_test(test_base64_round_trip),
        cmocka_unit_test(test_threads),        cmocka_unit_test(test_quick),
    };
    arena_init(&arena, 16 << 20);
    int failed = CHECK_RUN(tests);
    arena_done(&arena);
    return failed;
}
