/*
 * Calendar time by arithmetic, without the C library's time zones and static buffers.
 *
 * Days are counted from 1970-01-01 in the proleptic Gregorian calendar by eras of 400 years
 * (146,097 days), with March as the first month so that the leap day is the last of its
 * year (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 *
 *   2026-11-24T16:00:00.123456+01:00
 *   date       time     fraction offset     fraction cut to milliseconds, offset optional
 *
 * A second of 60 is refused: none of our sources sends leap seconds, and 1970-based
 * milliseconds cannot say one. So is a time whose offset moves it out of the years 1…9999:
 * what parses can always be printed, and parses to the same again.
 */
#include "date.h"

#include "clock.h"

#define YEAR_FIRST_MS INT64_C(-62135596800000) /* 0001-01-01T00:00:00Z */
#define YEAR_LAST_MS  INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* The reverse; `days` not before 0000-03-01, which the clamp in date_text() sees to. */
static void civil_from_days(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day)
{
    days += 719468;
    int64_t era = days / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * month + 2) / 5 + 1;
    *ret_month = month + (month < 10 ? 3 : -9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* Takes exactly `count` digits off the front; -1 when they are not there. */
static int64_t take_digits(span *rest, size_t count)
{
    int64_t value = 0;
    if (rest->len < count)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
            return -1;
        value = value * 10 + (rest->ptr[i] - '0');
    }
    *rest = span_sub(*rest, count, rest->len);
    return value;
}

static bool take_char(span *rest, char c)
{
    if (rest->len == 0 || *rest->ptr != c)
        return false;
    *rest = span_sub(*rest, 1, rest->len);
    return true;
}

/* Takes two digits within least…most. */
static bool take_pair(span *rest, int64_t least, int64_t most, int64_t *ret_value)
{
    int64_t value = take_digits(rest, 2);
    if (value < least || value > most)
        return false;
    *ret_value = value;
    return true;
}

/* Takes ".123456" as 123; nothing there is 0; a point without digits is -1. */
static int64_t take_fraction(span *rest)
{
    if (!take_char(rest, '.'))
        return 0;
    int64_t ms = 0, unit = 100, digit;
    if ((digit = take_digits(rest, 1)) < 0)
        return -1;
    for (; digit >= 0; digit = take_digits(rest, 1), unit /= 10)
        ms += digit * unit;
    return ms;
}

/* Takes 'Z', ±hh:mm, ±hhmm or nothing as what to subtract, and wants the end after it. */
static bool take_offset(span *rest, int64_t *ret_ms)
{
    int64_t hours = 0, minutes = 0;
    bool minus = take_char(rest, '-');
    if (minus || take_char(rest, '+')) {
        if (!take_pair(rest, 0, 23, &hours))
            return false;
        take_char(rest, ':');
        if (!take_pair(rest, 0, 59, &minutes))
            return false;
    } else {
        take_char(rest, 'Z');
    }
    *ret_ms = (hours * HOUR_MS + minutes * MINUTE_MS) * (minus ? -1 : 1);
    return rest->len == 0;
}

enum status date_parse(span text, int64_t *ret_ms)
{
    span rest = text;
    int64_t month, day, hour, minute, second, fraction, offset;
    int64_t year = take_digits(&rest, 4);
    if (year < 1 || !take_char(&rest, '-') || !take_pair(&rest, 1, 12, &month) ||
        !take_char(&rest, '-') || !take_pair(&rest, 1, days_in_month(year, month), &day))
        return INVALID;
    if (!take_char(&rest, 'T') && !take_char(&rest, ' '))
        return INVALID;
    if (!take_pair(&rest, 0, 23, &hour) || !take_char(&rest, ':') ||
        !take_pair(&rest, 0, 59, &minute) || !take_char(&rest, ':') ||
        !take_pair(&rest, 0, 59, &second))
        return INVALID;
    fraction = take_fraction(&rest);
    if (fraction < 0 || !take_offset(&rest, &offset))
        return INVALID;
    int64_t ms = days_from_civil(year, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS +
                 second * SECOND_MS + fraction - offset;
    if (ms < YEAR_FIRST_MS || ms > YEAR_LAST_MS)
        return INVALID;
    *ret_ms = ms;
    return OK;
}

/* Turned into ISO text for date_parse(). */
enum status date_parse_http(span text, int64_t *ret_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.len != 29 || text.ptr[3] != ',' || !span_ends(text, " GMT"))
        return INVALID;
    unsigned month = 0;
    while (month < 12 && memcmp(text.ptr + 8, months + 3 * month, 3) != 0)
        month++;
    if (month == 12)
        return INVALID;
    char iso[32];
    snprintf(iso, sizeof iso, "%.4s-%02u-%.2sT%.8sZ", text.ptr + 12, month + 1, text.ptr + 5,
             text.ptr + 17);
    return date_parse(span_of(iso), ret_ms);
}

static void put_digits(char *at, int count, int64_t value)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
}

void date_text(int64_t ms, char ret_text[DATE_TEXT_LEN + 1])
{
    if (ms < YEAR_FIRST_MS)
        ms = YEAR_FIRST_MS;
    if (ms > YEAR_LAST_MS)
        ms = YEAR_LAST_MS;
    int64_t days = ms / DAY_MS, in_day = ms % DAY_MS;
    if (in_day < 0) {
        in_day += DAY_MS;
        days--;
    }
    int64_t year, month, day;
    civil_from_days(days, &year, &month, &day);
    memcpy(ret_text, "0000-00-00T00:00:00.000Z", DATE_TEXT_LEN + 1);
    put_digits(ret_text, 4, year);
    put_digits(ret_text + 5, 2, month);
    put_digits(ret_text + 8, 2, day);
    put_digits(ret_text + 11, 2, in_day / HOUR_MS);
    put_digits(ret_text + 14, 2, in_day / MINUTE_MS % 60);
    put_digits(ret_text + 17, 2, in_day / SECOND_MS % 60);
    put_digits(ret_text + 20, 3, in_day % SECOND_MS);
}

span date_print(struct arena *arena, int64_t ms)
{
    span text = date_print_ms(arena, ms);
    ((char *)(uintptr_t)text.ptr)[19] = 'Z';
    return span_sub(text, 0, 20);
}

span date_print_ms(struct arena *arena, int64_t ms)
{
    char *text = arena_take(arena, DATE_TEXT_LEN + 1);
    date_text(ms, text);
    return (span){text, DATE_TEXT_LEN};
}
