/*
 * The two promises of identity, played at random: the same signed records in any order give the
 * same persons, and nothing that browsers say in between makes two known persons one, or parts one.
 *
 * A trial: some signed records and some browsers' bodies name a handful of e-mails, phones and
 * customers, carried by a few visitors. First the signed ones alone are played: which identifiers
 * are one person then is the truth. Then all of them, shuffled together, again and again; each time
 * the signed identifiers must fall into the same persons. Each playing has identifiers of its own.
 *
 * test_pipeline_identity_campaign [SECONDS [SEED]] goes on for so long and names the seed it ends
 * with; a plain run is bounded by its number of trials.
 */
#include "stage.h"

#include <time.h>

#include "../../../src/pipeline/identity.h"

#define VALUES    4u
#define KINDS     3u
#define SIGNED    7u
#define UNSIGNED  10u
#define PLAYINGS  5u
#define TRIALS    60u
#define STAGE_FOR 400u /* trials on one store: it grows */

struct said {
    bool is_signed, linked;
    unsigned value[KINDS]; /* email, phone, customer; 0 = not named, else 1 … VALUES */
    unsigned visitor;      /* 0 = none */
    unsigned minute;       /* of the event's own time */
};

struct trial {
    struct said said[SIGNED + UNSIGNED];
    unsigned signed_count, count; /* signed ones first */
};

static const enum link_kind kinds[KINDS] = {LINK_EMAIL, LINK_PHONE, LINK_CUSTOMER};

static unsigned chance(uint64_t *seed, unsigned below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % below;
}

static span value_of(struct arena *arena, unsigned playing, unsigned kind, unsigned n)
{
    static const char *const formats[KINDS] = {"p%u-%u@example.com", "+49151%06u%02u", "%u00%u"};
    static const unsigned digits[VALUES + 1] = {0, 12, 35, 57, 79}; /* none looks made up */
    return n ? arena_print(arena, formats[kind], playing, kind == 1 ? digits[n] : n) : (span){0};
}

static struct trial make_trial(uint64_t *seed)
{
    struct trial trial = {.signed_count = 1 + chance(seed, SIGNED)};
    trial.count = trial.signed_count + chance(seed, UNSIGNED + 1);
    for (unsigned i = 0; i < trial.count; i++) {
        struct said *one = &trial.said[i];
        one->is_signed = i < trial.signed_count;
        for (unsigned k = 0; k < KINDS; k++)
            one->value[k] = chance(seed, 2) ? 1 + chance(seed, VALUES) : 0;
        one->linked = !one->is_signed && chance(seed, 6) == 0;
        one->visitor = one->is_signed && chance(seed, 2) ? 0 : chance(seed, 4);
        one->minute = chance(seed, 10);
    }
    return trial;
}

static void push(struct stage *stage, const struct said *said, unsigned playing)
{
    static unsigned n;
    struct arena *arena = &stage->arena;
    struct event event = {
        .name = said->is_signed ? EVENT_FACT_CUSTOMER_UPDATED : EVENT_PAGE_VIEWED,
        .source = said->is_signed ? SOURCE_SHOPIFY : SOURCE_BROWSER,
        .id = arena_print(arena, "e-%u", n++),
        .at = stage->clock.at - said->minute * MINUTE_MS,
        .who = {.email = value_of(arena, playing, 0, said->value[0]),
                .phone = value_of(arena, playing, 1, said->value[1]),
                .customer_id = value_of(arena, playing, 2, said->value[2]),
                .linked = said->linked},
    };
    if (said->visitor)
        event.who.visitor =
            arena_print(arena, "01JD8QZ3V5K9N2M4P6%07uV", playing * 4 + said->visitor);
    stage_push(stage, event, (span){0});
}

/* Of each identifier that somebody signed for: the first of those that are the same person; 98: of
   several persons; 99: nobody signed for it. */
