/*
 * What stands before the first event: are the options well formed, where does a merchant get the
 * credentials, what limits hold, and would the platform take our requests (`check --online`).
 *
 * Pure like the rest of the room: a probe is a request and a judgement, sent by app/. A probe
 * records nothing where the platform allows that; how, is said at each platform's setup.
 */
#ifndef DESTINATIONS_SETUP_H
#define DESTINATIONS_SETUP_H
#include "destination.h"

/* What is wrong with an option, or worth a warning: words that go on from the option's name and
   say what would be right. They never quote the value, it may be a secret. */
typedef void option_say(void *arg, const char *option, bool wrong, const char *words);

/* A limit of the platform's and how it is met: a row of docs/destinations/limits.md. */
struct limit {
    const char *section; /* of contracts/destinations.md */
    const char *what;    /* "events in a request" */
    const char *theirs;  /* "1000" */
    int64_t ours;        /* the constant that holds it; 0: see `how` */
    const char *how;     /* what happens at the limit */
    const char *test;    /* a file that would fail without it */
};

struct probe {
    const char *proves; /* what an acceptance shows: "token and dataset are good" */
    struct http_call call;
    const struct batch *batch; /* for judge(); NULL: the HTTP status alone tells */
};

struct setup {
    const char *credentials;    /* where a merchant gets them and what they must be allowed */
    const char *proves;         /* of the sample, where `probe` is NULL */
    const char *const *notes;   /* what goes out and what does not, a sentence each; NULL ends */
    const struct limit *limits; /* ends with section NULL */
    /* What no single option can be wrong about, and forms the platform knows; NULL: nothing. */
    void (*check)(const struct settings *, struct arena *, option_say *say, void *arg);
    /* The next request, steps from 0, false after the last. `sample`: one harmless event, made as
       a test. NULL: the sample itself, encoded; only where it validates. */
    bool (*probe)(const struct settings *, const struct batch *sample, unsigned step,
                  struct probe *ret_probe);
    /* A second thought about what judge() made of the answer: a refusal of the event may be what
       was wanted. NULL: judge() is right. */
    void (*probe_judge)(const struct settings *, const struct probe *, const struct http_response *,
                        struct judgement *judgement);
};

/* A batch of one event that never happened, made as a test: an order where the platform validates,
   else a page view. In `arena`. */
const struct batch *setup_sample(const struct destination *destination,
                                 const struct settings *settings, void *memory, int64_t now,
                                 struct arena *arena);
/* False: no further request (or, at step 0, nothing harmless to ask). All in `arena`; `memory` as
   of the errands that went before. */
bool setup_probe(const struct destination *destination, const struct settings *settings,
                 void *memory, unsigned step, int64_t now, struct arena *arena,
                 struct probe *ret_probe);
/* DELIVERED: good. RETRY: ask later. Everything else: it would not work, code and message say why.
 */
void setup_judge(const struct destination *destination, const struct settings *settings,
                 const struct probe *probe, const struct http_response *response, int64_t now,
                 struct judgement *ret_judgement);

#endif
