/* The rules of every transfer: rules.h. */
#include "rules.h"

#include <curl/curl.h>
#include <stddef.h>

void rules_set(void *easy, const char *schemes, const char *ca_file)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, schemes);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    /* With a folder of certificates as well (Debian's default) curl cannot keep what it has read,
       and reads the whole bundle again for every new connection: 25 ms. The file alone says the
       same. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
}
