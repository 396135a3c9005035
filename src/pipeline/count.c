/*
 * Counting without locks. Each thread has a table of its own and is its only writer; whoever
 * prints walks all tables.
 *
 *   tables ──> table (thread A) ──> table (thread B) ──> …     pushed once, never taken out
 *                 │ cells: newest ──> cell ──> cell            each complete before it is linked
 *                 └ index: the owner's hash of its cells, seen by nobody else
 *
 * So a reader needs nothing but atomic loads: a cell's key never changes once it can be seen,
 * its value is one atomic, and nothing is freed while the program runs (count_reset, for tests,
 * frees all; a generation number tells the threads that their table is gone).
 *
 * A table holds at most CELLS_CEILING label combinations; what comes after is added up in a cell
 * whose labels are all "other", so no stranger's label can grow memory.
 */
#include "count.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../base/hash.h"

#define LABELS        3u
#define CELLS_CEILING 8192u

/* Upper bounds in microseconds; then +Inf. */
static const int64_t buckets[] = {250,
                                  500,
                                  1000,
                                  2500,
                                  5000,
                                  10000,
                                  25000,
                                  50000,
                                  100000,
                                  250000,
                                  500000,
                                  1000000,
                                  2500000,
                                  5000000,
                                  10000000,
                                  30000000,
                                  60000000,
                                  300000000,
                                  INT64_C(3600000000)};
#define BUCKETS (COUNT_OF(buckets) + 1)

