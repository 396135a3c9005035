/* A careful client: fetch.h. libcurl, one easy handle, kept alive between requests. */
#include "fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include "../base/clock.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "../net/addr.h"
#include "../net/rules.h"

#define AGENT "sidetrack-audit/" SIDETRACK_VERSION " (store audit, run once by a person)"

struct fetch {
    struct arena *arena;
    CURL *curl;
    bool allow_private;
    unsigned left, made;
    int64_t until_us;
    /* of the request that is under way */
    struct http_header *headers;
    unsigned header_count;
    struct buf body;
    bool head_only, cut, refused;
};

/* The address that is about to be connected, judged. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct fetch *fetch = arg;
    char text[INET6_ADDRSTRLEN] = "";
    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    const void *bytes = address->family == AF_INET
                            ? (const void *)&((struct sockaddr_in *)&address->addr)->sin_addr
                            : (const void *)&((struct sockaddr_in6 *)&address->addr)->sin6_addr;
    if ((address->family != AF_INET && address->family != AF_INET6) ||
        !inet_ntop(address->family, bytes, text, sizeof text) ||
        (!fetch->allow_private && !addr_public(span_of(text)))) {
        fetch->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct fetch *fetch = arg;
    span line = span_trim((span){bytes, size * count});
    size_t colon = span_find(line, 0, ':');
    if (span_starts(line, "HTTP/"))
        fetch->header_count = 0; /* a 1xx or an earlier status line: what counts comes now */
    else if (colon < line.len && fetch->header_count < LIMIT_AUDIT_HEADERS)
        fetch->headers[fetch->header_count++] = (struct http_header){
            arena_copy(fetch->arena, span_trim(span_sub(line, 0, colon))),
            arena_copy(fetch->arena, span_trim(span_sub(line, colon + 1, line.len)))};
    return size * count;
}

/* Decompressed already: a bomb ends at the same ceiling as any other body. */
static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct fetch *fetch = arg;
    size_t len = size * count, room = LIMIT_AUDIT_BODY - fetch->body.len;
    if (fetch->head_only)
        return 0; /* ends the transfer: the headers are all that was wanted */
    buf_add(&fetch->body, bytes, len < room ? len : room);
    if (len <= room)
        return len;
    fetch->cut = true;
    return 0;
}

struct fetch *fetch_open(struct arena *arena, bool allow_private, unsigned requests,
                         int64_t until_us)
{
    struct fetch *fetch = arena_new(arena, struct fetch);
    *fetch = (struct fetch){.arena = arena,
                            .allow_private = allow_private,
                            .left = requests,
                            .until_us = until_us,
                            .curl = curl_easy_init()};
    if (!fetch->curl)
        abort();
    buf_init(&fetch->body, LIMIT_AUDIT_BODY + 1);
    return fetch;
}

void fetch_close(struct fetch *fetch)
{
    curl_easy_cleanup(fetch->curl);
    buf_done(&fetch->body);
}

static void set_up(struct fetch *fetch, const char *url, long milliseconds)
{
    CURL *c = fetch->curl;
    curl_easy_reset(c); /* options, not connections */
    curl_easy_setopt(c, CURLOPT_URL, url);
    rules_set(c, "http,https", NULL);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, milliseconds);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(c, CURLOPT_USERAGENT, AGENT);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, fetch);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, fetch);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, fetch);
}

/* What OpenSSL found in the chain. curl looks at the name by itself and leaves this unspecified. */
static const char *certificate_trouble(const struct fetch *fetch)
{
    static const struct {
        long code;
        const char *words;
    } rows[] = {
        {X509_V_ERR_UNSPECIFIED, "its certificate is for another name"},
        {X509_V_ERR_CERT_HAS_EXPIRED, "its certificate has expired"},
        {X509_V_ERR_CERT_NOT_YET_VALID, "its certificate is not valid yet"},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
         "its certificate is self-signed, which no browser trusts"},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
         "its certificate comes from an authority that is not known here"},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
         "its certificate comes from an authority that is not known here, or the server leaves out "
         "a certificate in between"},
    };
    long code = X509_V_OK;
    curl_easy_getinfo(fetch->curl, CURLINFO_SSL_VERIFYRESULT, &code);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].code == code)
            return rows[i].words;
    return X509_verify_cert_error_string(code);
}

static const char *trouble_of(const struct fetch *fetch, CURLcode code)
{
    if (fetch->refused)
        return "its address is private or reserved, which the audit refuses (--allow-private lets "
               "it)";
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return "no answer in time";
    case CURLE_COULDNT_RESOLVE_HOST:
        return "its name is not known to DNS";
    case CURLE_PEER_FAILED_VERIFICATION:
        return certificate_trouble(fetch);
    case CURLE_COULDNT_CONNECT:
        return "nothing listens there";
    default:
        return curl_easy_strerror(code);
    }
}

/* One request, no redirect followed. */
static void ask(struct fetch *fetch, span url, struct evidence_answer *answer)
{
    int64_t began = clock_monotonic_us(), left_ms = (fetch->until_us - began) / 1000;
    answer->url = url;
    if (fetch->left == 0 || left_ms <= 0) {
        answer->trouble =
            fetch->left == 0 ? "the audit's requests are used up" : "the audit's time is used up";
        return;
    }
    fetch->left--;
    fetch->made++;
    fetch->headers = arena_array(fetch->arena, struct http_header, LIMIT_AUDIT_HEADERS);
    fetch->header_count = 0;
    fetch->cut = fetch->refused = false;
    buf_reset(&fetch->body);
    set_up(fetch, arena_text(fetch->arena, url),
           (long)(left_ms < LIMIT_AUDIT_REQUEST_MS ? left_ms : LIMIT_AUDIT_REQUEST_MS));
    CURLcode code = curl_easy_perform(fetch->curl);
    long status = 0;
    curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
    bool enough = code == CURLE_WRITE_ERROR && (fetch->cut || fetch->head_only);
    answer->milliseconds = (unsigned)((clock_monotonic_us() - began) / 1000);
    if (code != CURLE_OK && !enough) {
        answer->trouble = trouble_of(fetch, code);
        return;
    }
    answer->status = (int)status;
    answer->headers = fetch->headers;
    answer->header_count = fetch->header_count;
    answer->body = arena_copy(fetch->arena, buf_span(&fetch->body));
    answer->cut = fetch->cut;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

const struct evidence_answer *fetch_get(struct fetch *fetch, span url, bool head_only)
{
    struct evidence_answer *answer = arena_new(fetch->arena, struct evidence_answer);
    fetch->head_only = head_only;
    answer->asked = url;
    for (;;) {
        ask(fetch, url, answer);
        if (answer->trouble || !is_redirect(answer->status))
            return answer;
        span location = http_header_get(answer->headers, answer->header_count, "location");
        span next = url_join(fetch->arena, url, location);
        if (span_empty(location) || span_empty(next)) {
            answer->trouble = "it redirects to what is no web address";
        } else if (answer->hop_count == LIMIT_AUDIT_HOPS) {
            answer->trouble = "it redirects too often";
        } else {
            answer->hops[answer->hop_count++] = next;
            url = next;
            answer->status = 0;
            continue;
        }
        answer->status = 0;
        return answer;
    }
}

unsigned fetch_left(const struct fetch *fetch)
{
    return fetch->left;
}

unsigned fetch_made(const struct fetch *fetch)
{
    return fetch->made;
}
