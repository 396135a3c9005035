/*
 * How many durable rows a second? A 700-byte body with its seen key and its visitor, committed in
 * groups, beside a checkpointing thread as in the gateway; on an empty file and again on a large
 * one. Prints a table. Bounded: about a minute and 3 GB in the folder given.
 *
 *     ninja -C build/release tests/unit/store/bench_store && build/release/…/bench_store DIR [ROWS]
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "../../../src/base/ulid.h"
#include "kit.h"

#define SECONDS 3

static char path[256];
static atomic_bool stop;
static atomic_long most_frames;

static void *checkpoints(void *arg)
{
    struct store_copier *copier;
    (void)arg;
    check_ok(store_copier_open(path, &copier));
    while (!atomic_load(&stop)) {
        int64_t frames = 0;
        if (store_checkpoint(copier, &frames) == OK && frames > most_frames)
            most_frames = frames;
        usleep(200000);
    }
    store_copier_close(copier);
    return NULL;
}

struct bench {
    struct store *store;
    int64_t shop, count;
    uint64_t chance;
    char body[700];
    char visitors[4096][ULID_LEN + 1]; /* who is shopping now; each is replaced in the end */
};

static void group(struct bench *bench, unsigned size)
{
    check_ok(store_begin(bench->store));
    for (unsigned i = 0; i < size; i++, bench->count++) {
        char id[ULID_LEN + 1];
        ulid_make(&clock_real, id);
        int64_t now = clock_now(&clock_real), seq = journal_next_seq(bench->store), first = 0;
        unsigned who = (unsigned)(check_random(&bench->chance) % COUNT_OF(bench->visitors));
        if (check_random(&bench->chance) % 10 == 0)
            ulid_make(&clock_real, bench->visitors[who]);
        struct journal_row row = {.shop = bench->shop,
                                  .name = EVENT_PRODUCT_VIEWED,
                                  .source = SOURCE_BROWSER,
                                  .event_id = {id, ULID_LEN},
                                  .at = now,
                                  .received_at = now,
                                  .visitor = {bench->visitors[who], ULID_LEN},
                                  .audience = bench->count % 10 < 8 ? AUDIENCE_ALL : 0,
                                  .body = {bench->body, sizeof bench->body}};
        check_ok(journal_seen(bench->store, bench->shop, row.source, SPAN("product_viewed"),
                              row.event_id, now, seq, &first));
        check_ok(journal_append(bench->store, &row, &seq));
    }
    check_ok(store_commit(bench->store));
}

static double cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void measure(struct bench *bench, unsigned size)
{
    int64_t start = clock_monotonic_us(), end = start, before = bench->count, worst = 0;
    double cpu = cpu_us();
    for (int64_t at = start; end - start < SECONDS * INT64_C(1000000); at = end) {
        group(bench, size);
        end = clock_monotonic_us();
        worst = end - at > worst ? end - at : worst;
    }
    double rows = (double)(bench->count - before);
    printf("| %8.2f M | %4u | %7.0f | %5.2f | %6.1f |\n", (double)before / 1e6, size,
           rows * 1e6 / (double)(end - start), (cpu_us() - cpu) / rows, (double)worst / 1000);
}

int main(int argc, char **argv)
{
    int64_t rows = argc > 2 ? strtoll(argv[2], NULL, 10) : 2000000;
    if (argc < 2)
        return 2;
    snprintf(path, sizeof path, "%s/bench.db", argv[1]);
    static struct bench bench = {.chance = 1};
    memset(bench.body, 'b', sizeof bench.body);
    for (size_t i = 0; i < COUNT_OF(bench.visitors); i++)
        ulid_make(&clock_real, bench.visitors[i]);
    struct error error = {""};
    if (store_open(path, &clock_real, &bench.store, &error) != OK)
        return fprintf(stderr, "%s\n", error.text), 1;
    int64_t activated = 0;
    check_ok(store_begin(bench.store));
    check_ok(store_shop(bench.store, SPAN("acme"), 1, &bench.shop, &activated));
    check_ok(store_commit(bench.store));
    pthread_t thread;
    pthread_create(&thread, NULL, checkpoints, NULL);

    const unsigned sizes[] = {1, 16, 64, 256};
    printf("| rows there | group | rows/s | CPU us/row | worst group ms |\n");
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        measure(&bench, sizes[i]);
    while (bench.count < rows)
        group(&bench, 1024);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        measure(&bench, sizes[i]);
    stop = true;
    pthread_join(thread, NULL);
    printf("file %.2f GB, log at most %ld frames\n",
           (double)view_bytes(store_view(bench.store)) / 1e9, (long)most_frames);
    store_close(bench.store);
    return 0;
}
