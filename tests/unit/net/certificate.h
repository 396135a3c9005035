/* A server's certificate, made on the spot, for tests that play the other side of TLS. */
#ifndef TEST_NET_CERTIFICATE_H
#define TEST_NET_CERTIFICATE_H
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define CERTIFICATE_PATH 32u

static inline X509 *certificate_make(EVP_PKEY *key, const char *name)
{
    X509 *x509 = X509_new();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    X509_add_ext(x509, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x509, key, EVP_sha256());
    return x509;
}

/* `name` is "IP:127.0.0.1" or "DNS:…". The certificate alone, to be trusted, is in the file of
   `path` then; the caller removes it. */
static inline SSL_CTX *certificate_server(const char *name, char path[CERTIFICATE_PATH])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = certificate_make(key, name);
    snprintf(path, CERTIFICATE_PATH, "/tmp/sidetrack-ca-XXXXXX");
    FILE *file = fdopen(mkstemp(path), "w");
    PEM_write_X509(file, certificate);
    fclose(file);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

#endif
