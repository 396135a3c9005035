/*
 * TZif files and the rule at their end; zone.h is the contract.
 *
 *   "TZif" version  15 x 0  counts of six tables (4 bytes each), the tables with 4-byte times,
 *   the same again with 8-byte times, "\n" rule "\n"
 *
 * The rule is a POSIX TZ such as CET-1CEST,M3.5.0,M10.5.0/3: offset of winter, and from which
 * Sunday (month, week, day of week, hour) summer holds. Only the M form is read; it is the only one
 * the files use for zones with summer time.
 */
#include "zone.h"

#include <stdio.h>
#include <stdlib.h>

#include "../base/date.h"

#define FOLDER     "/usr/share/zoneinfo/"
#define FILE_BYTES 65536u
#define HEAD       44u

static uint32_t number(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t wide(const uint8_t *at)
{
    return (int64_t)((uint64_t)number(at) << 32 | number(at + 4));
}

struct counts {
    unsigned utc, wall, leap, time, kind, letter;
};

static struct counts counts_of(const uint8_t *head)
{
    return (struct counts){number(head + 20), number(head + 24), number(head + 28),
                           number(head + 32), number(head + 36), number(head + 40)};
}

static size_t tables(const struct counts *c, size_t time)
{
    return c->time * (time + 1) + c->kind * 6u + c->letter + c->leap * (time + 4) + c->wall +
           c->utc;
}

static void read_tables(struct zone *zone, const uint8_t *bytes, size_t len)
{
    if (len < HEAD || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return;
    struct counts first = counts_of(bytes);
    size_t at = HEAD + tables(&first, 4);
    if (first.time > FILE_BYTES || first.leap > FILE_BYTES || at + HEAD > len)
        return;
    struct counts c = counts_of(bytes + at);
    at += HEAD;
    if (c.time > FILE_BYTES || c.leap > FILE_BYTES || c.kind == 0 || at + tables(&c, 8) > len)
        return;
    zone->times = bytes + at;
    zone->kinds = zone->times + c.time * 8u;
    zone->offsets = zone->kinds + c.time;
    zone->time_count = c.time;
    zone->kind_count = c.kind;
    at += tables(&c, 8);
    span rest = {(const char *)bytes + at, len - at}, line;
    if (span_split(&rest, '\n', &line) && span_split(&rest, '\n', &line))
        zone->rule = line;
}

void zone_load(struct zone *zone, struct arena *arena, span name)
{
    char path[256];
    *zone = (struct zone){.time_count = 0};
    if (span_empty(name) || name.ptr[0] == '/' || span_find(name, 0, '.') < name.len ||
        (size_t)snprintf(path, sizeof path, FOLDER "%.*s", SPAN_ARG(name)) >= sizeof path)
        return;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return;
    uint8_t *bytes = arena_take(arena, FILE_BYTES);
    size_t len = fread(bytes, 1, FILE_BYTES, file);
    fclose(file);
    read_tables(zone, bytes, len);
}

static int64_t kind_offset(const struct zone *zone, unsigned kind)
{
    if (kind >= zone->kind_count)
        return 0;
    return (int32_t)number(zone->offsets + kind * 6u) * SECOND_MS;
}

/* ---- the rule at the end ---- */

static void skip_name(const char **at)
{
    bool quoted = **at == '<';
    while (**at &&
           (quoted ? **at != '>' : (**at >= 'A' && **at <= 'Z') || (**at >= 'a' && **at <= 'z')))
        (*at)++;
    *at += quoted && **at;
}

/* [+-]hh[:mm[:ss]] as ms. */
static int64_t read_time(const char **at)
{
    int64_t unit = HOUR_MS, sum = 0;
    int sign = **at == '-' ? -1 : 1;
    *at += **at == '-' || **at == '+';
    for (;; unit /= 60) {
        char *end;
        sum += strtol(*at, &end, 10) * unit;
        *at = end;
        if (**at != ':' || unit == SECOND_MS)
            return sign * sum;
        (*at)++;
    }
}

static int64_t day_of(int year, int month, int day)
{
    char text[32];
    int64_t ms = 0;
    snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
    return date_parse(span_of(text), &ms) == OK ? ms / DAY_MS : 0;
}

/* ",Mm.w.d[/time]" of a year, in ms of local time. */
static int64_t read_turn(const char **at, int year)
{
    int month = 1, week = 1, weekday = 0, used = 0;
    int64_t time = 2 * HOUR_MS;
    if (sscanf(*at, ",M%2d.%1d.%1d%n", &month, &week, &weekday, &used) == 3)
        *at += used;
    if (**at == '/') {
        (*at)++;
        time = read_time(at);
    }
    int64_t first = day_of(year, month, 1);
    int64_t next = month == 12 ? day_of(year + 1, 1, 1) : day_of(year, month + 1, 1);
    int64_t day = first + (weekday - (first + 4) % 7 + 7) % 7 + 7 * (week - 1);
    while (day >= next)
        day -= 7;
    return day * DAY_MS + time;
}

static int64_t rule_offset(const struct zone *zone, int64_t at)
{
    char text[128], date[DATE_TEXT_LEN + 1];
    if (zone->rule.len >= sizeof text)
        return 0;
    memcpy(text, zone->rule.ptr, zone->rule.len);
    text[zone->rule.len] = '\0';
    const char *rest = text;
    skip_name(&rest);
    int64_t winter = -read_time(&rest), summer = winter + HOUR_MS;
    if (!*rest)
        return winter;
    skip_name(&rest);
    if (*rest && *rest != ',')
        summer = -read_time(&rest);
    date_text(at + winter, date);
    int year = (int)strtol(date, NULL, 10);
    int64_t begins = read_turn(&rest, year) - winter, ends = read_turn(&rest, year) - summer;
    bool is_summer = begins < ends ? at >= begins && at < ends : at >= begins || at < ends;
    return is_summer ? summer : winter;
}

int64_t zone_offset(const struct zone *zone, int64_t at)
{
    int64_t seconds = at / SECOND_MS - (at % SECOND_MS < 0);
    unsigned low = 0, high = zone->time_count;
    while (low < high) { /* the first that is later */
        unsigned middle = low + (high - low) / 2;
        if (wide(zone->times + middle * 8u) <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->time_count && !span_empty(zone->rule))
        return rule_offset(zone, at);
    return kind_offset(zone, low > 0 ? zone->kinds[low - 1] : 0);
}

/* ---- days ---- */

static int64_t midnight_of(const struct zone *zone, int64_t day)
{
    int64_t guess = day * DAY_MS - zone_offset(zone, day * DAY_MS);
    return day * DAY_MS - zone_offset(zone, guess);
}

static int64_t day_at(const struct zone *zone, int64_t at)
{
    int64_t local = at + zone_offset(zone, at);
    return local / DAY_MS - (local % DAY_MS < 0);
}

int64_t zone_midnight(const struct zone *zone, int64_t at)
{
    return midnight_of(zone, day_at(zone, at));
}

int64_t zone_next_day(const struct zone *zone, int64_t midnight)
{
    return midnight_of(zone, day_at(zone, midnight) + 1);
}

enum status zone_parse_day(const struct zone *zone, span text, int64_t *ret_midnight)
{
    char whole[32];
    int64_t ms;
    if (text.len != 10)
        return INVALID;
    snprintf(whole, sizeof whole, "%.10sT00:00:00Z", text.ptr);
    if (date_parse(span_of(whole), &ms) != OK)
        return INVALID;
    *ret_midnight = midnight_of(zone, ms / DAY_MS);
    return OK;
}

span zone_day_text(const struct zone *zone, struct arena *arena, int64_t at)
{
    char text[DATE_TEXT_LEN + 1];
    date_text(at + zone_offset(zone, at), text);
    return arena_print(arena, "%.10s", text);
}

span zone_hour_text(const struct zone *zone, struct arena *arena, int64_t at)
{
    char text[DATE_TEXT_LEN + 1];
    date_text(at + zone_offset(zone, at), text);
    return arena_print(arena, "%.5s", text + 11);
}
