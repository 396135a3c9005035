/*
 * Files that somebody else may have made: a geo database, a backup, the files beside the database.
 * Each is read or refused with words; a backup that is taken opens as a store, and one that is
 * refused leaves the store as it was.
 *
 *   byte 0 the kind   rest: the file; of a backup: patches to a good one, three bytes of place
 *                     (big-endian, modulo its size) and one to put there
 */
#include "hold.h"
#include "files.h"

#include "../src/admin/keys.h"
#include "../src/alert/alert.h"
#include "../src/base/limits.h"
#include "../src/pipeline/geo.h"
#include "../src/store/backup.h"

static struct clock_fake sky;

static void geo(span bytes)
{
    static const char *const ips[] = {"81.2.69.160", "2001:db8::1", "", "x"};
    struct geo *geo;
    struct error error = {{0}};
    struct arena arena;
    files_write("geo", bytes);
    span path = span_of(files_path("geo"));
    if (geo_open(path, path, &geo, &error) != OK) {
        hold(error.text[0] != '\0');
        return;
    }
    arena_init(&arena, MIB);
    for (unsigned i = 0; i < COUNT_OF(ips); i++) {
        span region = geo_region(geo, &arena, span_of(ips[i]));
        hold(region.len <= 16 && span_utf8(region));
        hold(span_utf8(geo_network(geo, &arena, span_of(ips[i]))));
    }
    arena_done(&arena);
    geo_close(geo);
}

static void keys(span bytes)
{
    static struct keys keys;
    struct error error = {{0}};
    files_write("db.keys", bytes);
    if (keys_open(&keys, files_path("db"), &error) == OK) {
        hold(keys.token_count <= KEYS_TOKENS);
        hold(keys_of_token(&keys, SPAN("st_x")) == KEYS_NOBODY);
        for (unsigned i = 0; i <= KEYS_ADMIN; i++)
            hold(memchr(keys.passwords[i], '\0', KEYS_HASH_ROOM) != NULL);
    } else {
        hold(error.text[0] != '\0');
    }
    keys_close(&keys);
}

static void alerts(span bytes)
{
    struct alert_book book = {0};
    files_write("db.alerts", bytes);
    if (alert_keep_load(files_path("db"), &book) == OK) {
        hold(book.count <= ALERT_MOST);
        hold(alert_keep_save(files_path("db"), &book) == OK);
    }
    alert_book_done(&book);
}

static void backup(span patches)
{
    struct store *store;
    struct error error = {{0}};
    int64_t length;
    span good = files_kept_bytes("db");
    char *copy = malloc(good.len);
    hold(copy != NULL);
    memcpy(copy, good.ptr, good.len);
    for (size_t i = 0; i + 4 <= patches.len; i += 4) {
        const uint8_t *p = (const uint8_t *)patches.ptr + i;
        copy[((size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2]) % good.len] = (char)p[3];
    }
    files_write("from", (span){copy, good.len});
    /* user_version: a file that says it is older than it is cannot be brought up to date. */
    bool lies_of_its_age = memcmp(copy + 60, good.ptr + 60, 4) != 0;
    free(copy);
    files_restore("db");
    enum status status =
        backup_restore(files_path("db"), files_path("from"), NULL, NULL, &length, &error);
    hold(status == OK || error.text[0] != '\0');
    status = store_open(files_path("db"), &sky.clock, &store, &error);
    hold(status == OK || lies_of_its_age);
    if (status == OK)
        store_close(store);
    unlink(files_path("db.before"));
}

static void (*const kinds[])(span bytes) = {geo, keys, alerts, backup};

static void prepare_once(void)
{
    struct store *store;
    struct error error;
    if (files_folder[0])
        return;
    files_make();
    clock_fake_init(&sky, INT64_C(1795536000000));
    hold(store_open(files_path("db"), &sky.clock, &store, &error) == OK);
    store_close(store);
    files_keep("db");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 1 || size > 65536)
        return 0;
    prepare_once();
    kinds[bytes[0] % COUNT_OF(kinds)]((span){(const char *)bytes + 1, size - 1});
    return 0;
}
