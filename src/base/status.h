/*
 * One way to say how a call went. Functions that can fail return it; what they
 * produce goes to trailing `ret_…` parameters, which are untouched unless OK.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(format_index, first_index)                                                          \
    __attribute__((format(printf, format_index, first_index), nonnull(format_index)))
/* For OS things only (descriptor, statement, lock): event memory lives in arenas. */
#define CLEANUP(function) __attribute__((cleanup(function)))
#define COUNT_OF(array)   (sizeof(array) / sizeof *(array))

enum status {
    OK,
    AGAIN,    /* not now: try later */
    INVALID,  /* the input is wrong, and always will be */
    MISSING,  /* nothing there */
    CONFLICT, /* somebody else holds it */
    FULL,     /* a ceiling was reached */
    BROKEN,   /* the machine failed us: disk, socket, library */
};

/* A sentence for a person. Filled only where a person asked (config, CLI, HTTP detail). */
struct error {
    char text[240];
};

#endif
