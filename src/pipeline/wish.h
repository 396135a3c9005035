/*
 * What a person (or Shopify for him) asks by a signed webhook: to be told what we hold, to be
 * forgotten; and a shop that left. contracts/sources 1.9.
 */
#ifndef PIPELINE_WISH_H
#define PIPELINE_WISH_H
#include "identity.h"

bool wish_is(const struct event *event);
/* Begins the erasure (RECORD's turns go on with it), or notes when the answer is due. */
MUST_USE enum status wish_grant(const struct identity *identity, const struct event *event);

#endif
