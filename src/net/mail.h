/*
 * Mail by SMTP, with libcurl: one message, to a relay that the config names.
 *
 *   smtp://[USER:PASSWORD@]HOST[:PORT]    STARTTLS; without it nothing is sent when there is a
 *                                         password, unless HOST is this machine
 *   smtps://…                             TLS from the first byte
 *
 * Certificates are verified. Sending runs on libuv's pool of threads, so that a slow relay holds
 * nothing up, and is bounded by LIMIT_SEND_MS. done() runs on the loop, exactly once.
 */
#ifndef NET_MAIL_H
#define NET_MAIL_H
#include <uv.h>

#include "../base/arena.h"

struct mail {
    span smtp, from;
    const span *to;
    unsigned to_count;
    span message;        /* RFC 5322, CRLF line ends */
    const char *ca_file; /* whose certificates are good; NULL: the system's. Outlives the sending */
};

#define MAIL_TROUBLE 300u

struct mailing;
/* `trouble` NULL: the relay has taken it. Else human words, without the password. */
typedef void mail_done(void *arg, const char *trouble);

/* Everything is copied. BROKEN: no thread. */
MUST_USE enum status mail_send(uv_loop_t *loop, const struct mail *mail, mail_done *done, void *arg,
                               struct mailing **ret_mailing);
void mail_stop(struct mailing *mailing); /* ends within a second or so, with done() */
/* For a command: blocks. BROKEN: the words in *ret_error. */
MUST_USE enum status mail_once(const struct mail *mail, struct error *ret_error);
/* Is it such an address? */
bool mail_address_good(span smtp);

#endif
