/* See seal.h. What can fail here is only memory and a libcrypto without AES. */
#include "seal.h"

#include <assert.h>

#include <openssl/evp.h>

static const unsigned char *bytes(span s)
{
    return (const unsigned char *)(s.ptr ? s.ptr : "");
}

span seal_make(struct arena *arena, const uint8_t key[SEAL_KEY], const uint8_t nonce[SEAL_NONCE],
               span context, span plain)
{
    unsigned char *out = arena_take(arena, SEAL_NONCE + plain.len + SEAL_TAG);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int len = 0, ok = cipher != NULL;
    memcpy(out, nonce, SEAL_NONCE);
    ok = ok && EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce);
    ok = ok && EVP_EncryptUpdate(cipher, NULL, &len, bytes(context), (int)context.len);
    ok = ok && EVP_EncryptUpdate(cipher, out + SEAL_NONCE, &len, bytes(plain), (int)plain.len);
    ok = ok && EVP_EncryptFinal_ex(cipher, out + SEAL_NONCE + plain.len, &len);
    ok = ok &&
         EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, SEAL_TAG, out + SEAL_NONCE + plain.len);
    EVP_CIPHER_CTX_free(cipher);
    assert(ok);
    return (span){(const char *)out, SEAL_NONCE + plain.len + SEAL_TAG};
}

enum status seal_open(struct arena *arena, const uint8_t key[SEAL_KEY], span context, span sealed,
                      span *ret_plain)
{
    if (sealed.len < SEAL_NONCE + SEAL_TAG)
        return INVALID;
    size_t size = sealed.len - SEAL_NONCE - SEAL_TAG;
    unsigned char *out = arena_take(arena, size + 1), tag[SEAL_TAG];
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int len = 0, ok = cipher != NULL;
    memcpy(tag, sealed.ptr + SEAL_NONCE + size, SEAL_TAG);
    ok = ok && EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, bytes(sealed));
    ok = ok && EVP_DecryptUpdate(cipher, NULL, &len, bytes(context), (int)context.len);
    ok = ok && EVP_DecryptUpdate(cipher, out, &len, bytes(sealed) + SEAL_NONCE, (int)size);
    ok = ok && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, SEAL_TAG, tag);
    bool good = ok && EVP_DecryptFinal_ex(cipher, out + size, &len) > 0;
    EVP_CIPHER_CTX_free(cipher);
    if (!good)
        return INVALID;
    *ret_plain = (span){(const char *)out, size};
    return OK;
}
