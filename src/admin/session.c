/* Sessions and tries; session.h is the contract. Both tables are small and searched whole. */
#include "session.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/random.h>

#include "../base/hash.h"

static void secret(char ret_text[SESSION_SECRET + 1])
{
    uint8_t bytes[SESSION_SECRET / 2];
    while (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        continue;
    for (unsigned i = 0; i < sizeof bytes; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
}

static bool over(const struct session *session, int64_t now)
{
    return now - session->used_at >= SESSION_IDLE_MS || now - session->began_at >= SESSION_LIFE_MS;
}

const struct session *session_begin(struct sessions *sessions, enum keys_role role, int64_t now,
                                    char *ret_cookie)
{
    struct session *place = &sessions->list[0];
    for (unsigned i = 1; i < SESSION_MOST && place->role != KEYS_NOBODY; i++) {
        struct session *other = &sessions->list[i];
        if (other->role == KEYS_NOBODY || other->used_at < place->used_at)
            place = other;
    }
    *place = (struct session){.role = role, .began_at = now, .used_at = now};
    secret(ret_cookie);
    secret(place->csrf);
    hash_sha256(span_of(ret_cookie), place->digest);
    return place;
}

const struct session *session_find(struct sessions *sessions, span cookie, int64_t now)
{
    uint8_t digest[HASH_SIZE];
    if (cookie.len != SESSION_SECRET)
        return NULL;
    hash_sha256(cookie, digest);
    for (unsigned i = 0; i < SESSION_MOST; i++) {
        struct session *session = &sessions->list[i];
        if (session->role == KEYS_NOBODY || !hash_same(session->digest, digest, HASH_SIZE))
            continue;
        if (over(session, now)) {
            *session = (struct session){.role = KEYS_NOBODY};
            return NULL;
        }
        session->used_at = now;
        return session;
    }
    return NULL;
}

bool session_csrf_fits(const struct session *session, span token)
{
    return token.len == SESSION_SECRET && hash_same(session->csrf, token.ptr, SESSION_SECRET);
}

void session_end(struct sessions *sessions, const struct session *session)
{
    sessions->list[session - sessions->list] = (struct session){.role = KEYS_NOBODY};
}

void session_end_all(struct sessions *sessions)
{
    memset(sessions->list, 0, sizeof sessions->list);
}

/* ---- tries ------------------------------------------------------------------------------------
 */

/* A person has a whole /64 of IPv6. */
static void network_of(span ip, char ret_network[48])
{
    struct in6_addr six;
    snprintf(ret_network, 48, "%.*s", SPAN_ARG(span_sub(ip, 0, 47)));
    if (inet_pton(AF_INET6, ret_network, &six) == 1) {
        memset(six.s6_addr + 8, 0, 8);
        inet_ntop(AF_INET6, &six, ret_network, 48);
    }
}

static struct session_place *place_of(struct sessions *sessions, span ip, int64_t now)
{
    char network[48];
    struct session_place *oldest = &sessions->places[0];
    network_of(ip, network);
    for (unsigned i = 0; i < SESSION_PLACES; i++) {
        struct session_place *place = &sessions->places[i];
        if (strcmp(place->network, network) == 0)
            return place;
        if (place->at < oldest->at)
            oldest = place;
    }
    *oldest = (struct session_place){.tokens = SESSION_TRIES, .at = now};
    memcpy(oldest->network, network, sizeof network);
    return oldest;
}

static void fill(struct session_place *place, double most, int64_t now)
{
    if (place->at == 0)
        place->tokens = most;
    else if (now > place->at)
        place->tokens += (double)(now - place->at) / (double)SESSION_TRY_MS;
    place->at = now;
    if (place->tokens > most)
        place->tokens = most;
}

bool session_try(struct sessions *sessions, span ip, int64_t now, unsigned *ret_wait_s)
{
    struct session_place *place = place_of(sessions, ip, now), *all = &sessions->all;
    fill(place, SESSION_TRIES, now);
    fill(all, SESSION_TRIES_ALL, now);
    if (place->tokens < 1 || all->tokens < 1) {
        double least = place->tokens < all->tokens ? place->tokens : all->tokens;
        *ret_wait_s = (unsigned)((1 - least) * (double)SESSION_TRY_MS / (double)SECOND_MS) + 1;
        return false;
    }
    place->tokens -= 1;
    all->tokens -= 1;
    return true;
}

void session_tried_well(struct sessions *sessions, span ip, int64_t now)
{
    place_of(sessions, ip, now)->tokens += 1;
    sessions->all.tokens += 1;
}
