/* Google's errands beyond the golden cases: the service account's JWT and how much is polled. */
#include "../../../src/destinations/google_errands.c"

#include "check.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define NOW INT64_C(1764000060000)

static const struct shop shop = {.name = {"acme", 4}};
static struct google_memory memory;

static struct google_settings settings_of(span service_account)
{
    return (struct google_settings){
        .common = {.base_url = SPAN("https://datamanager.googleapis.com"),
                   .api_version = SPAN("v1"),
                   .shop = &shop},
        .oauth_url = SPAN(TOKEN_URL),
        .service_account = service_account,
    };
}

/* A key file as Google writes it. */
static span key_file(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &text);
    struct buf buf;
    struct json json;
    buf_init(&buf, 1 << 16);
    json_start(&json, &buf);
    json_open(&json, NULL, '{');
    json_put_text(&json, "type", SPAN("service_account"));
    json_put_text(&json, "private_key", (span){text, (size_t)len});
    json_put_text(&json, "client_email", SPAN("robot@project.example"));
    json_put_text(&json, "token_uri", SPAN("https://oauth2.example/token"));
    json_close(&json, '}');
    json_end(&json);
    span file = arena_copy(&arena, buf_span(&buf));
    buf_done(&buf);
    BIO_free(bio);
    return file;
}

static span unbase(span text)
{
    char *standard = arena_take(&arena, text.len + 4);
    size_t len = 0;
    span bytes = {0};
    for (; len < text.len; len++)
        standard[len] = text.ptr[len] == '-' ? '+' : text.ptr[len] == '_' ? '/' : text.ptr[len];
    while (len % 4)
        standard[len++] = '=';
    assert_int_equal(hash_from_base64(&arena, (span){standard, len}, &bytes), OK);
    return bytes;
}

static void test_service_account(void **state)
{
    (void)state;
    static const char start[] =
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
    EVP_PKEY *key = EVP_RSA_gen(2048);
    struct google_settings settings = settings_of(key_file(key));
    struct errand errand = {.again_at = INT64_MAX};
    memset(&memory, 0, sizeof memory);
    google_errands_next(&settings.common, &memory, true, NOW, &arena, &errand);
    assert_null(errand.stuck);
    assert_string_equal(errand.what, "token");
    check_span(errand.call.url, TOKEN_URL);
    assert_true(span_starts(errand.call.body, start));

    span jwt = span_sub(errand.call.body, sizeof start - 1, errand.call.body.len), rest = jwt;
    span head = {0}, claims = {0};
    assert_true(span_split(&rest, '.', &head) && span_split(&rest, '.', &claims));
    check_span(unbase(head), "{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    check_span(unbase(claims), "{\"iss\":\"robot@project.example\",\"scope\":\"" SCOPE
                               "\",\"aud\":\"https://oauth2.example/token\",\"iat\":1764000060,"
                               "\"exp\":1764003660}");
    span signature = unbase(rest);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(context, (const unsigned char *)signature.ptr, signature.len,
                                      (const unsigned char *)jwt.ptr, head.len + 1 + claims.len),
                     1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
}

static void test_what_is_no_account(void **state)
{
    (void)state;
    const span bad[] = {
        SPAN("{}"),
        SPAN("{\"client_email\":\"a@b.example\"}"),
        SPAN("{\"client_email\":\"a@b.example\",\"private_key\":\"-----BEGIN PRIVATE KEY-----\"}"),
        SPAN("[1]"),
    };
    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        struct google_settings settings = settings_of(bad[i]);
        struct errand errand = {.again_at = INT64_MAX};
        google_errands_next(&settings.common, &memory, true, NOW, &arena, &errand);
        assert_non_null(errand.stuck);
        assert_null(errand.what);
    }
}

