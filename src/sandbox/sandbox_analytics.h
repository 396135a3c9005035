/*
 * What the two doors of Google Analytics share: sandbox_ga4.c (the Measurement Protocol) and
 * sandbox_sgtm.c (the web protocol, as a tag manager's server container takes it).
 */
#ifndef SANDBOX_SANDBOX_ANALYTICS_H
#define SANDBOX_SANDBOX_ANALYTICS_H
#include "sandbox_private.h"

/* Why an event is not taken, in the debug path's words. */
struct sandbox_analytics_trouble {
    const char *code; /* VALUE_INVALID … */
    span path, text;
};

/* All false: they fill the trouble and refuse. */
bool sandbox_analytics_refuse(struct sandbox_analytics_trouble *ret_trouble, const char *code,
                              span path, const char *text);
/* Event and parameter names (contract 4.3). */
bool sandbox_analytics_check_name(span name, struct sandbox_analytics_trouble *ret_trouble);
/* A parameter's text: its length, and that it is nobody's address. */
bool sandbox_analytics_check_text(span name, span text,
                                  struct sandbox_analytics_trouble *ret_trouble);
/* "RAND.TIME", or a server-managed "TOKEN.TIME". */
bool sandbox_analytics_client_id(span id);
size_t sandbox_analytics_characters(span text);

#endif
