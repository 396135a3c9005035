/*
 * The sandbox: requests to every platform and to its own paths, faults among them. It is asked by
 * our own encoders, but strictness is what it is for, so any bytes may come.
 */
#include "door.h"

#include "../src/sandbox/sandbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uv_loop_t loop;
    struct clock_fake clock;
    struct sandbox *sandbox;
    if (size > 32768)
        return 0;
    door.lies = memmem(bytes ? bytes : (const uint8_t *)"", size, "faults", 6) != NULL;
    clock_fake_init(&clock, INT64_C(1764000060000)); /* of the golden cases */
    hold(uv_loop_init(&loop) == 0);
    hold(sandbox_open(&loop, 0, &clock.clock, &sandbox) == OK);
    door_ask((span){(const char *)bytes, size}, NULL, clock.at);
    uv_run(&loop, UV_RUN_NOWAIT);
    sandbox_close(sandbox); /* whatever was late is reset */
    hold(door.open == NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    hold(uv_loop_close(&loop) == 0);
    return 0;
}
