/*
 * Options and words of one command line. getopt_long would do half of it, but its tables cannot
 * carry the help, and two tables drift apart.
 */
#include "args.h"

#include <assert.h>
#include <stdio.h>

static int find(const struct args_option *options, const char *text, size_t len)
{
    for (int i = 0; options[i].name; i++) {
        bool by_name = len > 3 && strlen(options[i].name) == len - 2 &&
                       strncmp(options[i].name, text + 2, len - 2) == 0;
        bool by_letter = len == 2 && options[i].letter && text[1] == options[i].letter;
        if (by_name || by_letter)
            return i;
    }
    return -1;
}

static enum status complain(struct error *error, const char *what, const char *text, size_t len)
{
    snprintf(error->text, sizeof error->text, "%s %.*s", what, (int)len, text);
    return INVALID;
}

/* One option at texts[*i]; moves *i over its value. */
static enum status take_option(struct args *args, int count, char *const *texts, int *i,
                               struct error *error)
{
    const char *text = texts[*i];
    const char *equals = text[1] == '-' ? strchr(text, '=') : NULL;
    size_t len = equals ? (size_t)(equals - text) : strlen(text);
    int which = find(args->options, text, len);
    if (which < 0)
        return complain(error, "unknown option", text, len);
    if (args->values[which])
        return complain(error, "given twice:", text, len);
    if (!args->options[which].value) {
        if (equals)
            return complain(error, "no value wanted for", text, len);
        args->values[which] = "";
        return OK;
    }
    if (!equals && ++*i == count)
        return complain(error, "a value is missing after", text, len);
    args->values[which] = equals ? equals + 1 : texts[*i];
    return OK;
}

enum status args_parse(const struct args_option *options, unsigned most_words, int count,
                       char *const *texts, struct args *ret_args, struct error *ret_error)
{
    struct args args = {.options = options};
    bool only_words = false;
    assert(most_words <= ARGS_WORDS);
    for (int i = 0; i < count; i++) {
        if (!only_words && strcmp(texts[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && texts[i][0] == '-' && texts[i][1]) {
            enum status status = take_option(&args, count, texts, &i, ret_error);
            if (status != OK)
                return status;
        } else if (args.word_count == most_words) {
            return complain(ret_error, "one word too many:", texts[i], strlen(texts[i]));
        } else {
            args.words[args.word_count++] = texts[i];
        }
    }
    *ret_args = args;
    return OK;
}

const char *args_get(const struct args *args, const char *name)
{
    for (unsigned i = 0; args->options[i].name; i++) {
        assert(i < ARGS_OPTIONS);
        if (strcmp(args->options[i].name, name) == 0)
            return args->values[i];
    }
    assert(false); /* an option that is not in the verb's table */
    return NULL;
}

enum status args_number(const struct args *args, const char *name, int64_t otherwise, int64_t least,
                        int64_t most, int64_t *ret_number)
{
    const char *text = args_get(args, name);
    int64_t number = otherwise;
    if (text && (span_int(span_of(text), &number) != OK || number < least || number > most)) {
        fprintf(stderr, "sidetrack: --%s takes a whole number from %lld to %lld\n", name,
                (long long)least, (long long)most);
        return INVALID;
    }
    *ret_number = number;
    return OK;
}
