/*
 * Files for the targets that read some: a folder in memory, gone at the end, and copies of files as
 * they were made, so that each input meets the same ones.
 */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../src/base/span.h"

#define FILES_MOST 4u

static char files_folder[64];
static struct {
    char name[32];
    char *bytes;
    size_t len;
} files_kept[FILES_MOST];

static inline void files_must(bool truth)
{
    if (!truth) {
        perror("fuzz/files.h");
        abort();
    }
}

/* Of a file in the folder; good until the next call but three. */
static inline const char *files_path(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", files_folder, name);
    return path;
}

static inline void files_end(void)
{
    DIR *folder = opendir(files_folder);
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        unlink(files_path(entry->d_name));
    if (folder)
        closedir(folder);
    rmdir(files_folder);
}

static inline void files_make(void)
{
    snprintf(files_folder, sizeof files_folder, "/dev/shm/sidetrack-fuzz-XXXXXX");
    files_must(mkdtemp(files_folder) != NULL);
    files_must(atexit(files_end) == 0);
}

static inline void files_write(const char *name, span bytes)
{
    int fd = open(files_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    files_must(fd >= 0 && write(fd, bytes.ptr ? bytes.ptr : "", bytes.len) == (ssize_t)bytes.len);
    close(fd);
}

static inline void files_keep(const char *name)
{
    unsigned i = 0;
    while (i < FILES_MOST && files_kept[i].bytes)
        i++;
    files_must(i < FILES_MOST);
    struct stat about;
    int fd = open(files_path(name), O_RDONLY | O_CLOEXEC);
    files_must(fd >= 0 && fstat(fd, &about) == 0);
    snprintf(files_kept[i].name, sizeof files_kept[i].name, "%s", name);
    files_kept[i].len = (size_t)about.st_size;
    files_kept[i].bytes = malloc(files_kept[i].len + 1);
    files_must(files_kept[i].bytes != NULL);
    files_must(read(fd, files_kept[i].bytes, files_kept[i].len) == about.st_size);
    close(fd);
}

static inline span files_kept_bytes(const char *name)
{
    unsigned i = 0;
    while (i < FILES_MOST && strcmp(files_kept[i].name, name) != 0)
        i++;
    files_must(i < FILES_MOST);
    return (span){files_kept[i].bytes, files_kept[i].len};
}

/* As it was kept; what a database has beside it goes. */
static inline void files_restore(const char *name)
{
    static const char *const beside[] = {"-wal", "-shm", "-journal"};
    char path[128];
    for (unsigned i = 0; i < sizeof beside / sizeof *beside; i++) {
        snprintf(path, sizeof path, "%s%s", files_path(name), beside[i]);
        unlink(path);
    }
    files_write(name, files_kept_bytes(name));
}

#endif
