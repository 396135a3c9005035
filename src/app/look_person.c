/* How a person is named on the command line; see look.h. */
#include <stdio.h>

#include "../event/clean.h"
#include "look.h"

#define STORES 1000 /* a config has no more; see config.c */

unsigned look_names(struct arena *arena, span text, struct dossier_name ret_names[2])
{
    span email = clean_email(arena, text), phone = phone_e164(arena, text, (span){0});
    if (!span_empty(email)) {
        ret_names[0] = (struct dossier_name){LINK_EMAIL, email};
        return 1;
    }
    unsigned count = 0;
    if (!span_empty(phone))
        ret_names[count++] = (struct dossier_name){LINK_PHONE, phone};
    else if (!span_empty(span_trim(text)))
        ret_names[count++] = (struct dossier_name){LINK_CUSTOMER, span_trim(text)};
    return count;
}

enum status look_stores(struct view *view, const struct args *args, int64_t *ret_first,
                        int64_t *ret_last)
{
    const char *name = args_get(args, "store");
    int64_t shop = 1;
    if (name && view_shop(view, span_of(name), &shop) != OK) {
        fprintf(stderr, "sidetrack: the database knows no store `%s`\n", name);
        return INVALID;
    }
    *ret_first = shop;
    *ret_last = name ? shop : STORES;
    return OK;
}
