/*
 * The dashboard's files, embedded: what web/bundle.mjs made of web/dashboard, each gzipped already.
 *
 *     /assets/app-HASH.js     kept by the browser for ever: another content has another name
 *     / /orders /orders/ID …  the page itself, for every path that the page knows; asked again, 304
 *
 * They hold no secret, so they are open: the page is how somebody logs in. A browser that takes no
 * gzip does not exist, so there is no other form. The table is files_rows.c of the build.
 */
#ifndef ADMIN_FILES_H
#define ADMIN_FILES_H
#include <stdbool.h>

struct ask;

struct files_row {
    const char *path, *type, *tag; /* tag: an ETag with its quotes */
    bool page;                     /* answers every path of the page, and is asked again */
    const unsigned char *bytes;    /* gzip */
    unsigned len;
};
extern const struct files_row files_rows[];
extern const unsigned files_count;

/* Answers a GET or HEAD of a file; false: there is none at this path, nothing was answered. */
bool files_answer(struct ask *ask);

#endif
