/*
 * `sidetrack forget`: erases a person in every store that knows him. It writes beside a running
 * gateway in short turns; should it be interrupted, the gateway goes on with it, or the next
 * `forget` does. The receipt says what went, and names nobody.
 */
#include <stdio.h>

#include "../base/date.h"
#include "../base/json.h"
#include "../base/limits.h"
#include "../store/erase.h"
#include "look.h"
#include "say.h"
#include "verbs.h"

static enum status turn_begin(struct store *store, struct arena *arena,
                              const struct erase_wish *wish, int64_t *ret_id)
{
    enum status status = store_begin(store);
    if (status == OK)
        status = erase_begin(store, arena, wish, clock_now(&clock_real), ret_id);
    return status == OK ? store_commit(store) : status;
}

static enum status turn_slice(struct store *store, int64_t id, bool *ret_done)
{
    struct arena arena;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    enum status status = store_begin(store);
    if (status == OK)
        status = erase_slice(store, &arena, id, clock_now(&clock_real), ret_done);
    if (status == OK)
        status = store_commit(store);
    struct erase_receipt receipt;
    if (status == OK && erase_receipt(store_view(store), &arena, id, &receipt) == OK &&
        receipt.head > 0)
        say_going("%3lld %% of the journal", (long long)(100 * receipt.stand / receipt.head));
    arena_done(&arena);
    return status;
}

/* All that was begun, this one and what an interrupted command left. */
static enum status finish(struct store *store)
{
    int64_t id;
    enum status status;
    while ((status = erase_open(store_view(store), &id)) == OK && id != 0) {
        bool done = false;
        while (status == OK && !done)
            status = turn_slice(store, id, &done);
        if (status != OK) {
            store_rollback(store);
            return status;
        }
    }
    return status;
}

static void print_text(struct arena *arena, const struct erase_receipt *receipt)
{
    printf("Receipt %lld: %.*s, done %.*s\n  subject %.*s (a hash; it names nobody)\n  removed",
           (long long)receipt->id, SPAN_ARG(receipt->asked_by),
           SPAN_ARG(date_print(arena, receipt->done_at)), SPAN_ARG(receipt->subject));
    const struct json_value *root;
    if (json_parse(arena, receipt->removed, &root, NULL) != OK)
        return;
    for (const struct json_value *one = root->first; one; one = one->next)
        printf(" %.*s %.*s%s", SPAN_ARG(one->text), SPAN_ARG(one->key), one->next ? "," : "");
    printf("%s\n", root->first ? "" : " nothing: nobody is known by that");
}

static void print_json(struct arena *arena, const struct erase_receipt *receipt)
{
    struct buf out;
    struct json json;
    buf_init(&out, 64 * KIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_int(&json, "receipt", receipt->id);
    json_put_int(&json, "store", receipt->shop);
    json_put_text(&json, "asked_by", receipt->asked_by);
    json_put_text(&json, "subject", receipt->subject);
    json_put_text(&json, "asked_at", date_print(arena, receipt->asked_at));
    json_put_text(&json, "done_at", date_print(arena, receipt->done_at));
    json_put_raw(&json, "removed", receipt->removed);
    json_close(&json, '}');
    json_end(&json);
    printf("%.*s\n", SPAN_ARG(buf_span(&out)));
    buf_done(&out);
}

/* The write-ahead log holds old pages until it starts over. */
static void scrub(struct store *store)
{
    if (store_scrub(store) != OK)
        fprintf(stderr, "sidetrack: a long reader keeps the write-ahead log from being emptied; it "
                        "still holds what was erased until a gateway or another `forget` does\n");
}

static int forget(struct store *store, const struct args *args, struct arena *arena)
{
    struct dossier_name names[2];
    int64_t first, last, ids[64];
    unsigned count = 0;
    enum status status = look_stores(store_view(store), args, &first, &last);
    if (status != OK)
        return EXIT_WRONG;
    struct erase_wish wish = {.names = names, .asked_by = "forget"};
    wish.name_count = look_names(arena, span_of(args->words[0]), names);
    for (wish.shop = first; wish.shop <= last && status == OK && count < COUNT_OF(ids); wish.shop++)
        if (view_has_shop(store_view(store), wish.shop))
            status = turn_begin(store, arena, &wish, &ids[count++]);
    if (status == OK)
        status = finish(store);
    say_went();
    if (status != OK) {
        fprintf(stderr, "sidetrack: %s; the rest is done by the gateway, or by another `forget`\n",
                store_trouble(store));
        return EXIT_FAILED;
    }
    scrub(store);
    for (unsigned i = 0; i < count; i++) {
        struct erase_receipt receipt;
        if (erase_receipt(store_view(store), arena, ids[i], &receipt) != OK)
            continue;
        if (args_get(args, "json"))
            print_json(arena, &receipt);
        else
            print_text(arena, &receipt);
    }
    return EXIT_DONE;
}

int forget_verb(const struct args *args)
{
    struct arena arena;
    struct store *store;
    struct error error = {{0}};
    const char *path;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    int code = EXIT_WRONG;
    if (look_path(args, &arena, &path) == OK) {
        code = EXIT_FAILED;
        if (store_visit(path, &store, &error) == OK) {
            code = forget(store, args, &arena);
            store_close(store);
        } else {
            fprintf(stderr, "sidetrack: %s: %s\n", path,
                    error.text[0] ? error.text : "there is no such database");
        }
    }
    arena_done(&arena);
    return code;
}
