/*
 * A libc that fails on order. Loaded before the real one (LD_PRELOAD) into one gateway and never
 * linked into anything, so that the release build has no trace of it.
 *
 * The order is a small file, named by FAULT_PLAN (plan.h); plan.c writes it while the gateway runs.
 * Calls are counted by kind; the call that brings its kind's count to `at` fails with `error`, and
 * with `lasting` all after it. With `torn` a write that fails has come half way, as on a full disk,
 * or a send takes half of what it was given. Disk calls count for the database's files only (their
 * names hold "sidetrack.db"), sockets for TCP only: nobody is struck but what the scene is about.
 *
 * `sync_ms` makes every fsync so slow; `clock_ms` moves the wall clock and leaves the monotonic
 * one.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "plan.h"

#define FDS   65536
#define EARLY 8192 /* bytes for what dlsym() itself allocates */

static struct plan nothing, *plan = &nothing;
static atomic_bool is_database[FDS];

/* The next function of this name: libc's, or the sanitizer's before it. */
#define NEXT(name)                                                                                 \
    static __typeof__(name) *next;                                                                 \
    if (!next)                                                                                     \
    next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_PLAN");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *mapped = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED)
        plan = mapped;
    close(fd);
}

/* Counts a call of the kind; true: it has to fail, and errno says how. */
static bool fails(enum plan_kind kind)
{
    if (!atomic_load_explicit(&plan->armed, memory_order_relaxed))
        return false;
    unsigned count = atomic_fetch_add(&plan->counts[kind], 1) + 1;
    unsigned at = atomic_load(&plan->at);
    if (at == 0 || atomic_load(&plan->kind) != kind ||
        (atomic_load(&plan->lasting) ? count < at : count != at))
        return false;
    atomic_fetch_add(&plan->fired, 1);
    errno = (int)atomic_load(&plan->error);
    return true;
}

static bool torn(void)
{
    return atomic_load(&plan->torn);
}

static bool database(int fd)
{
    return fd >= 0 && fd < FDS && atomic_load_explicit(&is_database[fd], memory_order_relaxed);
}

static bool tcp(int fd)
{
    int domain = 0, kept = errno;
    socklen_t size = sizeof domain;
    bool is = getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
              (domain == AF_INET || domain == AF_INET6);
    errno = kept;
    return is;
}

/* ---- the disk ---------------------------------------------------------------------------------
 */

int open64(const char *path, int flags, ...)
{
    NEXT(open64);
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    bool ours = strstr(path, "sidetrack.db") != NULL;
    if (ours && fails(PLAN_OPEN))
        return -1;
    int fd = next(path, flags, mode);
    if (fd >= 0 && fd < FDS)
        atomic_store(&is_database[fd], ours);
    return fd;
}

ssize_t pread64(int fd, void *bytes, size_t len, off64_t at)
{
    NEXT(pread64);
    return database(fd) && fails(PLAN_READ) ? -1 : next(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    NEXT(pwrite64);
    if (!database(fd) || !fails(PLAN_WRITE))
        return next(fd, bytes, len, at);
    int error = errno;
    if (torn() && len > 1 && next(fd, bytes, len / 2, at) < 0)
        return -1;
    errno = error;
    return -1;
}

int ftruncate64(int fd, off64_t size)
{
    NEXT(ftruncate64);
    return database(fd) && fails(PLAN_TRUNCATE) ? -1 : next(fd, size);
}

static bool sync_fails(int fd)
{
    if (!database(fd))
        return false;
    long ms = atomic_load(&plan->sync_ms);
    if (ms)
        nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
    return fails(PLAN_SYNC);
}

int fsync(int fd)
{
    NEXT(fsync);
    return sync_fails(fd) ? -1 : next(fd);
}

int fdatasync(int fd)
{
    NEXT(fdatasync);
    return sync_fails(fd) ? -1 : next(fd);
}

/* ---- the network ------------------------------------------------------------------------------
 */

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    NEXT(send);
    if (!tcp(fd) || !fails(PLAN_SEND))
        return next(fd, bytes, len, flags);
    return torn() && len > 1 ? next(fd, bytes, len / 2, flags) : -1;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    NEXT(sendmsg);
    return tcp(fd) && fails(PLAN_SEND) ? -1 : next(fd, message, flags);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    NEXT(write);
    if (!tcp(fd) || !fails(PLAN_SEND))
        return next(fd, bytes, len);
    return torn() && len > 1 ? next(fd, bytes, len / 2) : -1;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    NEXT(writev);
    if (!tcp(fd) || !fails(PLAN_SEND))
        return next(fd, parts, count);
    return torn() && count > 1 ? next(fd, parts, 1) : -1;
}

