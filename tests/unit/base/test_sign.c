/* RS256: what is signed verifies with the public half and with nothing else. */
#include "../../../src/base/sign.c"

#include "check.h"

static span key_pem(struct arena *arena, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &text);
    span pem = arena_copy(arena, (span){text, (size_t)len});
    BIO_free(bio);
    return pem;
}

static bool verifies(EVP_PKEY *key, span message, span signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(context, (const unsigned char *)signature.ptr, signature.len,
                                 (const unsigned char *)message.ptr, message.len) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static void test_signature_verifies(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    EVP_PKEY *key = EVP_RSA_gen(2048), *other = EVP_RSA_gen(2048);
    span pem = key_pem(&arena, key), signature = {0}, again = {0};
    assert_int_equal(sign_rs256(&arena, pem, SPAN("header.claims"), &signature), OK);
    assert_int_equal(signature.len, 256);
    assert_true(verifies(key, SPAN("header.claims"), signature));
    assert_false(verifies(key, SPAN("header.claimz"), signature));
    assert_false(verifies(other, SPAN("header.claims"), signature));
    assert_int_equal(sign_rs256(&arena, pem, SPAN("header.claims"), &again), OK);
    assert_true(span_equal(signature, again));
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    arena_done(&arena);
}

static void test_what_is_no_key(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    span signature = SPAN("untouched");
    EVP_PKEY *curve = EVP_EC_gen("P-256");
    span bad[] = {{0},
                  SPAN(""),
                  SPAN("key"),
                  SPAN("-----BEGIN PRIVATE KEY-----\nAAAA\n"),
                  key_pem(&arena, curve)};
    for (unsigned i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(sign_rs256(&arena, bad[i], SPAN("x"), &signature), INVALID);
    assert_true(span_is(signature, "untouched"));
    EVP_PKEY_free(curve);
    arena_done(&arena);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature_verifies),
        cmocka_unit_test(test_what_is_no_key),
    };
    return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
