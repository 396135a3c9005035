/*
 * SQLite's write-ahead log, written in large pieces. Private to the room; logfile.c tells why.
 */
#ifndef STORE_LOGFILE_H
#define STORE_LOGFILE_H

/* Makes the file system known to SQLite, beside its default one. Once, before the first open. */
void logfile_register(void);
#define LOGFILE_SYSTEM "sidetrack" /* what sqlite3_open_v2 asks for to have it */

#endif
