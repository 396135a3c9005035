/*
 * The list of names in names.h, turned into lookups. The list is short and the texts differ in
 * length, so a search is mostly comparing lengths: about 20 ns for the last entry, less than the
 * hashing that a table would need.
 */
#include "names.h"

#include <assert.h>

static const struct {
    span text;
    enum event_class class;
} names[EVENT_NAME_COUNT] = {
#define NAMES_ROW(constant, text, class) [EVENT_##constant] = {SPAN(text), EVENT_CLASS_##class},
    EVENT_NAMES(NAMES_ROW)
#undef NAMES_ROW
};

enum event_name names_find(span text)
{
    for (unsigned name = 0; name < EVENT_CUSTOM; name++)
        if (names[name].text.len == text.len &&
            memcmp(names[name].text.ptr, text.ptr, text.len) == 0)
            return (enum event_name)name;
    return EVENT_CUSTOM;
}

const char *names_text(enum event_name name)
{
    assert(name < EVENT_NAME_COUNT);
    return names[name].text.ptr;
}

enum event_class names_class(enum event_name name)
{
    assert(name < EVENT_NAME_COUNT);
    return names[name].class;
}

const char *names_class_text(enum event_class class_)
{
    static const char *const texts[] = {
        [EVENT_CLASS_STOREFRONT] = "storefront",
        [EVENT_CLASS_CHECKOUT] = "checkout",
        [EVENT_CLASS_HALF] = "half",
        [EVENT_CLASS_ORDER] = "order",
        [EVENT_CLASS_PEOPLE] = "people",
        [EVENT_CLASS_FACT] = "fact",
        [EVENT_CLASS_CUSTOM] = "custom",
    };
    assert(class_ < COUNT_OF(texts));
    return texts[class_];
}
