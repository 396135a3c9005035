/*
 * What the five files of the listener share.
 *
 *   listen_http.c    bytes -> request. Pure: no sockets, no clock; this is what is fuzzed.
 *   listen_answer.c  answers and refusals -> bytes on the socket.
 *   listen_stream.c  answers that go on.
 *   listen_connection.c  the life of a connection.
 *   listen.c         the listener: socket, accept, sweep, drain.
 */
#ifndef NET_LISTEN_PRIVATE_H
#define NET_LISTEN_PRIVATE_H
#include <llhttp.h>
#include <netinet/in.h>

#include "../base/limits.h"
#include "listen.h"

/* ---- listen_http.c: one message after another out of a stream of bytes ---- */

enum listen_step {
    LISTEN_MORE,    /* all bytes used up; give more */
    LISTEN_HEAD,    /* the head is complete: call listen_message_allow(), then read on */
    LISTEN_REQUEST, /* the request is complete: answer it, call listen_message_next() */
    LISTEN_REFUSED, /* see refusal; the stream is of no use any more */
};

struct listen_refusal {
    int status;
    const char *error, *detail; /* machine word, human words; static */
};

struct listen_message {
    llhttp_t parser;
    struct arena arena; /* everything of the present request but a large body */
    struct http_request request;
    char *head; /* its raw bytes so far, in the arena */
    size_t head_len, head_room;
    size_t body_ceiling, side_bytes; /* side: trailers and chunk extensions, counted only */
    struct buf body;                 /* when it came in more than one piece */
    bool head_done, keep_alive, old; /* old: HTTP/1.0 */
    bool expects_continue;
    struct listen_refusal refusal;
    const struct addr_list *trusted;
    span peer_ip;
};

void listen_message_init(struct listen_message *message, const struct addr_list *trusted,
                         span peer_ip);
void listen_message_done(struct listen_message *message);
/* Uses bytes off the front of *bytes up to the next step. */
enum listen_step listen_message_read(struct listen_message *message, span *bytes);
/* The body may have `ceiling` bytes. false: it is known to have more; see refusal. */
bool listen_message_allow(struct listen_message *message, size_t ceiling);
/* Forgets the request. */
void listen_message_next(struct listen_message *message);
/* Gives back the memory kept for the next request. Only between requests. */
void listen_message_trim(struct listen_message *message);
/* Has any byte of a request come since the last one? */
bool listen_message_started(const struct listen_message *message);

/* ---- listen_connection.c ---- */

/*
 * The life of a connection; each phase is a list in the listener, ordered by deadline.
 *
 *   accept ──> HEAD ──> BODY ──> PARKED ──> WRITE ──> IDLE ──> REST
 *               ^  \______________^          |         |        |
 *               |                            v         |        |
 *               └──────── LINGER ──> closed  <─────────┴────────┘ (a byte comes: HEAD)
 *
 * A request that comes whole and is answered at once passes PARKED only.
 */
enum listen_phase {
    PHASE_HEAD,   /* of a request, or of the first one, of which nothing has come */
    PHASE_BODY,   /* head complete */
    PHASE_PARKED, /* a handler holds the exchange */
    PHASE_WRITE,  /* the socket did not take the whole answer yet */
    PHASE_IDLE,   /* between requests; keeps its memory for a second */
    PHASE_REST,   /* idle for longer; memory given back */
    PHASE_LINGER, /* answered and shut; reading what the client still sends, to be heard by it */
    PHASE_COUNT,
};

struct connection {
    struct exchange exchange; /* first: an exchange is its connection */
    struct listener *listener;
    struct connection *previous, *next; /* in the list of its phase */
    enum listen_phase phase;
    uint64_t deadline;
    uv_tcp_t tcp;
    struct listen_message message;
    struct {
        char *bytes;
        size_t at, len;
    } stash;            /* came while the last request was not answered */
    size_t lingered;    /* bytes read and thrown away */
    size_t unsent;      /* at the last look, to tell a slow client from a stuck one */
    bool held;          /* a handler has the exchange and will answer */
    bool feeding;       /* the read loop below us goes on by itself */
    bool stopped, eof;  /* not reading for now; nothing more will come */
    bool ends, refused; /* after this answer; it was ours, not a handler's */
    bool closing, closed;
    void (*stream_closed)(void *arg); /* the answer goes on; NULL: it does not */
    void *stream_arg;
    char peer[INET6_ADDRSTRLEN];
};

struct listener {
    uv_tcp_t server;
    uv_timer_t sweep;
    const struct listen_handler *handler;
    void *context;
    struct addr_list trusted;
    struct {
        struct connection *first, *last;
    } phases[PHASE_COUNT];
    uint64_t phase_ms[PHASE_COUNT]; /* 0: no deadline */
    unsigned ceiling, open;         /* connections not yet closing */
    unsigned alive;                 /* handles and connections whose memory is still used */
    uint16_t port;
    bool draining, server_closed, closed;
    void (*drained)(void *arg);
    void *drained_arg;
    struct buf out, json; /* scratch of answers */
    int64_t date_second;
    char date[32]; /* of that second, RFC 9110 5.6.7 */
    char input[64 * KIB];
};

void listen_link(struct connection *connection, enum listen_phase phase); /* a new one */
void listen_enter(struct connection *connection, enum listen_phase phase);
void listen_read(struct connection *connection); /* starts reading */
/* Nothing of a request is here: it may be closed without anybody missing an answer. */
bool listen_idle(const struct connection *connection);
void listen_flushed(struct connection *connection);   /* the answer has left: what next? */
void listen_expire(struct connection *connection);    /* its phase's deadline has passed */
void listen_drop(struct connection *connection);      /* closes it now */
void listen_drop_hard(struct connection *connection); /* the same, by a TCP reset */
void listen_free(struct connection *connection);      /* closed, and held by nobody */
void listen_let_go(struct listener *listener);        /* one less of `alive` */

/* ---- listen_answer.c ---- */

void listen_refuse(struct connection *connection, struct listen_refusal refusal);
void listen_send_continue(struct connection *connection);
/* The head of an answer, into listener->out. */
#define LISTEN_NO_LENGTH SIZE_MAX
void listen_put_head(struct connection *connection, int status, const struct http_header *headers,
                     unsigned header_count, size_t body_len);

/* ---- listen_stream.c ---- */

/* The connection is ending: tells whoever streams into it. */
void listen_stream_end(struct connection *connection);

#endif
