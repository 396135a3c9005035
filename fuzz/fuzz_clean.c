/*
 * The normalisers: e-mails, names, places, phones, as platforms hash them. What comes out is UTF-8
 * and clean: cleaning it again changes nothing, or two systems that both clean would never match.
 *
 *   byte 0 the function, and the country of a phone   rest: the text
 */
#include <stdio.h>
#include <stdlib.h>

#include "hold.h"
#include "../src/base/hash.h"
#include "../src/base/limits.h"
#include "../src/event/clean.h"

static clean_fn *const cleaners[] = {
    clean_email,   clean_lower,       clean_name,        clean_city,  clean_zip,
    clean_country, clean_registrable, clean_external_id, clean_plain,
};

static void check_phone(struct arena *arena, span text, uint8_t pick)
{
    static const char *const countries[] = {"", "DE", "US", "GB", "BR", "IT", "zz", "\xff"};
    span phone = phone_e164(arena, text, span_of(countries[pick % COUNT_OF(countries)]));
    if (span_empty(phone) || hash_is_hex(phone, 64))
        return;
    hold(span_equal(phone_e164(arena, phone, (span){0}), phone));
    hold(phone.ptr[0] == '+' && phone.len >= 5 && phone.len <= 16);
    for (size_t i = 1; i < phone.len; i++)
        hold(phone.ptr[i] >= '0' && phone.ptr[i] <= '9');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 1 || size > 2048)
        return 0;
    struct arena arena;
    arena_init(&arena, 16 * MIB);
    char *copy = malloc(size); /* exactly this size: reading past it is seen */
    hold(copy != NULL);
    memcpy(copy, bytes + 1, size - 1);
    span text = {copy, size - 1};
    unsigned which = bytes[0] % (COUNT_OF(cleaners) + 2);
    if (which < COUNT_OF(cleaners)) {
        span once = cleaners[which](&arena, text), twice = cleaners[which](&arena, once);
        hold(span_utf8(once) || !span_utf8(text));
        hold(span_equal(once, twice));
    } else {
        check_phone(&arena, text, bytes[0] / (COUNT_OF(cleaners) + 2));
    }
    (void)clean_is_country_code(text);
    (void)clean_is_public_suffix(arena_text(&arena, text));
    free(copy);
    arena_done(&arena);
    return 0;
}
