/*
 * What the two files of Meta share: sandbox_meta.c (the request, its answer, the ledger) and
 * sandbox_meta_event.c (is this event right?).
 */
#ifndef SANDBOX_SANDBOX_META_H
#define SANDBOX_SANDBOX_META_H
#include "sandbox_private.h"

/* Subcodes of code 100. TIME_OLD and VALUE_MISSING are as the contract says (1.12); of the others
   it names the numbers only, and which means what is our choice. */
enum {
    TIME_FUTURE = 2804001,
    TIME_OLD = 2804003,
    TIME_INVALID = 2804007,
    VALUE_MISSING = 2804009,
    CUSTOM_INVALID = 2804016,
    USER_INVALID = 2804017,
    CURRENCY_WRONG = 2804019,
    PARAM_INVALID = 2804048,
};
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct sandbox_meta_refusal {
    int status, code, subcode; /* subcode 0: none */
    span title, message;       /* for people; title may be absent */
};

/* Fills a refusal of code 100; always false. */
bool sandbox_meta_refuse(struct sandbox_meta_refusal *ret_refusal, int subcode, span title,
                         span message);
bool sandbox_meta_digits(span s); /* one digit or more, nothing else */
bool sandbox_meta_check_event(struct arena *arena, const struct json_value *event, int64_t now,
                              struct sandbox_meta_refusal *ret_refusal);

#endif