ssize_t recv(int fd, void *bytes, size_t len, int flags)
{
    NEXT(recv);
    return tcp(fd) && fails(PLAN_RECV) ? -1 : next(fd, bytes, len, flags);
}

ssize_t read(int fd, void *bytes, size_t len)
{
    NEXT(read);
    return tcp(fd) && fails(PLAN_RECV) ? -1 : next(fd, bytes, len);
}

int connect(int fd, const struct sockaddr *to, socklen_t size)
{
    NEXT(connect);
    return to->sa_family != AF_UNIX && fails(PLAN_CONNECT) ? -1 : next(fd, to, size);
}

int accept4(int fd, struct sockaddr *from, socklen_t *size, int flags)
{
    NEXT(accept4);
    int accepted = next(fd, from, size, flags);
    if (accepted >= 0 && fails(PLAN_ACCEPT)) { /* only when somebody was there */
        int error = errno;
        close(accepted);
        errno = error;
        return -1;
    }
    return accepted;
}

int socket(int domain, int type, int protocol)
{
    NEXT(socket);
    return (domain == AF_INET || domain == AF_INET6) && fails(PLAN_SOCKET)
               ? -1
               : next(domain, type, protocol);
}

/* ---- time -------------------------------------------------------------------------------------
 */

int clock_gettime(clockid_t id, struct timespec *ret_now)
{
    NEXT(clock_gettime);
    int result = next(id, ret_now);
    if (result == 0 && id == CLOCK_REALTIME)
        ret_now->tv_sec += atomic_load(&plan->clock_ms) / 1000;
    return result;
}

/* ---- memory -----------------------------------------------------------------------------------
 */

/* dlsym() may allocate before it has told us where from: this much, once. */
static _Alignas(max_align_t) char early[EARLY];
static size_t early_used;
static __thread bool asking;

static void *early_take(size_t size)
{
    size_t at = early_used;
    early_used += (size + 15) & ~(size_t)15;
    if (early_used > EARLY)
        abort();
    return early + at;
}

static bool is_early(const void *memory)
{
    return (uintptr_t)memory - (uintptr_t)early < EARLY;
}

#define NEXT_MEMORY(name)                                                                          \
    static __typeof__(name) *next;                                                                 \
    if (!next && !asking) {                                                                        \
        asking = true;                                                                             \
        next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);                                        \
        asking = false;                                                                            \
    }

void *malloc(size_t size)
{
    NEXT_MEMORY(malloc)
    if (!next)
        return early_take(size);
    return fails(PLAN_MALLOC) ? NULL : next(size);
}

void *calloc(size_t count, size_t size)
{
    NEXT_MEMORY(calloc)
    if (!next)
        return early_take(count * size);
    return fails(PLAN_MALLOC) ? NULL : next(count, size);
}

void *realloc(void *memory, size_t size)
{
    NEXT_MEMORY(realloc)
    if (is_early(memory)) {
        void *moved = malloc(size);
        if (moved)
            memmove(moved, memory, size); /* early memory is followed by more of it, or by zeros */
        return moved;
    }
    return fails(PLAN_MALLOC) ? NULL : next(memory, size);
}

void free(void *memory)
{
    NEXT_MEMORY(free)
    if (memory && !is_early(memory) && next)
        next(memory);
}
