/* Private to sgtm.c and analytics_setup.c: the settings of a server container. */
#ifndef DESTINATIONS_SGTM_H
#define DESTINATIONS_SGTM_H
#include "analytics.h"

enum sgtm_protocol { PROTOCOL_G_COLLECT, PROTOCOL_MP };
struct sgtm_settings {
    struct analytics_stream stream; /* first: shared shapes are handed its address */
    span url;
    enum sgtm_protocol protocol;
};

static inline const struct sgtm_settings *sgtm_own(const struct settings *settings)
{
    return (const struct sgtm_settings *)(const void *)settings;
}

/* Its address, without a slash at the end. */
span sgtm_container(const struct settings *settings);

#endif
