/*
 * The ledger: what every account was asked, accepted, refused and counted.
 *
 *   accepted = unique + duplicates      a duplicate is received, as on the real platform, but
 *                                       counts nothing
 *   sums     = count and value by event name and currency, of unique events only, in whole minor
 *              units: equal to the cent or not equal
 *   subjects = the same sums order by order
 *
 * Dedup keys are kept as 16 bytes of SHA-256, so that a stranger's ids cannot grow them. Every
 * list has a ceiling; once one is reached the totals say so ("complete":false) and never guess.
 */
#include "sandbox_private.h"

#include "../base/hash.h"

#define LEDGER_CEILING ((size_t)1 << 30)
#define KEY_BYTES      16

void sandbox_ledger_init(struct sandbox_ledger *ledger)
{
    *ledger = (struct sandbox_ledger){.kept_all = true, .known_all = true};
    arena_init(&ledger->arena, LEDGER_CEILING);
}

void sandbox_ledger_done(struct sandbox_ledger *ledger)
{
    for (struct sandbox_account *one = ledger->accounts; one; one = one->next) {
        map_done(&one->subject_ids);
        map_done(&one->links);
    }
    map_done(&ledger->known);
    arena_done(&ledger->arena);
}

void sandbox_ledger_reset(struct sandbox_ledger *ledger)
{
    sandbox_ledger_done(ledger);
    sandbox_ledger_init(ledger);
}

struct sandbox_account *sandbox_ledger_account(struct sandbox_ledger *ledger, const char *platform,
                                               span id)
{
    struct sandbox_account **end = &ledger->accounts;
    if (!span_utf8(id))
        id = SPAN("(no text)"); /* of a query, which may hold any bytes */
    for (; *end; end = &(*end)->next)
        if (span_equal((*end)->id, id) && strcmp((*end)->platform, platform) == 0)
            return *end;
    if (ledger->account_count >= SANDBOX_ACCOUNTS && !span_is(id, "(other)"))
        return sandbox_ledger_account(ledger, platform, SPAN("(other)"));
    *end = arena_new(&ledger->arena, struct sandbox_account);
    (*end)->platform = platform;
    (*end)->id = arena_copy(&ledger->arena, id);
    ledger->account_count++;
    return *end;
}

static struct sandbox_sum *sum_of(struct arena *arena, struct sandbox_sums *sums, span name)
{
    struct sandbox_sum **end = &sums->first;
    for (; *end; end = &(*end)->next)
        if (span_equal((*end)->name, name))
            return *end;
    if (sums->count >= SANDBOX_NAMES && !span_is(name, "(other)"))
        return sum_of(arena, sums, SPAN("(other)"));
    *end = arena_new(arena, struct sandbox_sum);
    (*end)->name = arena_copy(arena, name);
    sums->count++;
    return *end;
}

static void add_amount(struct arena *arena, struct sandbox_sum *sum, span currency,
                       struct money value)
{
    struct sandbox_amount **end = &sum->amounts;
    while (*end && !span_equal((*end)->currency, currency))
        end = &(*end)->next;
    if (*end == NULL) {
        *end = arena_new(arena, struct sandbox_amount);
        (*end)->currency = arena_copy(arena, currency);
        (*end)->scale = value.scale;
    }
    if (__builtin_add_overflow((*end)->units, value.units, &(*end)->units))
        (*end)->overflow = true;
}

static void add_entry(struct arena *arena, struct sandbox_sums *sums,
                      const struct sandbox_entry *entry)
{
    struct sandbox_sum *sum = sum_of(arena, sums, entry->name);
    sum->count++;
    if (entry->value.given)
        add_amount(arena, sum, entry->currency, entry->value);
}

static struct sandbox_subject *subject_of(struct sandbox_ledger *ledger,
                                          struct sandbox_account *account, span id)
{
    struct sandbox_subject *subject = map_get(&account->subject_ids, id);
    if (subject || account->subject_ids.count >= SANDBOX_SUBJECTS)
        return subject;
    subject = arena_new(&ledger->arena, struct sandbox_subject);
    subject->id = arena_copy(&ledger->arena, id);
    if (account->last_subject)
        account->last_subject->next = subject;
    else
        account->subjects = subject;
    account->last_subject = subject;
    map_put(&account->subject_ids, id, subject);
    return subject;
}

