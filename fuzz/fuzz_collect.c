/* Both forms of the collect body, as a stranger may post them. */
#include "scene.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct http_header headers[] = {
        {SPAN("User-Agent"), SPAN("Mozilla/5.0")},
        {SPAN("Sec-GPC"), SPAN("1")},
    };
    struct shop shop = scene_shop(0);
    struct arena arena;
    struct source_batch batch = {0};
    if (size > LIMIT_COLLECT_BODY)
        return 0;
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    struct http_request request = {
        .headers = headers,
        .header_count = COUNT_OF(headers),
        .body = {(const char *)bytes, size},
        .client_ip = SPAN("203.0.113.7"),
        .received_at = SCENE_NOW,
    };
    scene_check(source_collect.decode(&request, &shop, &arena, &batch), &batch);
    arena_done(&arena);
    return 0;
}
