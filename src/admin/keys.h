/*
 * Who may open the dashboard and the API: the password and the bearer tokens.
 *
 * Both are kept as digests in one small file beside the database, DATABASE.keys, mode 0600: a
 * secret never enters the store, and a backup of the store opens nothing. `sidetrack passwd` and
 * `sidetrack token` write it, by a rename, while the gateway runs; the gateway looks at the file's
 * time at each use and reads it again when it changed.
 *
 *     {"v":1,
 *      "passwords":[{"role":"admin","hash":"$argon2id$v=19$m=19456,t=2,p=1$…"}],
 *      "tokens":[{"id":"4f1c22aa","name":"grafana","role":"viewer","sha256":"…64
 * hex…","at":1795…}]}
 *
 * A token is `st_` and 64 hex digits, 256 bits of chance, so a plain SHA-256 of it keeps it; a
 * password is a person's, so it gets argon2id (RFC 9106; 19 MiB, 2 passes, 1 lane: OWASP's floor).
 *
 * Thread: any one; a `struct keys` belongs to one. keys_verify is pure and may run elsewhere.
 */
#ifndef ADMIN_KEYS_H
#define ADMIN_KEYS_H
#include "../base/arena.h"

enum keys_role { KEYS_NOBODY, KEYS_VIEWER, KEYS_ADMIN }; /* each may what those before it may */

#define KEYS_PASSWORD_LEAST 10u
#define KEYS_PASSWORD_MOST  256u
#define KEYS_HASH_ROOM      160u /* of an encoded argon2id hash, with its NUL */
#define KEYS_TOKEN_LEN      67u  /* st_ and 64 digits */
#define KEYS_TOKENS         100u
#define KEYS_NAME_MOST      60u

struct keys_token {
    span id, name;
    enum keys_role role;
    span sha256; /* hex */
    int64_t at;
};

struct keys {
    struct arena arena;
    char path[4096];
    int64_t stamp; /* of the file as it was read; 0: there was none */
    char passwords[KEYS_ADMIN + 1][KEYS_HASH_ROOM]; /* by role; "": none set */
    struct keys_token tokens[KEYS_TOKENS];
    unsigned token_count;
};

const char *keys_role_text(enum keys_role role); /* "viewer", "admin", "nobody" */

/* Reads PATH.keys where PATH is the database's; a missing file is no keys. INVALID: it is not
   ours, too open (others may read it), or unreadable; nothing opens then. */
MUST_USE enum status keys_open(struct keys *keys, const char *database, struct error *ret_error);
void keys_close(struct keys *keys);
/* Reads again when the file has changed. As keys_open; on failure there are no keys. */
MUST_USE enum status keys_refresh(struct keys *keys, struct error *ret_error);

/* What is known of a bearer token; NULL: nothing. Good until keys are read again. */
const struct keys_token *keys_of_token(const struct keys *keys, span token);
bool keys_has_token(const struct keys *keys, span id); /* not revoked since */
/* Is `password` the one of this hash? Takes 20 to 100 ms and 19 MiB on purpose. */
bool keys_verify(const char *hash, span password);
/* The same work for nothing: whoever asks for a role without a password waits as long. */
void keys_verify_nothing(span password);

/* Changes are made to a fresh reading, under a lock on the folder's file, and written at once. */
/* INVALID: too short or too long. An empty password takes the role's away. */
MUST_USE enum status keys_set_password(struct keys *keys, enum keys_role role, span password,
                                       struct error *ret_error);
/* The token in clear, once, into ret_token (KEYS_TOKEN_LEN + 1). FULL: KEYS_TOKENS are there. */
MUST_USE enum status keys_add_token(struct keys *keys, span name, enum keys_role role, int64_t now,
                                    char *ret_token, struct error *ret_error);
MUST_USE enum status keys_revoke_token(struct keys *keys, span id,
                                       struct error *ret_error); /* MISSING */

#endif