static const struct {
    const char *name, *type, *labels, *help;
} kinds[COUNT_KINDS] = {
#define COUNT_ROW(constant, name, type, labels, help)                                              \
    [COUNT_##constant] = {name, type, labels, help},
    COUNTS(COUNT_ROW)
#undef COUNT_ROW
};

struct cell {
    struct cell *next; /* older */
    uint64_t hash;
    enum count what;
    span labels[LABELS]; /* point into `text` */
    _Atomic int64_t value;
    char text[];
};

struct histogram {
    _Atomic int64_t counts[BUCKETS];
    _Atomic int64_t sum; /* microseconds */
};

struct table {
    struct table *next;
    struct cell *_Atomic cells;
    struct histogram histograms[COUNT_KINDS]; /* only those of type histogram are used */
    struct cell **index;                      /* the owner's; room is a power of two */
    size_t room, count;
};

static struct table *_Atomic tables;
static atomic_uint generation;
static _Thread_local struct table *own_table;
static _Thread_local unsigned own_generation;

static struct table *own(void)
{
    unsigned now = atomic_load(&generation);
    if (own_table && own_generation == now)
        return own_table;
    own_table = calloc(1, sizeof *own_table);
    assert(own_table);
    own_generation = now;
    own_table->next = atomic_load(&tables);
    while (!atomic_compare_exchange_weak(&tables, &own_table->next, own_table))
        ;
    return own_table;
}

/* ---- the owner's side ---- */

static struct cell **slot_of(struct cell **index, size_t room, enum count what,
                             const span labels[LABELS], uint64_t hash)
{
    for (size_t i = (size_t)hash & (room - 1);; i = (i + 1) & (room - 1)) {
        struct cell *cell = index[i];
        if (!cell)
            return &index[i];
        if (cell->hash == hash && cell->what == what && span_equal(cell->labels[0], labels[0]) &&
            span_equal(cell->labels[1], labels[1]) && span_equal(cell->labels[2], labels[2]))
            return &index[i];
    }
}

static void index_grow(struct table *table)
{
    size_t room = table->room ? table->room * 2 : 64;
    struct cell **index = calloc(room, sizeof *index);
    assert(index);
    for (struct cell *cell = atomic_load(&table->cells); cell; cell = cell->next)
        *slot_of(index, room, cell->what, cell->labels, cell->hash) = cell;
    free(table->index);
    table->index = index;
    table->room = room;
}

static struct cell *cell_new(enum count what, const span labels[LABELS], uint64_t hash)
{
    size_t size = labels[0].len + labels[1].len + labels[2].len;
    struct cell *cell = calloc(1, sizeof *cell + size);
    assert(cell);
    cell->what = what;
    cell->hash = hash;
    char *at = cell->text;
    for (unsigned i = 0; i < LABELS; i++) {
        if (labels[i].len > 0)
            memcpy(at, labels[i].ptr, labels[i].len);
        cell->labels[i] = (span){at, labels[i].len};
        at += labels[i].len;
    }
    return cell;
}

static unsigned label_count(enum count what)
{
    unsigned count = kinds[what].labels[0] != '\0';
    for (const char *at = kinds[what].labels; *at; at++)
        count += *at == ',';
    return count;
}

static struct cell *cell_for(enum count what, span a, span b, span c)
{
    struct table *table = own();
    span labels[LABELS] = {a, b, c};
    if (table->count * 2 >= table->room)
        index_grow(table);
    uint64_t hash = (hash_quick(a) * 31 + hash_quick(b)) * 31 + hash_quick(c) + what;
    struct cell **slot = slot_of(table->index, table->room, what, labels, hash);
    if (*slot)
        return *slot;
    if (table->count >= CELLS_CEILING && !span_is(a, "other")) {
        unsigned count = label_count(what);
        return cell_for(what, SPAN("other"), count > 1 ? SPAN("other") : (span){0},
                        count > 2 ? SPAN("other") : (span){0});
    }
    struct cell *cell = cell_new(what, labels, hash);
    *slot = cell;
    table->count++;
    cell->next = atomic_load(&table->cells);
    atomic_store(&table->cells, cell);
    return cell;
}

void count_add(enum count what, span a, span b, span c, int64_t n)
{
    atomic_fetch_add_explicit(&cell_for(what, a, b, c)->value, n, memory_order_relaxed);
}

void count_set(enum count what, span a, span b, span c, int64_t value)
{
    atomic_store_explicit(&cell_for(what, a, b, c)->value, value, memory_order_relaxed);
}

void count_observe(enum count what, int64_t microseconds)
{
    struct histogram *histogram = &own()->histograms[what];
    int64_t value = microseconds > 0 ? microseconds : 0;
    size_t bucket = 0;
    while (bucket < COUNT_OF(buckets) && value > buckets[bucket])
        bucket++;
    atomic_fetch_add_explicit(&histogram->counts[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum, value, memory_order_relaxed);
}

/* ---- the readers' side ---- */

static bool is_histogram(enum count what)
{
    return kinds[what].type[0] == 'h';
}

static int64_t histogram_sum(enum count what, int64_t ret_counts[BUCKETS])
{
    int64_t sum = 0;
    memset(ret_counts, 0, BUCKETS * sizeof *ret_counts);
    for (struct table *table = atomic_load(&tables); table; table = table->next) {
        for (size_t i = 0; i < BUCKETS; i++)
            ret_counts[i] += atomic_load(&table->histograms[what].counts[i]);
        sum += atomic_load(&table->histograms[what].sum);
    }
    return sum;
}

int64_t count_get(enum count what, span a, span b, span c)
{
    int64_t sum = 0;
    if (is_histogram(what)) {
        int64_t counts[BUCKETS];
        (void)histogram_sum(what, counts);
        for (size_t i = 0; i < BUCKETS; i++)
            sum += counts[i];
        return sum;
    }
    for (struct table *table = atomic_load(&tables); table; table = table->next)
        for (struct cell *cell = atomic_load(&table->cells); cell; cell = cell->next)
            if (cell->what == what && span_equal(cell->labels[0], a) &&
                span_equal(cell->labels[1], b) && span_equal(cell->labels[2], c))
                sum += atomic_load(&cell->value);
    return sum;
}

static int cell_order(const void *a, const void *b)
{
    const struct cell *x = *(struct cell *const *)a, *y = *(struct cell *const *)b;
    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    for (unsigned i = 0; i < LABELS; i++) {
        int order = span_compare(x->labels[i], y->labels[i]);
        if (order)
            return order;
    }
    return 0;
}

static void print_escaped(struct buf *out, span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\' || c == '"')
            buf_add_char(out, '\\');
        if (c == '\n')
            buf_add_text(out, "\\n");
        else
            buf_add_char(out, c);
    }
}

static void print_value(struct buf *out, const struct cell *cell, int64_t value)
{
    span rest = span_of(kinds[cell->what].labels), label;
    buf_add_text(out, kinds[cell->what].name);
    const char *before = "{";
    for (unsigned i = 0; i < LABELS && span_split(&rest, ',', &label); i++) {
        if (span_empty(label))
            continue; /* a metric without labels */
        buf_print(out, "%s%.*s=\"", before, SPAN_ARG(label));
        print_escaped(out, cell->labels[i]);
        buf_add_char(out, '"');
        before = ",";
    }
    buf_print(out, "%s %lld\n", *before == ',' ? "}" : "", (long long)value);
}

static void print_histogram(struct buf *out, enum count what)
{
    int64_t counts[BUCKETS], total = 0, sum = histogram_sum(what, counts);
    const char *name = kinds[what].name;
    for (size_t i = 0; i < COUNT_OF(buckets); i++) {
        total += counts[i];
        buf_print(out, "%s_bucket{le=\"%g\"} %lld\n", name, (double)buckets[i] / 1e6,
                  (long long)total);
    }
    total += counts[BUCKETS - 1];
    buf_print(out, "%s_bucket{le=\"+Inf\"} %lld\n", name, (long long)total);
    buf_print(out, "%s_sum %lld.%06lld\n%s_count %lld\n", name, (long long)(sum / 1000000),
              (long long)(sum % 1000000), name, (long long)total);
}

/* All cells of all threads in printing order; the same labels stand side by side. */
static struct cell **all_cells(size_t *ret_count)
{
    size_t count = 0, room = 256;
    struct cell **cells = malloc(room * sizeof(struct cell *));
    assert(cells);
    for (struct table *table = atomic_load(&tables); table; table = table->next) {
        for (struct cell *cell = atomic_load(&table->cells); cell; cell = cell->next) {
            if (count == room) {
                cells = realloc(cells, (room *= 2) * sizeof(struct cell *));
                assert(cells);
            }
            cells[count++] = cell;
        }
    }
    qsort(cells, count, sizeof(struct cell *), cell_order);
    *ret_count = count;
    return cells;
}

void count_print(struct buf *out)
{
    size_t count, at = 0;
    struct cell **cells = all_cells(&count);
    for (enum count what = 0; what < COUNT_KINDS; what++) {
        buf_print(out, "# HELP %s %s\n# TYPE %s %s\n", kinds[what].name, kinds[what].help,
                  kinds[what].name, kinds[what].type);
        if (is_histogram(what))
            print_histogram(out, what);
        while (at < count && cells[at]->what == what) {
            const struct cell *first = cells[at];
            int64_t sum = 0;
            while (at < count && cell_order(&cells[at], &first) == 0)
                sum += atomic_load(&cells[at++]->value);
            print_value(out, first, sum);
        }
    }
    free(cells);
}

void count_reset(void)
{
    struct table *table = atomic_exchange(&tables, NULL);
    atomic_fetch_add(&generation, 1);
    while (table) {
        struct table *next = table->next;
        struct cell *cell = atomic_load(&table->cells);
        while (cell) {
            struct cell *older = cell->next;
            free(cell);
            cell = older;
        }
        free(table->index);
        free(table);
        table = next;
    }
}
