/*
 * What the dashboard may change: pause, resume, test and replay a destination, letters, forgetting.
 * Each is what a command beside the gateway would do: a short turn of a visiting writer; then the
 * pipeline is told to look. Who may is asked before (admin.c: an admin, with the CSRF header).
 */
#ifndef ADMIN_CHANGE_H
#define ADMIN_CHANGE_H
#include "ask.h"

void change_destination(struct ask *ask); /* STORE/DESTINATION/pause|resume|test|replay */
void change_letters_retry(struct ask *ask);
void change_letters_drop(struct ask *ask);
void change_person(struct ask *ask); /* ID/forget */

#endif
