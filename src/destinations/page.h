/*
 * The page an event happened on, as a platform may see it.
 */
#ifndef DESTINATIONS_PAGE_H
#define DESTINATIONS_PAGE_H
#include "destination.h"

/* The URL without its secrets: no fragment; of the query only campaign parameters and the variant,
   none that looks like an e-mail address; the path ends at the first segment behind which shops
   keep tokens (checkouts, orders, cart, …). Absent when it is no http(s) URL. */
span page_clean(struct arena *arena, span url);
/* The event's own page; else, bare, the page its visitor landed on; else the shop's front page. */
span page_of(struct arena *arena, const struct settings *settings, const struct event *event);

/* A click id the platform reads, as it is: the page's own beats what a cookie remembers; the
   landing is for who has no cookie. Absent when there is none, or none that is text. */
span page_click(struct arena *arena, const struct client *client, const char *parameter,
                span remembered);

#endif
