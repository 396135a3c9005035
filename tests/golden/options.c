/* Options by their kind; lists of events stay as the settings have them. */
#include "options.h"

static bool set_word(const struct option *option, span value, void *at)
{
    for (const struct option_word *word = option->words; word->text; word++)
        if (span_is(value, word->text)) {
            memcpy(at, &word->value, sizeof word->value);
            return true;
        }
    return false;
}

static bool set(const struct option *option, struct settings *settings, span value)
{
    void *at = (char *)settings + option->offset;
    if (option->kind == OPTION_WORD)
        return set_word(option, value, at);
    if (option->kind == OPTION_BOOL)
        *(bool *)at = span_is(value, "true");
    else if (option->kind != OPTION_EVENTS && option->kind != OPTION_NUMBER &&
             option->kind != OPTION_DURATION) /* those two are pacing's: no request shows them */
        *(span *)at = value;
    return true;
}

bool options_set(const struct destination *destination, struct settings *settings, span key,
                 span value)
{
    for (const struct option *o = destination->options; o->name; o++)
        if (span_is(key, o->name))
            return set(o, settings, value);
    return false;
}

void options_default(const struct destination *destination, struct settings *settings)
{
    for (const struct option *o = destination->options; o->name; o++)
        if (o->otherwise && !set(o, settings, span_of(o->otherwise)))
            fprintf(stderr, "the default of %s is no word of it\n", o->name);
}
