/* Writing what DELIVER reports, on RECORD's behalf: its thread, its transaction. */
#ifndef PIPELINE_REPORT_H
#define PIPELINE_REPORT_H
#include "message.h"

MUST_USE enum status report_write(struct store *store, const struct report *report, int64_t now);

#endif
