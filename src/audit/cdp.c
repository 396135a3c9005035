/*
 * Starting Chromium, talking to it, and being sure that it is gone afterwards.
 *
 *   {"id":1,"method":"Page.enable","sessionId":"…"}\0   -->   fd 3
 *   {"id":1,"result":{}}\0  {"method":"Page.loadEventFired","params":{…},"sessionId":"…"}\0  <-- fd
 * 4
 *
 * Between fork and exec only async-signal-safe calls are made: guard.c has a thread. The child dies
 * with us (PR_SET_PDEATHSIG), and its helpers end when their pipe to it closes.
 */
#include "cdp.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/limits.h"

#define WRITE_MS   2000
#define END_MS     2000
#define READ_BYTES (64u * KIB)

struct cdp {
    struct cdp_options options;
    pid_t pid;
    int to, from;
    char folder[40];
    struct cdp_reader reader;
    struct arena message, kept; /* of the event being told; of the last answer */
    int64_t last_id, wanted_id;
    const struct json_value *answer; /* to wanted_id */
    bool gone;
    struct sigaction before[3];
};

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t ended_by;

static void on_signal(int number)
{
    ended_by = number;
}

bool cdp_sandboxed(void)
{
    return geteuid() != 0;
}

/* ---- the child ---- */

static const char *find_program(void)
{
    static const char *const places[] = {
        "/usr/bin/chromium",        "/usr/bin/chromium-browser", "/usr/bin/google-chrome-stable",
        "/usr/bin/google-chrome",   "/usr/local/bin/chromium",   "/snap/bin/chromium",
        "/opt/google/chrome/chrome"};
    for (unsigned i = 0; i < COUNT_OF(places); i++)
        if (access(places[i], X_OK) == 0)
            return places[i];
    return NULL;
}

/* Namespaces, of which Chromium builds its sandbox: tried by a child that ends at once. */
static bool may_unshare(void)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(unshare(CLONE_NEWUSER) != 0);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* What a hardened unit (packaging/sidetrack.service) takes from it; NULL: nothing that matters.
   Asked beforehand, since Chromium only ends or aborts its pages and does not say why. */
