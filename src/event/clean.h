/*
 * Normalising identifiers as the platforms do (contracts/destinations 0.4, 1.6). Each function
 * gives the normalised text in the arena, or absent when there is nothing valid left: a field
 * that normalises to nothing is omitted, never hashed as "".
 *
 * These are the shared rules; a rule only one platform has lives in that platform's file.
 * 64 hex digits count as hashed already (0.3) and pass every rule, lower-cased: hash_hex() then
 * passes them on, and who sends plain text (Klaviyo) must ask hash_is_hex(value, 64) first.
 */
#ifndef EVENT_CLEAN_H
#define EVENT_CLEAN_H
#include "../base/arena.h"

typedef span clean_fn(struct arena *arena, span raw);

/* Trim, Unicode-lower; must look like local@domain.tld; else absent. No provider rules. */
clean_fn clean_email;
/* Unicode lower case after trimming. */
clean_fn clean_lower;
/* All white space and ASCII punctuation out, lower; non-ASCII letters stay (Meta fn, ln). */
clean_fn clean_name;
/* Only [a-z0-9], lowered; must start with a letter (Meta ct: München -> mnchen). */
clean_fn clean_city;
/* Lower, part before the first '-', spaces out, at least 2 characters. */
clean_fn clean_zip;
/* ISO alpha-2, lower; country names and alpha-3 of the table are looked up; else absent. */
clean_fn clean_country;
bool clean_is_country_code(span code); /* an ISO 3166-1 alpha-2 code (or XK), either case */
/* "com", "co.uk", "myshopify.com": under it everybody registers (Public Suffix List, the copy in
   libpsl). An unknown single word counts. Lower case. */
bool clean_is_public_suffix(const char *domain);
/* The domain somebody registered: "shop.acme.co.uk" -> "acme.co.uk", lower case. Absent for a
   public suffix itself, a single word and an address. */
clean_fn clean_registrable;
/* White space out, lower (Meta external_id). */
clean_fn clean_external_id;
/* What a person typed, trimmed, control characters out; for Klaviyo's plain text. */
clean_fn clean_plain;

/* E.164 with '+' by libphonenumber (phone.cc). `country` is the alpha-2 code the number would be
   dialled in, may be absent: then only numbers starting with '+' or 00 are understood.
   Absent when it is no possible number. National trunk zeros after the country code go
   (+44 (0)20… -> +4420…). */
span phone_e164(struct arena *arena, span raw, span country);
const char *clean_library(void); /* what knows letters and suffixes, for `version` */

#endif
