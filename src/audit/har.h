/*
 * A HAR 1.2 recording (Chrome, Edge, Firefox, Safari, Charles, Playwright) into a capture.
 *
 * Recordings are big because answers' bodies are in them, and come from strangers. So the file is
 * never one tree: it is mapped, its bytes are walked once to find where each entry of log.entries
 * begins and ends, and each entry is parsed, read and forgotten by itself. Memory is that of the
 * largest entry; the ceiling of the file is LIMIT_HAR_BYTES, of an entry LIMIT_HAR_ENTRY.
 *
 * The answers of the store's own site that are pages or scripts can be kept with their bodies, to
 * be looked at as if we had fetched them (evidence.h). Those may show a buyer's own pages: what is
 * made of them passes through redact.h like all that is quoted, and they are gone when the audit
 * is.
 *
 * What a visitor had said about consent is not in a HAR. It is told from what is: a consent
 * manager's cookie that a page was asked with, and Google's own `gcs`; else it stays unknown.
 */
#ifndef AUDIT_HAR_H
#define AUDIT_HAR_H
#include "capture.h"
#include "evidence.h"

struct har_bodies { /* in the order of the recording; in the capture's arena */
    struct har_body {
        struct evidence_answer answer; /* a page's address has no query */
        bool page;                     /* else a script */
    } * items;
    unsigned count;
    size_t bytes;
};

/* `bodies`: NULL, not wanted; else zeroed, and filled up to LIMIT_HAR_BODIES and _BODY_BYTES.
   INVALID: not a HAR (the sentence in *ret_error). Entries that are broken or too big are counted
   in capture->unread; a file without one readable entry is INVALID. Pure. */
MUST_USE enum status har_read(struct capture *capture, span text, struct har_bodies *bodies,
                              struct error *ret_error);
/* MISSING: no such file, FULL: too big, else har_read. */
MUST_USE enum status har_read_file(struct capture *capture, const char *path,
                                   struct har_bodies *bodies, struct error *ret_error);
/* The script of that address; NULL: it is not in the recording. */
const struct evidence_answer *har_script(const struct har_bodies *bodies, span url);

#endif
