/*
 * The file of keys: read whole, written whole, by a rename, so that a reader sees the old one or
 * the new one. keys.h draws it.
 *
 * Two writers at once (two terminals) would lose one of the changes; each therefore takes a lock on
 * PATH.keys.lock, which stays, before it reads.
 */
#include "keys.h"

#include <argon2.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/json.h"

#define FILE_MOST    (64 * 1024u)
#define ARENA_MOST   (1024 * 1024u)
#define TOKEN_PREFIX "st_"
#define ID_DIGITS    8u
#define SALT_BYTES   16u
#define HASH_BYTES   32u
#define PASSES       2u
#define MEMORY_KIB   19456u
#define LANES        1u

static const char *const roles[] = {"nobody", "viewer", "admin"};

const char *keys_role_text(enum keys_role role)
{
    return roles[role];
}

static enum keys_role role_of(span text)
{
    for (unsigned i = KEYS_VIEWER; i <= KEYS_ADMIN; i++)
        if (span_is(text, roles[i]))
            return (enum keys_role)i;
    return KEYS_NOBODY;
}

static enum status say(struct error *ret_error, enum status status, const char *path,
                       const char *what)
{
    snprintf(ret_error->text, sizeof ret_error->text, "%.120s: %.100s", path, what);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static void forget(struct keys *keys)
{
    memset(keys->passwords, 0, sizeof keys->passwords);
    keys->token_count = 0;
    keys->stamp = 0;
    arena_reset(&keys->arena);
}

static void read_passwords(struct keys *keys, const struct json_value *list)
{
    for (const struct json_value *one = list ? list->first : NULL; one; one = one->next) {
        enum keys_role role = role_of(json_get_text(one, "role"));
        span hash = json_get_text(one, "hash");
        if (role != KEYS_NOBODY && hash.len < KEYS_HASH_ROOM)
            snprintf(keys->passwords[role], KEYS_HASH_ROOM, "%.*s", SPAN_ARG(hash));
    }
}

static void read_tokens(struct keys *keys, const struct json_value *list)
{
    for (const struct json_value *one = list ? list->first : NULL; one; one = one->next) {
        struct keys_token token = {.id = json_get_text(one, "id"),
                                   .name = json_get_text(one, "name"),
                                   .role = role_of(json_get_text(one, "role")),
                                   .sha256 = json_get_text(one, "sha256"),
                                   .at = json_get_int(one, "at", 0)};
        if (token.role != KEYS_NOBODY && hash_is_hex(token.sha256, 2 * HASH_SIZE) &&
            keys->token_count < KEYS_TOKENS)
            keys->tokens[keys->token_count++] = token;
    }
}

static enum status read_file(struct keys *keys, int fd, size_t size, struct error *ret_error)
{
    const struct json_value *root;
    if (size > FILE_MOST)
        return say(ret_error, INVALID, keys->path, "too large to be a file of keys");
    char *bytes = arena_take(&keys->arena, size + 1);
    if (read(fd, bytes, size) != (ssize_t)size)
        return say(ret_error, INVALID, keys->path, "cannot be read");
    if (json_parse(&keys->arena, (span){bytes, size}, &root, NULL) != OK ||
        json_get_int(root, "v", 0) != 1)
        return say(ret_error, INVALID, keys->path, "is not a file of keys");
    read_passwords(keys, json_get(root, "passwords"));
    read_tokens(keys, json_get(root, "tokens"));
    return OK;
}

/* Changes whenever the file does: a rename brings another inode. */
static int64_t stamp_of(const struct stat *of)
{
    uint64_t mixed = (uint64_t)of->st_ino * UINT64_C(0x9E3779B97F4A7C15) ^
                     ((uint64_t)of->st_mtim.tv_sec * 1000000000u + (uint64_t)of->st_mtim.tv_nsec) ^
                     (uint64_t)of->st_size << 48;
    return (int64_t)(mixed | 1);
}

enum status keys_refresh(struct keys *keys, struct error *ret_error)
{
    struct stat of;
    int fd = open(keys->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        forget(keys);
        return OK;
    }
    enum status status = OK;
    if (fd < 0 || fstat(fd, &of) != 0)
        status = say(ret_error, INVALID, keys->path, strerrordesc_np(errno));
    else if ((of.st_mode & 077) != 0)
        status = say(ret_error, INVALID, keys->path, "others may read it: chmod 600");
    else if (stamp_of(&of) != keys->stamp) {
        forget(keys);
        status = read_file(keys, fd, (size_t)of.st_size, ret_error);
        keys->stamp = stamp_of(&of);
    }
    if (fd >= 0)
        close(fd);
    if (status != OK)
        forget(keys);
    return status;
}

enum status keys_open(struct keys *keys, const char *database, struct error *ret_error)
{
    *keys = (struct keys){.stamp = 0};
    arena_init(&keys->arena, ARENA_MOST);
    int len = snprintf(keys->path, sizeof keys->path, "%s.keys", database);
    if (len >= (int)sizeof keys->path - 8)
        return say(ret_error, INVALID, database, "the path is too long");
    return keys_refresh(keys, ret_error);
}

void keys_close(struct keys *keys)
{
    arena_done(&keys->arena);
}

/* ---- asking -----------------------------------------------------------------------------------
 */

static span token_digest(struct arena *arena, span token)
{
    uint8_t digest[HASH_SIZE];
    hash_sha256(token, digest);
    return hash_to_hex(arena, digest, sizeof digest);
}

const struct keys_token *keys_of_token(const struct keys *keys, span token)
{
    char room[2 * HASH_SIZE + 1];
    uint8_t digest[HASH_SIZE];
    if (token.len != KEYS_TOKEN_LEN || !span_starts(token, TOKEN_PREFIX))
        return NULL;
    hash_sha256(token, digest);
    for (unsigned i = 0; i < HASH_SIZE; i++)
        snprintf(room + 2 * i, 3, "%02x", digest[i]);
    const struct keys_token *found = NULL;
    for (unsigned i = 0; i < keys->token_count; i++) /* all of them, whichever it is */
        if (hash_same(keys->tokens[i].sha256.ptr, room, 2 * HASH_SIZE))
            found = &keys->tokens[i];
    return found;
}

bool keys_has_token(const struct keys *keys, span id)
{
    for (unsigned i = 0; i < keys->token_count; i++)
        if (span_equal(keys->tokens[i].id, id))
            return true;
    return false;
}

bool keys_verify(const char *hash, span password)
{
    return hash[0] && password.len <= KEYS_PASSWORD_MOST &&
           argon2id_verify(hash, password.ptr, password.len) == ARGON2_OK;
}

void keys_verify_nothing(span password)
{
    uint8_t salt[SALT_BYTES] = {0}, out[HASH_BYTES];
    if (password.len <= KEYS_PASSWORD_MOST)
        argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, password.ptr, password.len, salt, sizeof salt,
                          out, sizeof out);
}

