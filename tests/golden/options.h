/* A destination's own options, from text as a config would have it but taken as it stands. */
#ifndef GOLDEN_OPTIONS_H
#define GOLDEN_OPTIONS_H
#include "../../src/destinations/destination.h"

/* False: no such option, or not one of its words. */
bool options_set(const struct destination *destination, struct settings *settings, span key,
                 span value);
void options_default(const struct destination *destination, struct settings *settings);

#endif
