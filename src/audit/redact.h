/*
 * What a report, a stored capture or a log may show of a stranger's shop: no e-mail, no secret, no
 * cookie's value, no hash of a person. Ids of tags are public and stay: they are in every page.
 */
#ifndef AUDIT_REDACT_H
#define AUDIT_REDACT_H
#include "../base/arena.h"

/* A piece of page, script or request as one line of evidence: white space run together, e-mails,
   values of secret-looking names (key, token, secret, password, signature, auth, session …), long
   hex and JWTs replaced by "•••", at most `most` bytes (cut on a character, "…" added), UTF-8. */
span redact_quote(struct arena *arena, span text, size_t most);
/* scheme://host/path: no query, no fragment, no user; e-mails in the path masked. */
span redact_url(struct arena *arena, span url);
/* A plain e-mail, also encoded for a URL (once or twice) or for JSON; the user of a URL is none. */
bool redact_has_email(span text);
bool redact_secret_name(span name); /* a parameter or member whose value is nobody's business */

#endif
