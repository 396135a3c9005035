/*
 * What a viewer sees of people, and what anybody sees of secrets.
 *
 * mask_value writes a parsed JSON value again with whatever names a person made unreadable: e-mail
 * "a…@e…", phone "+49…89", names and places by their first letter, addresses of machines by their
 * first part, digests by their first eight digits. A text is masked by the key it stands under, and
 * under any key when it looks like an e-mail address.
 */
#ifndef STORY_MASK_H
#define STORY_MASK_H
#include "../base/json.h"
#include "../destinations/destination.h"

/* `key` as for json_put_value_at; absent inside an array and at the root. */
void mask_value(struct json *json, struct arena *arena, span key, const struct json_value *value);
span mask_text(struct arena *arena, span key, span text);
/* `text` without what the settings hold secret. */
span mask_secrets(struct arena *arena, const struct destination *destination,
                  const struct settings *settings, span text);

#endif
