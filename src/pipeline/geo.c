/* See geo.h. libmaxminddb's readers are safe to share: the file is mapped and never written. */
#include "geo.h"

#include <maxminddb.h>
#include <stdlib.h>

struct geo {
    MMDB_s city, asn;
    bool has_city, has_asn;
};

static enum status open_file(span path, MMDB_s *file, bool *ret_has, struct error *ret_error)
{
    char name[4096];
    if (span_empty(path))
        return OK;
    int failed = MMDB_FILE_OPEN_ERROR;
    if ((size_t)snprintf(name, sizeof name, "%.*s", SPAN_ARG(path)) < sizeof name)
        failed = MMDB_open(name, MMDB_MODE_MMAP, file);
    if (failed != MMDB_SUCCESS) {
        snprintf(ret_error->text, sizeof ret_error->text, "geo: %.120s: %.100s", name,
                 MMDB_strerror(failed));
        return INVALID;
    }
    *ret_has = true;
    return OK;
}

enum status geo_open(span city, span asn, struct geo **ret_geo, struct error *ret_error)
{
    if (span_empty(city) && span_empty(asn)) {
        *ret_geo = NULL;
        return OK;
    }
    struct geo *geo = calloc(1, sizeof *geo);
    if (!geo)
        abort();
    enum status status = open_file(city, &geo->city, &geo->has_city, ret_error);
    if (status == OK)
        status = open_file(asn, &geo->asn, &geo->has_asn, ret_error);
    if (status != OK) {
        geo_close(geo);
        return status;
    }
    *ret_geo = geo;
    return OK;
}

void geo_close(struct geo *geo)
{
    if (!geo)
        return;
    if (geo->has_city)
        MMDB_close(&geo->city);
    if (geo->has_asn)
        MMDB_close(&geo->asn);
    free(geo);
}

static bool look(const MMDB_s *file, struct arena *arena, span ip, MMDB_lookup_result_s *ret_found)
{
    int bad_address, failed;
    if (span_empty(ip) || ip.len > 45)
        return false;
    *ret_found = MMDB_lookup_string(file, arena_text(arena, ip), &bad_address, &failed);
    return !bad_address && failed == MMDB_SUCCESS && ret_found->found_entry;
}

static span text_at(struct arena *arena, MMDB_lookup_result_s *found, const char *const *path)
{
    MMDB_entry_data_s data;
    if (MMDB_aget_value(&found->entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING)
        return (span){0};
    span text = {data.utf8_string, data.data_size};
    return span_utf8(text) ? arena_copy(arena, text) : (span){0};
}

span geo_region(const struct geo *geo, struct arena *arena, span ip)
{
    static const char *const country[] = {"country", "iso_code", NULL};
    static const char *const part[] = {"subdivisions", "0", "iso_code", NULL};
    MMDB_lookup_result_s found;
    if (!geo || !geo->has_city || !look(&geo->city, arena, ip, &found))
        return (span){0};
    span code = text_at(arena, &found, country), inner = text_at(arena, &found, part);
    if (code.len != 2)
        return (span){0};
    return inner.len > 0 && inner.len <= 3
               ? arena_print(arena, "%.*s-%.*s", SPAN_ARG(code), SPAN_ARG(inner))
               : code;
}

span geo_network(const struct geo *geo, struct arena *arena, span ip)
{
    static const char *const name[] = {"autonomous_system_organization", NULL};
    MMDB_lookup_result_s found;
    if (!geo || !geo->has_asn || !look(&geo->asn, arena, ip, &found))
        return (span){0};
    return text_at(arena, &found, name);
}