static void groups_of(struct stage *stage, const struct trial *trial, unsigned playing,
                      unsigned ret_groups[KINDS * VALUES])
{
    int64_t persons[KINDS * VALUES] = {0};
    for (unsigned i = 0; i < KINDS * VALUES; i++) {
        unsigned kind = i / VALUES, n = i % VALUES + 1;
        bool named = false;
        for (unsigned k = 0; k < trial->signed_count; k++)
            named = named || trial->said[k].value[kind] == n;
        ret_groups[i] = 99;
        if (!named)
            continue;
        enum status status = person_find(stage->view, 1, kinds[kind],
                                         value_of(&stage->arena, playing, kind, n), &persons[i]);
        ret_groups[i] = status == CONFLICT ? 98 : i;
        assert_true(status == OK || status == CONFLICT); /* whoever is signed for is known */
        for (unsigned j = 0; j < i && status == OK; j++)
            if (persons[j] == persons[i]) {
                ret_groups[i] = j;
                break;
            }
    }
}

static void play(struct stage *stage, const struct said *said, unsigned count, unsigned playing)
{
    for (unsigned i = 0; i < count; i++)
        push(stage, &said[i], playing);
    arena_reset(&stage->arena);
}

static void shuffle(struct said *said, unsigned count, uint64_t *seed)
{
    for (unsigned i = count - 1; i > 0; i--) {
        unsigned j = chance(seed, i + 1);
        struct said swap = said[i];
        said[i] = said[j];
        said[j] = swap;
    }
}

static void tell(const struct said *said, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        print_message("%s e-mail %u phone %u customer %u visitor %u minute -%u%s\n",
                      said[i].is_signed ? "signed  " : "unsigned", said[i].value[0],
                      said[i].value[1], said[i].value[2], said[i].visitor, said[i].minute,
                      said[i].linked ? " (by a link)" : "");
}

static void play_trial(struct stage *stage, uint64_t seed, unsigned *playing)
{
    uint64_t from = seed;
    struct trial trial = make_trial(&seed);
    struct said all[SIGNED + UNSIGNED];
    unsigned expected[KINDS * VALUES], found[KINDS * VALUES];
    memcpy(all, trial.said, sizeof all);
    play(stage, trial.said, trial.signed_count, ++*playing);
    groups_of(stage, &trial, *playing, expected);
    for (unsigned i = 0; i < PLAYINGS; i++) {
        shuffle(all, trial.count, &seed);
        play(stage, all, trial.count, ++*playing);
        groups_of(stage, &trial, *playing, found);
        if (memcmp(expected, found, sizeof expected) == 0)
            continue;
        print_message("seed %llu: the signed records alone end otherwise than\n",
                      (unsigned long long)from);
        tell(all, trial.count);
        assert_memory_equal(expected, found, sizeof expected);
    }
}

static unsigned seconds;
static uint64_t first_seed = 20261124;

static void signed_records_alone_decide(void **state)
{
    (void)state;
    int64_t until = clock_monotonic_us() / 1000 + seconds * SECOND_MS;
    unsigned trials = 0;
    for (bool more = true; more;) {
        struct stage stage;
        unsigned playing = 0;
        stage_init(&stage);
        for (unsigned i = 0; i < STAGE_FOR && more; i++, trials++) {
            play_trial(&stage, first_seed + trials, &playing);
            stage_forget_news(&stage);
            more = seconds ? clock_monotonic_us() / 1000 < until : trials + 1 < TRIALS;
        }
        stage_done(&stage);
    }
    if (seconds)
        print_message("# %u trials of %u playings each, seeds %llu to %llu\n", trials, PLAYINGS + 1,
                      (unsigned long long)first_seed,
                      (unsigned long long)(first_seed + trials - 1));
}

int main(int count, char **args)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signed_records_alone_decide)};
    if (count > 1)
        seconds = (unsigned)strtoul(args[1], NULL, 10);
    if (count > 2)
        first_seed = strtoull(args[2], NULL, 10);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("identity campaign", tests, NULL, NULL);
}
