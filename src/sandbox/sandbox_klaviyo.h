/*
 * What the two files of Klaviyo share: sandbox_klaviyo.c (requests, limits, profiles, answers)
 * and sandbox_klaviyo_body.c (is this body right?).
 */
#ifndef SANDBOX_SANDBOX_KLAVIYO_H
#define SANDBOX_SANDBOX_KLAVIYO_H
#include "sandbox_private.h"

struct sandbox_klaviyo_problem {
    int status;
    const char *code, *title;
    span detail, pointer; /* pointer may be absent */
    span duplicate_id;    /* of 409 duplicate_profile */
};

/* Each says whether the whole body holds; at the first problem false. */
typedef bool sandbox_klaviyo_check(struct arena *arena, const struct json_value *body, int64_t now,
                                   struct sandbox_klaviyo_problem *ret_problem);
sandbox_klaviyo_check sandbox_klaviyo_check_event;
sandbox_klaviyo_check sandbox_klaviyo_check_bulk;
sandbox_klaviyo_check sandbox_klaviyo_check_import;
sandbox_klaviyo_check sandbox_klaviyo_check_subscribe;

#endif
