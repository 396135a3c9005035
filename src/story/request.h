/*
 * What was asked of each platform for an order, as proof for people. The file keeps what a request
 * carried and was answered, not its bytes (they are mostly copies of the journal); they are made
 * again here from the same row by the same encoder, with what is known of the person by now, and
 * with people and secrets masked. "body_note" says so.
 */
#ifndef STORY_REQUEST_H
#define STORY_REQUEST_H
#include "show.h"
#include "story.h"

/* The member "requests" of an open object. */
void request_list(const struct story *story, const struct show_order *order, struct json *json);

#endif
