/*
 * Structured log lines on standard error: logfmt or JSON, one write(2) a line, ceiling
 * LIMIT_LOG_LINE. Only floors 3 and 4 log. Secrets and personal data are never passed here.
 * Thread: any.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "span.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

void log_setup(enum log_level least, enum log_format format);
/* log_event(LOG_WARN, "destination_paused", "store=%.*s destination=%s", …): what happened,
   then fields as key=value pairs parted by blanks; values with blanks are written key="…"
   by the caller's format. The JSON form is made from the same pairs. */
void log_event(enum log_level level, const char *what, const char *format, ...) PRINTF(3, 4);

#endif
