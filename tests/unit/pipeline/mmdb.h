/*
 * Writes a tiny MaxMind database (format 2.0: a binary tree of 24-bit records over IPv4, 16 zero
 * bytes, data, metadata), because no real one may be in the tree.
 */
#ifndef TESTS_PIPELINE_MMDB_H
#define TESTS_PIPELINE_MMDB_H
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../../src/base/buf.h"

struct mmdb_row {
    const char *net; /* IPv4 */
    unsigned prefix;
    const char *country, *part, *network; /* NULL: not in it */
};

#define MMDB_NODES 512u

static inline void mmdb_text(struct buf *out, const char *text)
{
    assert_true(strlen(text) < 285);
    if (strlen(text) < 29) {
        buf_add_char(out, (char)(2 << 5 | (int)strlen(text)));
    } else { /* the length in a byte of its own */
        buf_add_char(out, (char)(2 << 5 | 29));
        buf_add_char(out, (char)(strlen(text) - 29));
    }
    buf_add_text(out, text);
}

static inline void mmdb_map(struct buf *out, unsigned pairs)
{
    buf_add_char(out, (char)(7 << 5 | pairs));
}

static inline void mmdb_number(struct buf *out, int type, uint32_t value)
{
    buf_add_char(out, (char)(type << 5 | 4));
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_add_char(out, (char)(value >> shift));
}

static inline void mmdb_data(struct buf *out, const struct mmdb_row *row)
{
    mmdb_map(out, (row->country != NULL) + (row->part != NULL) + (row->network != NULL));
    if (row->country) {
        mmdb_text(out, "country");
        mmdb_map(out, 1);
        mmdb_text(out, "iso_code");
        mmdb_text(out, row->country);
    }
    if (row->part) {
        mmdb_text(out, "subdivisions");
        buf_add_char(out, 1); /* extended type, one element … */
        buf_add_char(out, 4); /* … 7 + 4: array */
        mmdb_map(out, 1);
        mmdb_text(out, "iso_code");
        mmdb_text(out, row->part);
    }
    if (row->network) {
        mmdb_text(out, "autonomous_system_organization");
        mmdb_text(out, row->network);
    }
}

static inline void mmdb_write(const char *path, const struct mmdb_row *rows, unsigned count)
{
    /* 0: nothing here; positive: node; negative: 1 + offset in the data. */
    static long tree[MMDB_NODES][2];
    unsigned nodes = 1;
    struct buf data, out;
    memset(tree, 0, sizeof tree);
    buf_init(&data, 1 << 16);
    buf_init(&out, 1 << 20);
    for (unsigned i = 0; i < count; i++) {
        struct in_addr ip;
        assert_int_equal(inet_pton(AF_INET, rows[i].net, &ip), 1);
        uint32_t bits = ntohl(ip.s_addr);
        long *slot = NULL;
        for (unsigned depth = 0, node = 0; depth < rows[i].prefix; depth++) {
            slot = &tree[node][bits >> (31 - depth) & 1];
            if (depth + 1 < rows[i].prefix && *slot == 0)
                *slot = (long)nodes++;
            node = (unsigned)*slot;
            assert_true(nodes < MMDB_NODES);
        }
        *slot = -1 - (long)data.len;
        mmdb_data(&data, &rows[i]);
    }
    for (unsigned node = 0; node < nodes; node++)
        for (unsigned side = 0; side < 2; side++) {
            long to = tree[node][side];
            unsigned value = to > 0    ? (unsigned)to
                             : to == 0 ? nodes
                                       : nodes + 16 + (unsigned)(-1 - to);
            buf_add_char(&out, (char)(value >> 16));
            buf_add_char(&out, (char)(value >> 8));
            buf_add_char(&out, (char)value);
        }
    buf_add(&out, (const char[16]){0}, 16);
    buf_add_span(&out, buf_span(&data));
    buf_add_text(&out, "\xab\xcd\xefMaxMind.com");
    mmdb_map(&out, 9);
    mmdb_text(&out, "languages"), buf_add(&out, "\x00\x04", 2); /* [] */
    mmdb_text(&out, "description"), mmdb_map(&out, 0);
    mmdb_text(&out, "build_epoch"), buf_add(&out, "\x01\x02\x01", 3); /* 1, of 64 bits */
    mmdb_text(&out, "node_count"), mmdb_number(&out, 6, nodes);
    mmdb_text(&out, "record_size"), buf_add(&out, "\xa2\x00\x18", 3);
    mmdb_text(&out, "ip_version"), buf_add(&out, "\xa2\x00\x04", 3);
    mmdb_text(&out, "database_type"), mmdb_text(&out, "Test");
    mmdb_text(&out, "binary_format_major_version"), buf_add(&out, "\xa2\x00\x02", 3);
    mmdb_text(&out, "binary_format_minor_version"), buf_add(&out, "\xa2\x00\x00", 3);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(out.ptr, 1, out.len, file), out.len);
    fclose(file);
    buf_done(&data);
    buf_done(&out);
}

#endif
