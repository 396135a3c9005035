/*
 * The checks' second halves: what a browser was seen doing (capture.h). Each goes over every
 * capture and says what it saw by; pure. Rules: contracts/sources 8.3, the rows of check.c.
 */
#ifndef AUDIT_CAPTURED_H
#define AUDIT_CAPTURED_H
#include "capture.h"
#include "evidence.h"

void captured_tags(const struct evidence *evidence, struct finding *finding);        /* A2 */
void captured_twice(const struct evidence *evidence, struct finding *finding);       /* A3 */
void captured_event_ids(const struct evidence *evidence, struct finding *finding);   /* A6 */
void captured_server_side(const struct evidence *evidence, struct finding *finding); /* A7 */
void captured_money(const struct evidence *evidence, struct finding *finding);       /* A16 */
void captured_personal(const struct evidence *evidence, struct finding *finding);    /* A17 */
/* captured_consent.c */
void captured_consent(const struct evidence *evidence, struct finding *finding);      /* A8 */
void captured_consent_mode(const struct evidence *evidence, struct finding *finding); /* A9 */
void captured_cookies(const struct evidence *evidence, struct finding *finding);      /* A10 */

/* Evidence: the request of a hit, with when it was. */
void captured_see(const struct capture *capture, struct finding *finding, const struct hit *hit);
bool captured_is(const struct hit *hit, const char *tag);

#endif
