/*
 * Written beside and renamed into place: who sees the file sees all of it.
 */
#include "ports.h"

#include <errno.h>
#include <stdio.h>

#include "../base/json.h"
#include "../net/addr.h"
#include "yaml.h"

#define FILE_BYTES 4096u

enum status ports_write(const char *path, span listen, span admin)
{
    char beside[4096];
    if (!path)
        return OK;
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) < sizeof beside) {
        FILE *file = fopen(beside, "we");
        if (file) {
            fprintf(file, "{\"listen\":\"%.*s\"", SPAN_ARG(listen));
            if (admin.ptr)
                fprintf(file, ",\"admin\":\"%.*s\"", SPAN_ARG(admin));
            fputs("}\n", file);
            if (fclose(file) == 0 && rename(beside, path) == 0)
                return OK;
        }
    }
    fprintf(stderr, "sidetrack: cannot write %s: %s\n", path, strerror(errno));
    return BROKEN;
}

static void take(const struct json_value *json, const char *key, uint16_t *ret_port)
{
    span host;
    uint16_t port;
    if (ret_port && addr_split(json_get_text(json, key), &host, &port) == OK)
        *ret_port = port;
}

enum status ports_read(const char *path, uint16_t *ret_listen, uint16_t *ret_admin)
{
    struct arena arena;
    struct error error;
    span text;
    const struct json_value *json;
    arena_init(&arena, 64u * FILE_BYTES);
    enum status status = yaml_read_file(&arena, path, FILE_BYTES, &text, &error);
    if (status == OK && json_parse(&arena, text, &json, NULL) == OK) {
        take(json, "listen", ret_listen);
        take(json, "admin", ret_admin);
    } else {
        status = AGAIN;
    }
    arena_done(&arena);
    return status;
}