static const char *confined_by(void)
{
    void *page =
        mmap(NULL, 1, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return "writable code (MemoryDenyWriteExecute)";
    munmap(page, 1);
    bool no_helper = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1; /* no set-uid sandbox either */
    return cdp_sandboxed() && no_helper && !may_unshare() ? "namespaces (RestrictNamespaces)"
                                                          : NULL;
}

/* In the child; does not come back. */
static void become(char *const *argv, char *const *environment, int in, int out, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    /* Away from 0 to 4 first, so that no dup2 closes what is still needed. */
    in = fcntl(in, F_DUPFD_CLOEXEC, 10);
    out = fcntl(out, F_DUPFD_CLOEXEC, 10);
    if (nothing < 0 || in < 0 || out < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 ||
        dup2(nothing, 2) < 0 || dup2(in, 3) < 0 || dup2(out, 4) < 0)
        _exit(1);
    signal(SIGPIPE, SIG_DFL);
    execve(argv[0], argv, environment);
    _exit(1);
}

/* Every connection goes through the guard, loopback too; WebRTC may not go around it. */
/* clang-format off */
static const char *const switches[] = {
    "--headless=new", "--remote-debugging-pipe", "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--disable-quic",
    "--dns-prefetch-disable", "--no-first-run", "--no-default-browser-check",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--disable-default-apps", "--disable-breakpad",
    "--disable-crash-reporter", "--disable-client-side-phishing-detection",
    "--disable-domain-reliability", "--metrics-recording-only", "--password-store=basic",
    "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication",
    "--mute-audio", "--hide-scrollbars", "--disable-gpu", "--disable-dev-shm-usage",
    "--window-size=1366,900", "--lang=de-DE", "--site-per-process"};
/* clang-format on */

static enum status open_pipes(int to[2], int from[2])
{
    if (pipe2(to, O_CLOEXEC) != 0)
        return BROKEN;
    if (pipe2(from, O_CLOEXEC) == 0)
        return OK;
    close(to[0]), close(to[1]);
    return BROKEN;
}

static enum status start(struct cdp *cdp, const char *program)
{
    char profile[64], proxy[64], home[64], config[64], cache[64];
    snprintf(profile, sizeof profile, "--user-data-dir=%s/profile", cdp->folder);
    snprintf(proxy, sizeof proxy, "--proxy-server=socks5://127.0.0.1:%u", cdp->options.proxy);
    snprintf(home, sizeof home, "HOME=%s", cdp->folder);
    snprintf(config, sizeof config, "XDG_CONFIG_HOME=%s", cdp->folder);
    snprintf(cache, sizeof cache, "XDG_CACHE_HOME=%s", cdp->folder);
    const char *environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                 home,
                                 config,
                                 cache,
                                 "LANG=de_DE.UTF-8",
                                 "TZ=Europe/Berlin",
                                 NULL};
    const char *argv[COUNT_OF(switches) + 5] = {program, profile, proxy};
    memcpy(argv + 3, switches, sizeof switches);
    argv[COUNT_OF(switches) + 3] = cdp_sandboxed() ? NULL : "--no-sandbox";
    int to[2], from[2];
    if (open_pipes(to, from) != OK)
        return BROKEN;
    pid_t parent = getpid();
    cdp->pid = fork();
    if (cdp->pid == 0)
        become((char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment, to[0],
               from[1], parent);
    close(to[0]), close(from[1]);
    cdp->to = to[1];
    cdp->from = from[0];
    fcntl(cdp->to, F_SETFL, O_NONBLOCK);
    fcntl(cdp->from, F_SETFL, O_NONBLOCK);
    if (cdp->pid < 0)
        return BROKEN;
    setpgid(cdp->pid, cdp->pid); /* in whichever of the two comes first */
    return OK;
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *walk)
{
    (void)stat, (void)flag, (void)walk;
    (void)!remove(path);
    return 0;
}

enum status cdp_open(const struct cdp_options *options, struct cdp **ret_cdp,
                     struct error *ret_error)
{
    const char *program = find_program();
    if (program == NULL) {
        snprintf(ret_error->text, sizeof ret_error->text,
                 "no Chromium is installed here: `apt install chromium`, or record a visit in your "
                 "own browser and give it with --har FILE");
        return MISSING;
    }
    const char *refused = confined_by();
    if (refused) {
        snprintf(ret_error->text, sizeof ret_error->text,
                 "Chromium cannot run here: this process is denied %s. Run `sidetrack audit URL "
                 "--live` in a shell as an ordinary user, or give a recording (--har)",
                 refused);
        return BROKEN;
    }
    struct cdp *cdp = calloc(1, sizeof *cdp);
    if (cdp == NULL)
        abort();
    cdp->options = *options;
    cdp->to = cdp->from = -1;
    snprintf(cdp->folder, sizeof cdp->folder, "/tmp/sidetrack-audit-XXXXXX");
    bool folder = mkdtemp(cdp->folder) != NULL;
    buf_init(&cdp->reader.in, LIMIT_CDP_MESSAGE + READ_BYTES);
    arena_init(&cdp->message, LIMIT_BATCH_ARENA);
    arena_init(&cdp->kept, LIMIT_BATCH_ARENA);
    ended_by = 0;
    for (unsigned i = 0; i < COUNT_OF(ending_signals); i++)
        sigaction(ending_signals[i], &(struct sigaction){.sa_handler = on_signal}, &cdp->before[i]);
    if (!folder || start(cdp, program) != OK) {
        snprintf(ret_error->text, sizeof ret_error->text, "%s does not start: %s", program,
                 strerror(errno));
        cdp_close(cdp);
        return BROKEN;
    }
    *ret_cdp = cdp;
    return OK;
}

/* The leader may be a zombie already: its group lives as long as one of it does. */
static void end_group(struct cdp *cdp)
{
    for (int waited = 0; waited < END_MS && !cdp->gone; waited += 20) {
        if (waitpid(cdp->pid, NULL, WNOHANG) == cdp->pid)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 20 * 1000000}, NULL);
        if (waited == END_MS / 2)
            kill(-cdp->pid, SIGTERM);
    }
    kill(-cdp->pid, SIGKILL);
    waitpid(cdp->pid, NULL, 0);
}

