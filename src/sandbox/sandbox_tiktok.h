/*
 * What the two files of TikTok share: sandbox_tiktok.c (the request, its answer, the ledger) and
 * sandbox_tiktok_event.c (is this event right?).
 */
#ifndef SANDBOX_SANDBOX_TIKTOK_H
#define SANDBOX_SANDBOX_TIKTOK_H
#include "sandbox_private.h"

/* Contract 3.7. */
enum {
    TIKTOK_OK = 0,
    TIKTOK_NO_PERMISSION = 40001,
    TIKTOK_BAD_PARAMS = 40002,
    TIKTOK_BAD_VERSION = 40006,
    TIKTOK_BATCH_SIZE = 40061,
    TIKTOK_NOT_HASHED = 40062,
    TIKTOK_PARTNER_NAME = 40063,
    TIKTOK_TOO_FREQUENT = 40100,
    TIKTOK_TOKEN_EXPIRED = 40102,
    TIKTOK_TOKEN_EMPTY = 40104,
    TIKTOK_TOKEN_INVALID = 40105,
    TIKTOK_SYSTEM_ERROR = 50000,
    TIKTOK_RPC_ERROR = 51000,
};

struct sandbox_tiktok_refusal {
    int code;
    span message; /* "data.0.user.email: …" */
};

/* Always false. */
bool sandbox_tiktok_refuse(struct sandbox_tiktok_refusal *ret_refusal, int code, span message);
/* `where` is a JSON pointer; TikTok says it with dots. Always false. */
bool sandbox_tiktok_trouble(struct arena *arena, span where, const char *problem,
                            struct sandbox_tiktok_refusal *ret_refusal);
/* `source` is the request's event_source, `where` the event's pointer ("/data/0"). */
bool sandbox_tiktok_check_event(struct arena *arena, const struct json_value *event, span source,
                                span where, int64_t now,
                                struct sandbox_tiktok_refusal *ret_refusal);

#endif