/* Was this key seen within dedup_ms? Remembers it when not. */
static bool is_copy(struct sandbox_ledger *ledger, const struct sandbox_account *account,
                    span dedup, int64_t now, int64_t dedup_ms, struct arena *arena)
{
    uint8_t digest[HASH_SIZE];
    if (dedup.ptr == NULL)
        return false;
    hash_sha256(arena_print(arena, "%s\n%.*s\n%.*s", account->platform, SPAN_ARG(account->id),
                            SPAN_ARG(dedup)),
                digest);
    span key = {(const char *)digest, KEY_BYTES};
    int64_t first = (int64_t)(intptr_t)map_get(&ledger->known, key);
    if (first != 0 && now - first < dedup_ms)
        return true;
    if (first == 0 && ledger->known.count >= SANDBOX_KNOWN_KEYS) {
        ledger->known_all = false;
        return false;
    }
    map_put(&ledger->known, key, (void *)(intptr_t)now);
    return false;
}

static void keep(struct sandbox_ledger *ledger, const struct sandbox_account *account,
                 const struct sandbox_entry *entry, int64_t now, bool duplicate)
{
    if (ledger->kept_count >= SANDBOX_KEPT_EVENTS ||
        ledger->arena.used + entry->json.len > SANDBOX_KEPT_BYTES) {
        ledger->kept_all = false;
        return;
    }
    struct sandbox_kept *kept = arena_new(&ledger->arena, struct sandbox_kept);
    kept->account = account;
    kept->name = arena_copy(&ledger->arena, entry->name);
    kept->json = arena_copy(&ledger->arena, entry->json);
    kept->received_at = now;
    kept->duplicate = duplicate;
    if (ledger->last_kept)
        ledger->last_kept->next = kept;
    else
        ledger->kept = kept;
    ledger->last_kept = kept;
    ledger->kept_count++;
}

void sandbox_ledger_accept(struct sandbox_ledger *ledger, struct sandbox_account *account,
                           const struct sandbox_entry *entry, int64_t now, int64_t dedup_ms)
{
    struct arena scratch;
    arena_init(&scratch, LEDGER_CEILING);
    bool duplicate = is_copy(ledger, account, entry->dedup, now, dedup_ms, &scratch);
    arena_done(&scratch);
    account->accepted++;
    keep(ledger, account, entry, now, duplicate);
    if (duplicate) {
        account->duplicates++;
        return;
    }
    account->unique++;
    add_entry(&ledger->arena, &account->sums, entry);
    struct sandbox_subject *subject = NULL;
    if (!span_empty(entry->subject))
        subject = subject_of(ledger, account, entry->subject);
    if (subject)
        add_entry(&ledger->arena, &subject->sums, entry);
}

void sandbox_ledger_refuse(struct sandbox_ledger *ledger, struct sandbox_account *account,
                           span reason, span words)
{
    account->refused++;
    snprintf(account->last_refusal, sizeof account->last_refusal, "%.*s", SPAN_ARG(words));
    struct sandbox_reason **end = &account->reasons;
    for (; *end; end = &(*end)->next)
        if (span_equal((*end)->text, reason)) {
            (*end)->count++;
            return;
        }
    if (account->reason_count >= SANDBOX_REASONS)
        return; /* counted in `refused` all the same */
    *end = arena_new(&ledger->arena, struct sandbox_reason);
    (*end)->text = arena_copy(&ledger->arena, reason);
    (*end)->count = 1;
    account->reason_count++;
}

/* "59.90", or "overflow": never a wrong number. */
static void put_amount(struct json *json, const struct sandbox_amount *amount,
                       struct arena *scratch)
{
    span text = amount->overflow ? SPAN("overflow")
                                 : money_print(scratch, money_of(amount->units, amount->scale));
    json_put_text_at(json, amount->currency, text);
}

