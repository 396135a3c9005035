/*
 * See look.h. A config whose other keys are wrong, or whose ${…} are not set in this shell, still
 * tells where the data is.
 */
#include "look.h"

#include <stdio.h>

#include "config_row.h"

enum status look_path(const struct args *args, struct arena *arena, const char **ret_path)
{
    const char *data = args_get(args, "data"), *path = args_get(args, "config");
    struct yaml_troubles troubles = {.arena = arena};
    const struct yaml_node *root = NULL;
    struct error error;
    span text;
    if (data && path) {
        fprintf(stderr, "sidetrack: --config or --data, not both\n");
        return INVALID;
    }
    if (data) {
        *ret_path = data;
        return OK;
    }
    path = path ? path : CONFIG_FILE;
    if (yaml_read_file(arena, path, CONFIG_BYTES, &text, &error) != OK) {
        fprintf(stderr, "sidetrack: cannot read the config: %s\n", error.text);
        return INVALID;
    }
    if (yaml_parse(arena, text, true, &root, &troubles) != OK && !root) {
        fprintf(stderr, "%s is not YAML; see `sidetrack check -c %s`\n", path, path);
        return INVALID;
    }
    for (const struct config_row *row = config_top_rows; row->key; row++)
        if (row->offset == offsetof(struct config, data))
            data = row->otherwise;
    const struct yaml_node *node = yaml_get(root, "data");
    *ret_path = node && node->kind == YAML_SCALAR ? arena_text(arena, node->text) : data;
    return OK;
}

enum status look_open(const char *path, struct view **ret_view)
{
    struct error error = {{0}};
    enum status status = view_open(path, ret_view, &error);
    if (status == MISSING)
        fprintf(stderr, "sidetrack: there is no database at %s; has `serve` run?\n", path);
    else if (status != OK) {
        bool named = strstr(error.text, path) != NULL;
        fprintf(stderr, "sidetrack: %s%s%s\n", named ? "" : path, named ? "" : ": ", error.text);
    }
    return status;
}