static void test_polls_are_bounded_and_paced(void **state)
{
    (void)state;
    struct google_settings settings = settings_of(SPAN("x"));
    memset(&memory, 0, sizeof memory);
    memcpy(memory.token, "t", 2);
    memory.token_of = credentials(&settings);
    memory.token_until = INT64_MAX;
    google_errands_accepted(&memory, 1, SPAN("../../evil?x"), NOW);
    google_errands_accepted(&memory, 1, (span){0}, NOW);
    assert_int_equal(memory.poll_count, 0);
    for (unsigned i = 0; i < GOOGLE_POLLS + 10; i++)
        google_errands_accepted(&memory, 1 + i, arena_print(&arena, "r-%u", i), NOW + i);
    assert_int_equal(memory.poll_count, GOOGLE_POLLS);

    int64_t now = NOW + POLL_FIRST_MS;
    struct errand errand = {.again_at = INT64_MAX};
    struct errand_result result;
    struct http_response response = {.status = 404};
    google_errands_next(&settings.common, &memory, false, now, &arena, &errand);
    assert_string_equal(errand.what, "status");
    assert_true(span_ends(errand.call.url, "requestId=r-0")); /* the oldest */
    google_errands_answer(&settings.common, &memory, &errand, &response, now, &arena, &result);
    assert_int_equal(result.judgement.verdict, VERDICT_DELIVERED);
    errand = (struct errand){.again_at = INT64_MAX};
    google_errands_next(&settings.common, &memory, false, now, &arena, &errand);
    assert_null(errand.what);
    assert_int_equal(errand.again_at, now + POLL_GAP_MS);
    google_errands_next(&settings.common, &memory, false, errand.again_at, &arena, &errand);
    assert_true(span_ends(errand.call.url, "requestId=r-1"));
}

/* Until it is known what became of a request it is asked for, by this process or the next. */
static void test_a_restart_takes_polls_up_again(void **state)
{
    (void)state;
    const struct google_settings settings = {
        .common = {.base_url = SPAN("https://dm.invalid"), .api_version = SPAN("v1")}};
    struct errand_result result;
    memory = (struct google_memory){0};
    google_errands_recall(&memory, 7, SPAN("{\"requestId\":\"r-7\"}"), NOW, &arena);
    google_errands_recall(&memory, 8, SPAN("{\"requestStatusPerDestination\":[]}"), NOW, &arena);
    google_errands_recall(&memory, 9, SPAN("{\"results\":[{}]}"), NOW, &arena); /* api: ads */
    google_errands_recall(&memory, 10, SPAN("cut off {"), NOW, &arena);
    google_errands_recall(&memory, 11, (span){0}, NOW, &arena);
    assert_int_equal(memory.poll_count, 1);
    memcpy(memory.token, "t", 2);
    memory.token_until = INT64_MAX;
    memory.token_of = credentials(&settings);
    int64_t now = NOW + 3 * HOUR_MS; /* it was down meanwhile: asked at once */
    struct errand errand = {.again_at = INT64_MAX};
    google_errands_next(&settings.common, &memory, false, now, &arena, &errand);
    assert_true(span_ends(errand.call.url, "requestId=r-7"));
    struct http_response response = {
        .status = 200,
        .body = SPAN("{\"requestStatusPerDestination\":[{\"requestStatus\":\"PROCESSING\"}]}")};
    google_errands_answer(&settings.common, &memory, &errand, &response, now, &arena, &result);
    assert_int_equal(result.about, 0);
    assert_int_equal(memory.poll_count, 1);
    response.body = SPAN("{\"requestStatusPerDestination\":[{\"requestStatus\":\"SUCCESS\","
                         "\"eventsIngestionStatus\":{\"recordCount\":\"12\"}}]}");
    google_errands_answer(&settings.common, &memory, &errand, &response, now, &arena, &result);
    assert_int_equal(result.about, 7);
    assert_int_equal(result.counts[0].count, 12);
    assert_int_equal(memory.poll_count, 0);
}

CHECK_MAIN(cmocka_unit_test(test_service_account), cmocka_unit_test(test_what_is_no_account),
           cmocka_unit_test(test_polls_are_bounded_and_paced),
           cmocka_unit_test(test_a_restart_takes_polls_up_again))
