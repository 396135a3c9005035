/*
 * A HAR 1.2 recording (Chrome, Edge, Firefox, Safari, Charles, Playwright) into a capture.
 *
 * Recordings are big because answers' bodies are in them, and come from strangers. So the file is
 * never one tree: it is mapped, its bytes are walked once to find where each entry of log.entries
 * begins and ends, and each entry is parsed, read and forgotten by itself. Memory is that of the
 * largest entry; the ceiling of the file is LIMIT_HAR_BYTES, of an entry LIMIT_HAR_ENTRY.
 *
 * What a visitor had said about consent is not in a HAR. It is told from what is: a consent
 * manager's cookie that a page was asked with, and Google's own `gcs`; else it stays unknown.
 */
#ifndef AUDIT_HAR_H
#define AUDIT_HAR_H
#include "capture.h"

/* INVALID: not a HAR (the sentence in *ret_error). Entries that are broken or too big are counted
   in capture->unread; a file without one readable entry is INVALID. Pure. */
MUST_USE enum status har_read(struct capture *capture, span text, struct error *ret_error);
/* MISSING: no such file, FULL: too big, else har_read. */
MUST_USE enum status har_read_file(struct capture *capture, const char *path,
                                   struct error *ret_error);
/* The URL of the first page in it; absent: none. For an audit that was given no address. */
span har_first_page(struct arena *arena, span text);

#endif