/* ---- changing ---------------------------------------------------------------------------------
 */

static void write_json(const struct keys *keys, struct buf *out)
{
    struct json json;
    json_start(&json, out);
    json_open(&json, NULL, '{');
    json_put_int(&json, "v", 1);
    json_open(&json, "passwords", '[');
    for (unsigned i = KEYS_VIEWER; i <= KEYS_ADMIN; i++) {
        if (!keys->passwords[i][0])
            continue;
        json_open(&json, NULL, '{');
        json_put_text(&json, "role", span_of(roles[i]));
        json_put_text(&json, "hash", span_of(keys->passwords[i]));
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_open(&json, "tokens", '[');
    for (unsigned i = 0; i < keys->token_count; i++) {
        const struct keys_token *token = &keys->tokens[i];
        json_open(&json, NULL, '{');
        json_put_text(&json, "id", token->id);
        json_put_text(&json, "name", token->name);
        json_put_text(&json, "role", span_of(roles[token->role]));
        json_put_text(&json, "sha256", token->sha256);
        json_put_int(&json, "at", token->at);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    buf_add_char(out, '\n');
}

/* root's `sidetrack passwd` must leave a file that the gateway's own user can read. */
static bool give_to_owner(const struct keys *keys, int fd)
{
    char database[sizeof keys->path];
    struct stat of;
    snprintf(database, sizeof database, "%.*s", (int)strlen(keys->path) - (int)strlen(".keys"),
             keys->path);
    return geteuid() != 0 || stat(database, &of) != 0 || fchown(fd, of.st_uid, of.st_gid) == 0;
}

static enum status write_file(const struct keys *keys, struct error *ret_error)
{
    char fresh[sizeof keys->path + 8];
    struct buf out;
    snprintf(fresh, sizeof fresh, "%s.new", keys->path);
    buf_init(&out, FILE_MOST);
    write_json(keys, &out);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool written = buf_ok(&out) && fd >= 0 && fchmod(fd, 0600) == 0 && give_to_owner(keys, fd) &&
                   write(fd, out.ptr, out.len) == (ssize_t)out.len && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    buf_done(&out);
    if (written && rename(fresh, keys->path) == 0)
        return OK;
    unlink(fresh);
    return say(ret_error, BROKEN, keys->path, strerrordesc_np(written ? errno : error));
}

/* Locks out other writers and reads what is there now. The lock ends with its descriptor. */
static enum status change_begin(struct keys *keys, int *ret_lock, struct error *ret_error)
{
    char name[sizeof keys->path + 8];
    snprintf(name, sizeof name, "%s.lock", keys->path);
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        if (lock >= 0)
            close(lock);
        return say(ret_error, BROKEN, name, strerrordesc_np(errno));
    }
    enum status status = keys_refresh(keys, ret_error);
    if (status != OK)
        close(lock);
    else
        *ret_lock = lock;
    return status;
}

static enum status change_end(struct keys *keys, int lock, struct error *ret_error)
{
    enum status status = write_file(keys, ret_error);
    close(lock);
    struct error ignored;
    enum status again = keys_refresh(keys, &ignored);
    return status == OK ? again : status;
}

static void chance(void *bytes, size_t len)
{
    while (getrandom(bytes, len, 0) != (ssize_t)len)
        continue;
}

enum status keys_set_password(struct keys *keys, enum keys_role role, span password,
                              struct error *ret_error)
{
    char hash[KEYS_HASH_ROOM] = "";
    uint8_t salt[SALT_BYTES];
    int lock;
    assert(role != KEYS_NOBODY);
    if (password.len > KEYS_PASSWORD_MOST ||
        (password.len > 0 && password.len < KEYS_PASSWORD_LEAST)) {
        snprintf(ret_error->text, sizeof ret_error->text, "a password has %u to %u bytes",
                 KEYS_PASSWORD_LEAST, KEYS_PASSWORD_MOST);
        return INVALID;
    }
    chance(salt, sizeof salt);
    if (password.len > 0 &&
        argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.ptr, password.len, salt,
                              sizeof salt, HASH_BYTES, hash, sizeof hash) != ARGON2_OK)
        return say(ret_error, BROKEN, "argon2", "cannot hash the password");
    enum status status = change_begin(keys, &lock, ret_error);
    if (status != OK)
        return status;
    memcpy(keys->passwords[role], hash, sizeof hash);
    return change_end(keys, lock, ret_error);
}

