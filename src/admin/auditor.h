/*
 * Audits from the dashboard: started, watched and kept. The work is a child, `sidetrack audit URL
 * --json`, so that strangers' pages are taken apart outside the gateway's process and the listener
 * never waits; one at a time, ended after AUDITOR_SECONDS. Only an admin may start one (admin.c).
 *
 * Whoever may log in could otherwise make the gateway look around in its own network: private
 * addresses are refused unless the config says `audit: { allow_private: true }`.
 *
 *   POST /api/audits {"url","live"}         -> 202, the child runs, its report becomes a row
 *   POST /api/audits/recorded?url=&live=1      the same with a recording: the body is the HAR
 *   GET  /api/audits                        -> the rows, what runs now, why the last one failed
 *
 * A recording is never on disk: the child gets it as a file in memory that goes with it.
 */
#ifndef ADMIN_AUDITOR_H
#define ADMIN_AUDITOR_H
#include "ask.h"

#define AUDITOR_SECONDS 90u

void auditor_list(struct ask *ask);
void auditor_one(struct ask *ask); /* ID */
void auditor_start(struct ask *ask);
void auditor_start_recorded(struct ask *ask);
/* Ends a running one; the loop must still turn. */
void auditor_close(struct admin *admin);

#endif
