/*
 * JSON for tests: differences a person can read, paths into a tree, and a printer for blessing.
 */
#ifndef GOLDEN_COMPARE_H
#define GOLDEN_COMPARE_H
#include "../../src/base/json.h"

/* Appends one line per difference ("data.0.value: expected 59.90, got 59.9"), at most 12. Members
   may come in any order; numbers are compared by their digits. True when there is none. */
bool compare_json(struct buf *out, const struct json_value *expected,
                  const struct json_value *actual);
/* "data.0.user_data.em.0"; "#" gives no value but the count (see compare_count). NULL: not there.
 */
const struct json_value *compare_find(const struct json_value *root, span path);
/* Every member of `actual` is a member of `schema`, a tree of allowed names; arrays use their first
   element, "*" stands for anything. Differences are appended to out. */
bool compare_schema(struct buf *out, const struct json_value *schema,
                    const struct json_value *actual);
/* Two blanks a level; what fits on a line of 96 stays on it. */
void compare_print(struct buf *out, const struct json_value *value, unsigned indent);

#endif
