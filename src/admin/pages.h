/*
 * What the dashboard and machines may read: a handler a page. Each asks src/story to write it, and
 * says 404 for what is not there. docs/api.yaml describes the answers.
 *
 * A viewer sees people masked (story/mask.h): the whole answer is written again for him, so no page
 * can forget it.
 */
#ifndef ADMIN_PAGES_H
#define ADMIN_PAGES_H
#include "../story/story.h"
#include "ask.h"

struct story pages_story(const struct ask *ask);
/* The store of the query; NULL where none is named. false: there is no such store, 404 is said. */
bool pages_shop(struct ask *ask, const struct shop **ret_shop);
/* Answers with what was written, or says why not: MISSING 404, everything else 500. */
void pages_answer(struct ask *ask, enum status status, const char *missing);

void pages_overview(struct ask *ask);
void pages_orders(struct ask *ask);
void pages_order(struct ask *ask);
void pages_events(struct ask *ask);
void pages_event(struct ask *ask);
void pages_people(struct ask *ask);
void pages_person(struct ask *ask);
void pages_destinations(struct ask *ask);
void pages_letters(struct ask *ask);
void pages_report(struct ask *ask);
void pages_bots(struct ask *ask);
void pages_setup(struct ask *ask);

#endif
