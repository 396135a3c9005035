/*
 * One signature an hour and key, so the key is read anew each time: nothing secret stays in memory
 * longer than the call, and there is no state to share between threads.
 */
#include "sign.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

/* A key with a pass phrase is no key for a server: do not ask the terminal. */
static int no_phrase(char *buffer, int size, int writing, void *arg)
{
    (void)buffer, (void)size, (void)writing, (void)arg;
    return -1;
}

static EVP_PKEY *read_key(span pem)
{
    if (span_empty(pem) || pem.len > INT32_MAX)
        return NULL;
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (!bio)
        abort();
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL);
    BIO_free(bio);
    if (key && !EVP_PKEY_is_a(key, "RSA")) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

enum status sign_rs256(struct arena *arena, span pem, span message, span *ret_signature)
{
    EVP_PKEY *key = read_key(pem);
    if (!key)
        return INVALID;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = (size_t)EVP_PKEY_get_size(key);
    unsigned char *bytes = arena_take(arena, len);
    bool signed_ok =
        context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(context, bytes, &len, (const unsigned char *)message.ptr, message.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    if (!signed_ok)
        return INVALID;
    *ret_signature = (span){(const char *)bytes, len};
    return OK;
}
