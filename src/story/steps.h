/* The first steps: what to paste where, and which of it has been heard of. */
#ifndef STORY_STEPS_H
#define STORY_STEPS_H
#include "story.h"

/* {"paste","checks"}, whole, of one store. */
MUST_USE enum status steps_put(const struct story *story, const struct shop *shop,
                               struct json *json);

#endif
