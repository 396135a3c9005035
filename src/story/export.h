/*
 * Everything the file holds of somebody, for the person who asked (sources 1.9). What is told is
 * what would be erased (store/dossier.h), but for what is another's: of a row that only mentions
 * him its place and time, of a browser that others used too its consent. The journal is read in
 * windows.
 */
#ifndef STORY_EXPORT_H
#define STORY_EXPORT_H
#include "../base/buf.h"
#include "../store/dossier.h"

/* How many rows of which table were told: the receipt's. */
struct export_told {
    int64_t journal, letters, batches, orders, outcomes, visitors, quarantine;
};
span export_told_text(struct arena *arena, const struct export_told *told); /* JSON */

typedef void export_take(void *arg, span piece);
/* `take` gets it piece by piece, so that length costs no memory; NULL: all of it stays in `out`.
   FULL: `out` was too small. */
MUST_USE enum status export_write(struct view *view, struct arena *arena,
                                  const struct dossier *dossier, int64_t now, export_take *take,
                                  void *arg, struct buf *out, struct export_told *ret_told);
/* Of somebody who is nobody's person: does any row or body say him all the same? */
MUST_USE enum status export_is_said(struct view *view, const struct dossier *dossier,
                                    bool *ret_said);

#endif