void cdp_close(struct cdp *cdp)
{
    if (cdp == NULL)
        return;
    if (cdp->pid > 0) {
        cdp_send(cdp, (span){0}, "Browser.close", (span){0});
        end_group(cdp);
    }
    if (cdp->to >= 0)
        close(cdp->to);
    if (cdp->from >= 0)
        close(cdp->from);
    /* A helper that is ending may still write; what it wrote goes with a second walk. */
    for (int i = 0; i < 20 && access(cdp->folder, F_OK) == 0; i++) {
        nftw(cdp->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        if (i > 0)
            nanosleep(&(struct timespec){.tv_nsec = 50 * 1000000}, NULL);
    }
    for (unsigned i = 0; i < COUNT_OF(ending_signals); i++)
        sigaction(ending_signals[i], &cdp->before[i], NULL);
    buf_done(&cdp->reader.in);
    arena_done(&cdp->message);
    arena_done(&cdp->kept);
    free(cdp);
    if (ended_by)
        raise(ended_by);
}

/* ---- messages ---- */

void cdp_reader_add(struct cdp_reader *reader, span bytes, void (*message)(void *arg, span text),
                    void *arg)
{
    span part = {0};
    while (bytes.len > 0) {
        size_t end = span_find(bytes, 0, '\0');
        part = span_sub(bytes, 0, end);
        bool whole = end < bytes.len;
        bytes = span_sub(bytes, whole ? end + 1 : end, bytes.len);
        if (!reader->skipping)
            buf_add_span(&reader->in, part);
        if (reader->in.len > LIMIT_CDP_MESSAGE || !buf_ok(&reader->in)) {
            reader->skipping = true;
            reader->skipped++;
            buf_reset(&reader->in);
        }
        if (!whole)
            return;
        if (!reader->skipping && reader->in.len > 0)
            message(arg, buf_span(&reader->in));
        reader->skipping = false;
        buf_reset(&reader->in);
    }
}

static void on_message(void *arg, span text)
{
    struct cdp *cdp = arg;
    const struct json_value *root;
    arena_reset(&cdp->message);
    if (json_parse(&cdp->message, text, &root, NULL) != OK)
        return;
    if (json_get(root, "id") == NULL) {
        cdp->options.heard(cdp->options.arg, json_get_text(root, "sessionId"),
                           json_get_text(root, "method"), json_get(root, "params"));
    } else if (cdp->wanted_id && json_get_int(root, "id", 0) == cdp->wanted_id) {
        struct arena answer = cdp->message;
        cdp->message = cdp->kept;
        cdp->kept = answer;
        cdp->answer = root;
        cdp->wanted_id = 0;
    }
}

/* Reads what is there, waiting at most `ms` for the first byte. */
static void pump(struct cdp *cdp, int ms)
{
    char bytes[READ_BYTES];
    struct pollfd ready = {.fd = cdp->from, .events = POLLIN};
    if (poll(&ready, 1, ms) <= 0)
        return;
    ssize_t len = read(cdp->from, bytes, sizeof bytes);
    if (len > 0)
        cdp_reader_add(&cdp->reader, (span){bytes, (size_t)len}, on_message, cdp);
    else if (len == 0 || (errno != EAGAIN && errno != EINTR))
        cdp->gone = true;
}

static int left_ms(int64_t until_us)
{
    int64_t left = (until_us - clock_monotonic_us()) / 1000;
    return left <= 0 ? 0 : left > 1000 ? 1000 : (int)left;
}

bool cdp_over(const struct cdp *cdp)
{
    return cdp->gone || ended_by || clock_monotonic_us() >= cdp->options.until_us;
}

static bool write_all(struct cdp *cdp, span bytes)
{
    int64_t until = clock_monotonic_us() + WRITE_MS * 1000;
    while (bytes.len > 0 && !cdp->gone) {
        ssize_t len = write(cdp->to, bytes.ptr, bytes.len);
        if (len > 0) {
            bytes = span_sub(bytes, (size_t)len, bytes.len);
        } else if (errno != EAGAIN && errno != EINTR) {
            cdp->gone = true;
        } else {
            struct pollfd ready = {.fd = cdp->to, .events = POLLOUT};
            if (clock_monotonic_us() > until)
                cdp->gone = true; /* it does not read any more */
            else
                poll(&ready, 1, 50);
        }
    }
    return !cdp->gone;
}

static int64_t command(struct cdp *cdp, span session, const char *method, span params)
{
    struct buf text;
    struct json json;
    int64_t id = ++cdp->last_id;
    buf_init(&text, LIMIT_CDP_MESSAGE);
    json_start(&json, &text);
    json_open(&json, NULL, '{');
    json_put_int(&json, "id", id);
    json_put_text(&json, "method", span_of(method));
    if (!span_empty(params))
        json_put_raw(&json, "params", params);
    if (!span_empty(session))
        json_put_text(&json, "sessionId", session);
    json_close(&json, '}');
    json_end(&json);
    buf_add_char(&text, '\0');
    if (!buf_ok(&text) || !write_all(cdp, buf_span(&text)))
        id = 0;
    buf_done(&text);
    return id;
}

void cdp_send(struct cdp *cdp, span session, const char *method, span params)
{
    if (!cdp->gone)
        (void)command(cdp, session, method, params);
}

enum status cdp_call(struct cdp *cdp, span session, const char *method, span params,
                     const struct json_value **ret_result)
{
    cdp->answer = NULL;
    if (cdp_over(cdp))
        return cdp->gone ? BROKEN : AGAIN;
    cdp->wanted_id = command(cdp, session, method, params);
    while (cdp->answer == NULL && !cdp_over(cdp))
        pump(cdp, left_ms(cdp->options.until_us));
    cdp->wanted_id = 0;
    if (cdp->answer == NULL)
        return cdp->gone ? BROKEN : AGAIN;
    if (json_get(cdp->answer, "error"))
        return INVALID;
    if (ret_result)
        *ret_result = json_get(cdp->answer, "result");
    return OK;
}

enum status cdp_wait(struct cdp *cdp, unsigned ms, bool (*enough)(void *arg))
{
    int64_t until = clock_monotonic_us() + (int64_t)ms * 1000;
    while (!cdp_over(cdp)) {
        if (enough && enough(cdp->options.arg))
            return OK;
        int64_t left = (until - clock_monotonic_us()) / 1000;
        if (left <= 0)
            return AGAIN;
        pump(cdp, left < 50 ? (int)left : 50);
    }
    return cdp->gone ? BROKEN : AGAIN;
}