static void put_sums(struct json *json, const char *key, const struct sandbox_sums *sums,
                     struct arena *scratch)
{
    json_open(json, key, '{');
    for (const struct sandbox_sum *sum = sums->first; sum; sum = sum->next) {
        json_open(json, arena_text(scratch, sum->name), '{');
        json_put_int(json, "count", (int64_t)sum->count);
        json_open(json, "values", '{');
        for (const struct sandbox_amount *one = sum->amounts; one; one = one->next)
            put_amount(json, one, scratch);
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, '}');
}

static void put_account(struct json *json, const struct sandbox_account *account,
                        struct arena *scratch)
{
    json_open(json, arena_text(scratch, account->id), '{');
    json_put_int(json, "requests", (int64_t)account->requests);
    json_put_int(json, "accepted", (int64_t)account->accepted);
    json_put_int(json, "unique", (int64_t)account->unique);
    json_put_int(json, "duplicates", (int64_t)account->duplicates);
    json_put_int(json, "refused", (int64_t)account->refused);
    json_put_int(json, "profiles", (int64_t)account->profiles);
    json_put_int(json, "subscriptions", (int64_t)account->subscriptions);
    json_open(json, "reasons", '{');
    for (const struct sandbox_reason *one = account->reasons; one; one = one->next)
        json_put_int(json, arena_text(scratch, one->text), (int64_t)one->count);
    json_close(json, '}');
    if (account->last_refusal[0])
        json_put_text(json, "last_refusal", span_of(account->last_refusal));
    put_sums(json, "events", &account->sums, scratch);
    json_open(json, "subjects", '{');
    for (const struct sandbox_subject *one = account->subjects; one; one = one->next)
        put_sums(json, arena_text(scratch, one->id), &one->sums, scratch);
    json_close(json, '}');
    json_close(json, '}');
}

void sandbox_ledger_expire(struct sandbox_ledger *ledger, span authorization)
{
    unsigned slot = ledger->expired_count++ % COUNT_OF(ledger->expired);
    ledger->expired[slot] = arena_copy(&ledger->arena, authorization);
}

bool sandbox_ledger_expired(const struct sandbox_ledger *ledger, span authorization)
{
    for (unsigned i = 0; i < COUNT_OF(ledger->expired) && i < ledger->expired_count; i++)
        if (span_equal(ledger->expired[i], authorization))
            return true;
    return false;
}

void sandbox_ledger_totals(const struct sandbox_ledger *ledger, struct buf *out)
{
    struct arena scratch;
    struct json json;
    arena_init(&scratch, LEDGER_CEILING);
    json_start(&json, out);
    json_open(&json, NULL, '{');
    json_put_bool(&json, "complete", ledger->kept_all && ledger->known_all);
    json_put_int(&json, "kept", ledger->kept_count);
    json_open(&json, "platforms", '{');
#define PUT_PLATFORM(platform_name)                                                                \
    json_open(&json, #platform_name, '{');                                                         \
    for (const struct sandbox_account *one = ledger->accounts; one; one = one->next)               \
        if (strcmp(one->platform, #platform_name) == 0)                                            \
            put_account(&json, one, &scratch);                                                     \
    json_close(&json, '}');
    SANDBOX_PLATFORMS(PUT_PLATFORM)
#undef PUT_PLATFORM
    json_close(&json, '}');
    json_close(&json, '}');
    json_end(&json);
    arena_done(&scratch);
}

void sandbox_ledger_events(const struct sandbox_ledger *ledger, span platform, span name,
                           unsigned limit, struct buf *out)
{
    struct json json;
    json_start(&json, out);
    json_open(&json, NULL, '[');
    for (const struct sandbox_kept *one = ledger->kept; one && limit > 0; one = one->next) {
        if ((platform.ptr && !span_is(platform, one->account->platform)) ||
            (name.ptr && !span_equal(name, one->name)))
            continue;
        json_open(&json, NULL, '{');
        json_put_text(&json, "platform", span_of(one->account->platform));
        json_put_text(&json, "account", one->account->id);
        json_put_text(&json, "name", one->name);
        json_put_int(&json, "received_at", one->received_at);
        json_put_bool(&json, "duplicate", one->duplicate);
        json_put_raw(&json, "event", one->json);
        json_close(&json, '}');
        limit--;
    }
    json_close(&json, ']');
    json_end(&json);
}
