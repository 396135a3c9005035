/*
 * Names by c-ares, all at once, on one channel: dns.h. The loop is ares_getsock and poll, bounded
 * by the audit's own deadline.
 */
#include "dns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>

#include "../base/clock.h"
#include "../base/limits.h"
#include "../event/clean.h"
#include "../net/addr.h"

#define TURN_MS  200
#define WRITABLE ARES_GETSOCK_MAXNUM /* where its bits begin */

struct asking {
    struct arena *arena;
    struct evidence_host *host;
    unsigned *waiting;
};

static void add_address(struct arena *arena, struct evidence_host *host, int family,
                        const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN];
    const void *bytes = family == AF_INET
                            ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                            : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    if (host->address_count == COUNT_OF(host->addresses) ||
        !inet_ntop(family, bytes, text, sizeof text))
        return;
    host->addresses[host->address_count++] = arena_copy(arena, span_of(text));
}

static void answered(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
    struct asking *asking = arg;
    (void)timeouts;
    (*asking->waiting)--;
    if (status != ARES_SUCCESS)
        return;
    struct evidence_host *host = asking->host;
    host->resolved = true;
    for (const struct ares_addrinfo_cname *c = result->cnames; c; c = c->next)
        if (c->name && host->name_count < COUNT_OF(host->names) &&
            !span_equal_nocase(span_of(c->name), host->name))
            host->names[host->name_count++] = arena_copy(asking->arena, span_of(c->name));
    for (const struct ares_addrinfo_node *n = result->nodes; n; n = n->ai_next)
        if (n->ai_family == AF_INET || n->ai_family == AF_INET6)
            add_address(asking->arena, host, n->ai_family, n->ai_addr);
    host->resolved = host->address_count > 0;
    ares_freeaddrinfo(result);
}

static void turn(ares_channel channel)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    struct pollfd polls[ARES_GETSOCK_MAXNUM];
    unsigned bits = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
    unsigned count = 0;
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        /* What ARES_GETSOCK_READABLE and _WRITABLE say; those shift into the sign. */
        short events =
            (short)((bits >> i & 1 ? POLLIN : 0) | (bits >> (i + WRITABLE) & 1 ? POLLOUT : 0));
        if (events)
            polls[count++] = (struct pollfd){.fd = sockets[i], .events = events};
    }
    if (poll(polls, count, TURN_MS) <= 0) {
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        ares_process_fd(channel,
                        polls[i].revents & (POLLIN | POLLERR | POLLHUP) ? polls[i].fd
                                                                        : ARES_SOCKET_BAD,
                        polls[i].revents & POLLOUT ? polls[i].fd : ARES_SOCKET_BAD);
}

void dns_resolve(struct arena *arena, struct evidence_host *hosts, unsigned count, int64_t until_us)
{
    ares_channel channel;
    struct ares_options options = {.timeout = 2000, .tries = 2};
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        return;
    if (ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) !=
        ARES_SUCCESS) {
        ares_library_cleanup();
        return;
    }
    unsigned waiting = 0;
    struct asking *asking = arena_array(arena, struct asking, count ? count : 1);
    for (unsigned i = 0; i < count; i++) {
        if (addr_valid(hosts[i].name)) {
            hosts[i].addresses[hosts[i].address_count++] = hosts[i].name;
            hosts[i].resolved = true;
            continue;
        }
        struct ares_addrinfo_hints hints = {.ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC};
        asking[i] = (struct asking){arena, &hosts[i], &waiting};
        waiting++;
        ares_getaddrinfo(channel, arena_text(arena, hosts[i].name), NULL, &hints, answered,
                         &asking[i]);
    }
    while (waiting > 0 && clock_monotonic_us() < until_us)
        turn(channel);
    ares_destroy(channel); /* calls `answered` for what is still open */
    ares_library_cleanup();
}

/* ---- WebKit's test ---- */

static span final_domain(struct arena *arena, const struct evidence_host *host)
{
    return host->name_count ? clean_registrable(arena, host->names[host->name_count - 1])
                            : (span){0};
}

/* Leading bits of two addresses of one family: 16 of IPv4, 64 of IPv6. */
static bool near(struct arena *arena, span a, span b)
{
    unsigned char x[16], y[16];
    const char *at = arena_text(arena, a), *bt = arena_text(arena, b);
    if (inet_pton(AF_INET, at, x) == 1)
        return inet_pton(AF_INET, bt, y) == 1 && memcmp(x, y, 2) == 0;
    return inet_pton(AF_INET6, at, x) == 1 && inet_pton(AF_INET6, bt, y) == 1 &&
           memcmp(x, y, 8) == 0;
}

enum dns_verdict dns_compare(struct arena *arena, const struct evidence_host *store,
                             const struct evidence_host *host)
{
    span first_party = clean_registrable(arena, store->name), final = final_domain(arena, host);
    if (!span_empty(final) && !span_equal(final, first_party))
        return span_equal(final, final_domain(arena, store)) ? DNS_SAME : DNS_CLOAKED;
    for (unsigned i = 0; i < store->address_count; i++)
        for (unsigned k = 0; k < host->address_count; k++)
            if (near(arena, store->addresses[i], host->addresses[k]))
                return DNS_SAME;
    return DNS_FAR;
}
