/*
 * Starting, watching and ending a child. Plain fork and exec, because PR_SET_PDEATHSIG has to be
 * set between them.
 */
#include "demo.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ports.h"

#define WORDS    16u
#define LOOK_MS  20
#define START_MS 20000
#define END_MS   12000

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* In the child; does not come back. */
static void become(const char *const *words, const char *log, pid_t parent)
{
    const char *argv[WORDS] = {"sidetrack"};
    for (unsigned i = 0; words[i] && i + 2 < WORDS; i++)
        argv[i + 1] = words[i];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it ended before we asked to be told */
        _exit(1);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (out < 0 || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(1);
    signal(SIGPIPE, SIG_DFL);
    execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
    _exit(1);
}

enum status demo_child_start(struct demo_child *child, const char *const *words, const char *log)
{
    pid_t parent = getpid();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(words, log, parent);
    if (pid < 0) {
        fprintf(stderr, "sidetrack demo: cannot start `%s`: %s\n", words[0], strerror(errno));
        return BROKEN;
    }
    *child = (struct demo_child){words[0], pid};
    return OK;
}

bool demo_child_ended(struct demo_child *child)
{
    if (child->pid == 0 || waitpid(child->pid, NULL, WNOHANG) != child->pid)
        return false;
    child->pid = 0;
    return true;
}

enum status demo_child_ports(struct demo_child *child, const char *path, uint16_t *ret_listen,
                             uint16_t *ret_admin)
{
    for (int waited = 0; waited < START_MS; waited += LOOK_MS) {
        if (ports_read(path, ret_listen, ret_admin) == OK)
            return OK;
        if (demo_child_ended(child)) {
            fprintf(stderr, "sidetrack demo: `%s` did not start\n", child->name);
            return BROKEN;
        }
        sleep_ms(LOOK_MS);
    }
    fprintf(stderr, "sidetrack demo: `%s` takes too long to start\n", child->name);
    return BROKEN;
}

void demo_child_end(struct demo_child *child)
{
    if (child->pid == 0)
        return;
    kill(child->pid, SIGTERM);
    for (int waited = 0; waited < END_MS; waited += LOOK_MS) {
        if (demo_child_ended(child))
            return;
        sleep_ms(LOOK_MS);
    }
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    child->pid = 0;
}