enum status keys_add_token(struct keys *keys, span name, enum keys_role role, int64_t now,
                           char *ret_token, struct error *ret_error)
{
    uint8_t secret[HASH_SIZE];
    char token[KEYS_TOKEN_LEN + 1] = TOKEN_PREFIX;
    int lock;
    assert(role != KEYS_NOBODY);
    if (span_empty(name) || name.len > KEYS_NAME_MOST || !span_utf8(name)) {
        snprintf(ret_error->text, sizeof ret_error->text, "a token's name has 1 to %u bytes",
                 KEYS_NAME_MOST);
        return INVALID;
    }
    enum status status = change_begin(keys, &lock, ret_error);
    if (status != OK)
        return status;
    if (keys->token_count == KEYS_TOKENS) {
        close(lock);
        snprintf(ret_error->text, sizeof ret_error->text,
                 "there are %u tokens already: revoke one first", KEYS_TOKENS);
        return FULL;
    }
    chance(secret, sizeof secret);
    for (unsigned i = 0; i < sizeof secret; i++)
        snprintf(token + 3 + 2 * i, 3, "%02x", secret[i]);
    span digest = token_digest(&keys->arena, span_of(token));
    keys->tokens[keys->token_count++] = (struct keys_token){.id = span_sub(digest, 0, ID_DIGITS),
                                                            .name = arena_copy(&keys->arena, name),
                                                            .role = role,
                                                            .sha256 = digest,
                                                            .at = now};
    status = change_end(keys, lock, ret_error);
    if (status == OK)
        memcpy(ret_token, token, sizeof token);
    return status;
}

enum status keys_revoke_token(struct keys *keys, span id, struct error *ret_error)
{
    int lock;
    enum status status = change_begin(keys, &lock, ret_error);
    if (status != OK)
        return status;
    for (unsigned i = 0; i < keys->token_count; i++) {
        if (!span_equal(keys->tokens[i].id, id))
            continue;
        keys->tokens[i] = keys->tokens[--keys->token_count];
        return change_end(keys, lock, ret_error);
    }
    close(lock);
    snprintf(ret_error->text, sizeof ret_error->text, "there is no token %.*s",
             SPAN_ARG(span_sub(id, 0, 40)));
    return MISSING;
}
