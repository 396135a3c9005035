/*
 * The bench's own load: keep-alive HTTP/1.1 over loopback from one thread, because wrk can neither
 * hold a rate nor sign a webhook.
 *
 *   load -p PORT [-c CONNECTIONS] [-s SECONDS] [-n REQUESTS] [-r RATE] [-k SECRET] TEMPLATE...
 *   load -p PORT -R        polls GET /readyz until it says 200; prints the wall clock in ns
 *   load -D FOLDER         200 times: write 4 KiB, fdatasync; prints the percentiles in us
 *
 * A template is a file with one whole request (LF line ends in the head, body in the last line); -n
 * and -s both end the run, whichever comes first. Templates take turns in the order given. In them
 * runs of one letter are filled in anew for every request, so that no two are the same:
 *
 *   E x 26  a ULID of now            V x 26  the visitor's ULID; each has a round, or 4 events
 *   T x 13  now, in ms               N x 12  a decimal number that never repeats
 *   I x 20  now, as ISO 8601         P x 8   the same number's end, for telephones
 *   H x 44  base64 of HMAC-SHA256(SECRET, body)
 *
 * Rate 0 keeps every connection busy. With a rate, requests have their times on a fixed grid and
 * latency counts from there, not from when a connection was free: a server that stalls is charged
 * for everybody who stood in the queue (no coordinated omission).
 *
 * Prints one JSON line. Everything is bounded: seconds by -s, requests by SAMPLES, memory by both.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES         20000000u
#define CONNECTIONS     1024u
#define TEMPLATES       512u
#define HOLES           64u
#define REQUEST_BYTES   (64u * 1024)
#define ANSWER_BYTES    (16u * 1024)
#define SECOND_NS       INT64_C(1000000000)
#define GRACE_NS        (5 * SECOND_NS) /* for answers still under way at the end */
#define VISITOR_EVENTS  4               /* when there is but one template */
#define ULID_CHARS      26
#define ULID_TIME_CHARS 10

struct hole {
    char kind;
    size_t at;
};

struct template
{
    char *text;
    size_t len, body;
    struct hole holes[HOLES];
    unsigned hole_count;
};

struct connection {
    int fd;
    bool busy;
    int64_t due; /* when the request under way should have been sent */
    size_t out_len, out_sent, in_len;
    char out[REQUEST_BYTES], in[ANSWER_BYTES];
};

struct load {
    uint16_t port;
    unsigned connection_count, template_count;
    int64_t seconds, rate, most;
    const char *secret;
    struct template templates[TEMPLATES];
    struct connection *connections;
    unsigned *idle, idle_count;
    int epoll;
    char salt[9]; /* of this run's ids */
    int64_t started, sent, answered, statuses[6], broken;
    uint32_t *latencies; /* us */
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* ---- templates --------------------------------------------------------------------------------
 */

static const struct {
    char kind;
    size_t width;
} hole_kinds[] = {
    {'E', ULID_CHARS}, {'V', ULID_CHARS}, {'T', 13}, {'N', 12}, {'I', 20}, {'H', 44}, {'P', 8},
};

static void find_holes(struct template *template)
{
    for (size_t at = 0; at < template->len;) {
        size_t run = 1;
        while (at + run < template->len && template->text[at + run] == template->text[at])
            run++;
        for (size_t k = 0; k < sizeof hole_kinds / sizeof *hole_kinds; k++) {
            if (hole_kinds[k].kind != template->text[at] || hole_kinds[k].width != run)
                continue;
            if (template->hole_count == HOLES) {
                errno = E2BIG;
                die("too many holes");
            }
            template->holes[template->hole_count++] = (struct hole){hole_kinds[k].kind, at};
        }
        at += run;
    }
}

/* Line ends of the head become CRLF and Content-Length is added, so that templates stay readable.
 */
static void read_template(const char *path, struct template *template)
{
    static char raw[REQUEST_BYTES / 2];
    FILE *file = fopen(path, "r");
    if (!file)
        die(path);
    size_t len = fread(raw, 1, sizeof raw - 1, file);
    fclose(file);
    while (len && raw[len - 1] == '\n')
        len--;
    raw[len] = 0;
    char *body = strstr(raw, "\n\n");
    size_t head = body ? (size_t)(body - raw) : len;
    size_t body_len = body ? len - head - 2 : 0;
    template->text = calloc(1, REQUEST_BYTES);
    if (!template->text)
        die("memory");
    char *out = template->text;
    for (size_t i = 0; i < head; i++) {
        if (raw[i] == '\n')
            *out++ = '\r';
        *out++ = raw[i];
    }
    out += snprintf(out, 64, "\r\nContent-Length: %zu\r\n\r\n", body_len);
    template->body = (size_t)(out - template->text);
    if (body)
        memcpy(out, body + 2, body_len);
    template->len = template->body + body_len;
    find_holes(template);
}

/* Time as Crockford's base 32, then letters that no other request of any run has. */
static void put_ulid(char *out, int64_t ms, const char *salt, int64_t number)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (int i = ULID_TIME_CHARS - 1; i >= 0; i--) {
        out[i] = digits[ms & 31];
        ms >>= 5;
    }
    memcpy(out + ULID_TIME_CHARS, salt, 8);
    for (int i = ULID_CHARS - 1; i >= ULID_TIME_CHARS + 8; i--) {
        out[i] = digits[number & 31];
        number >>= 5;
    }
}

static void put_decimal(char *out, int width, int64_t number)
{
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

static void put_iso(char *out, int64_t ms)
{
    time_t seconds = ms / 1000;
    struct tm parts;
    char text[64];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    memcpy(out, text, 20);
}

static void put_signature(char *out, const char *secret, const char *body, size_t len)
{
    unsigned char mac[EVP_MAX_MD_SIZE], base64[64];
    unsigned mac_len = 0;
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)body, len, mac,
         &mac_len);
    EVP_EncodeBlock(base64, mac, (int)mac_len);
    memcpy(out, base64, 44);
}

static void fill(const struct load *load, struct connection *connection)
{
    const struct template *template = &load->templates[load->sent % load->template_count];
    int64_t round = load->sent / load->template_count;
    int64_t visitor = load->template_count > 1 ? round : load->sent / VISITOR_EVENTS;
    int64_t ms = clock_ns(CLOCK_REALTIME) / 1000000;
    char *signature = NULL;
    memcpy(connection->out, template->text, template->len);
    connection->out_len = template->len;
    connection->out_sent = 0;
    for (unsigned i = 0; i < template->hole_count; i++) {
        char *out = connection->out + template->holes[i].at;
        switch (template->holes[i].kind) {
        case 'E':
            put_ulid(out, ms, load->salt, load->sent);
            break;
        case 'V':
            put_ulid(out, ms - ms % 60000, load->salt, visitor);
            break;
        case 'T':
            put_decimal(out, 13, ms);
            break;
        case 'N':
            put_decimal(out, 12, load->started / 1000000 % 100000 * 10000000 + round);
            break;
        case 'P':
            put_decimal(out, 8, load->started / 1000000 % 100 * 1000000 + round);
            break;
        case 'I':
            put_iso(out, ms);
            break;
        default:
            signature = out;
            break;
        }
    }
    if (signature)
        put_signature(signature, load->secret, connection->out + template->body,
                      template->len - template->body);
}

/* ---- connections ------------------------------------------------------------------------------
 */

static void watch(struct load *load, struct connection *connection, uint32_t events, int how)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(load->epoll, how, connection->fd, &event) != 0)
        die("epoll_ctl");
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        die("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void open_connection(struct load *load, struct connection *connection)
{
    connection->fd = connect_to(load->port);
    if (connection->fd < 0)
        die("connect");
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    watch(load, connection, EPOLLIN, EPOLL_CTL_ADD);
}

static void break_connection(struct load *load, struct connection *connection)
{
    close(connection->fd);
    if (connection->busy) {
        load->broken++;
        connection->busy = false;
        load->idle[load->idle_count++] = (unsigned)(connection - load->connections);
    }
    connection->in_len = 0;
    open_connection(load, connection);
}

static void send_rest(struct load *load, struct connection *connection)
{
    bool waited = connection->out_sent > 0;
    while (connection->out_sent < connection->out_len) {
        ssize_t count = send(connection->fd, connection->out + connection->out_sent,
                             connection->out_len - connection->out_sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) {
            watch(load, connection, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        if (count < 0) {
            break_connection(load, connection);
            return;
        }
        connection->out_sent += (size_t)count;
    }
    if (waited)
        watch(load, connection, EPOLLIN, EPOLL_CTL_MOD);
}

static void start_request(struct load *load, int64_t due)
{
    struct connection *connection = &load->connections[load->idle[--load->idle_count]];
    fill(load, connection);
    connection->busy = true;
    connection->due = due;
    connection->in_len = 0;
    load->sent++;
    send_rest(load, connection);
}

/* Length of a whole answer at the start of `in`, 0 when some of it is missing. */
static size_t answer_len(struct connection *connection)
{
    connection->in[connection->in_len] = 0;
    char *end = strstr(connection->in, "\r\n\r\n");
    if (!end)
        return 0;
    size_t body = 0;
    *end = 0;
    char *length = strcasestr(connection->in, "\r\ncontent-length:");
    if (length)
        body = strtoul(length + 17, NULL, 10);
    *end = '\r';
    size_t whole = (size_t)(end + 4 - connection->in) + body;
    return whole <= connection->in_len ? whole : 0;
}

static void read_answer(struct load *load, struct connection *connection)
{
    ssize_t count = recv(connection->fd, connection->in + connection->in_len,
                         ANSWER_BYTES - 1 - connection->in_len, 0);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0) {
        break_connection(load, connection);
        return;
    }
    connection->in_len += (size_t)count;
    if (!connection->busy || answer_len(connection) == 0)
        return;
    unsigned class = (unsigned)(connection->in[9] - '0');
    int64_t us = (clock_ns(CLOCK_MONOTONIC) - connection->due) / 1000;
    load->statuses[class < 6 ? class : 0]++;
    if (load->answered < SAMPLES)
        load->latencies[load->answered] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
    load->answered++;
    connection->busy = false;
    load->idle[load->idle_count++] = (unsigned)(connection - load->connections);
}

/* ---- the run ----------------------------------------------------------------------------------
 */

static void wait_for_some(struct load *load, int64_t until)
{
    struct epoll_event events[256];
    int64_t left = until - clock_ns(CLOCK_MONOTONIC);
    if (left < 0)
        left = 0;
    struct timespec timeout = {.tv_sec = left / SECOND_NS, .tv_nsec = left % SECOND_NS};
    int count = epoll_pwait2(load->epoll, events, 256, &timeout, NULL);
    if (count < 0 && errno != EINTR)
        die("epoll_pwait2");
    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;
        if (events[i].events & EPOLLOUT)
            send_rest(load, connection);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            read_answer(load, connection);
    }
}

static void run(struct load *load)
{
    load->started = clock_ns(CLOCK_MONOTONIC);
    int64_t stop = load->started + load->seconds * SECOND_NS, now;
    while ((now = clock_ns(CLOCK_MONOTONIC)) < stop && load->sent < load->most) {
        int64_t until = stop;
        while (load->idle_count && load->sent < load->most) {
            int64_t due = load->rate ? load->started +
                                           (int64_t)((double)load->sent / (double)load->rate * 1e9)
                                     : now;
            if (due > now) {
                until = due < until ? due : until;
                break;
            }
            start_request(load, due);
        }
        wait_for_some(load, until);
    }
    for (stop = now + GRACE_NS;
         load->idle_count < load->connection_count && clock_ns(CLOCK_MONOTONIC) < stop;)
        wait_for_some(load, stop);
}

static int by_size(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return (one > other) - (one < other);
}

static uint32_t percentile(const uint32_t *sorted, int64_t count, double part)
{
    return count ? sorted[(int64_t)((double)(count - 1) * part)] : 0;
}

static void print_result(struct load *load)
{
    double seconds = (double)(clock_ns(CLOCK_MONOTONIC) - load->started) / 1e9;
    int64_t count = load->answered < SAMPLES ? load->answered : SAMPLES;
    qsort(load->latencies, (size_t)count, sizeof *load->latencies, by_size);
    printf("{\"sent\":%lld,\"ok\":%lld,\"refused\":%lld,\"failed\":%lld,\"broken\":%lld,"
           "\"seconds\":%.3f,\"rate\":%.0f,\"p50_us\":%u,\"p90_us\":%u,\"p99_us\":%u,"
           "\"p999_us\":%u,\"max_us\":%u}\n",
           (long long)load->sent, (long long)load->statuses[2], (long long)load->statuses[4],
           (long long)load->statuses[5], (long long)load->broken, seconds,
           (double)load->answered / seconds, percentile(load->latencies, count, 0.5),
           percentile(load->latencies, count, 0.9), percentile(load->latencies, count, 0.99),
           percentile(load->latencies, count, 0.999), percentile(load->latencies, count, 1));
}

static void prepare(struct load *load)
{
    unsigned char random[8];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        die("getrandom");
    for (int i = 0; i < 8; i++)
        load->salt[i] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[random[i] & 31];
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->connections = calloc(load->connection_count, sizeof *load->connections);
    load->idle = calloc(load->connection_count, sizeof *load->idle);
    load->latencies = malloc(SAMPLES * sizeof *load->latencies); /* touched as it fills */
    if (load->epoll < 0 || !load->connections || !load->idle || !load->latencies)
        die("memory");
    for (unsigned i = load->connection_count; i-- > 0;) {
        open_connection(load, &load->connections[i]);
        load->idle[load->idle_count++] = i;
    }
}

/* ---- other errands ----------------------------------------------------------------------------
 */

static int poll_ready(uint16_t port, int64_t seconds)
{
    static const char ask[] = "GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
    int64_t stop = clock_ns(CLOCK_MONOTONIC) + seconds * SECOND_NS;
    while (clock_ns(CLOCK_MONOTONIC) < stop) {
        char answer[256] = {0};
        int fd = connect_to(port);
        if (fd >= 0) {
            struct timeval most = {.tv_sec = 1};
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
            if (send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) > 0)
                (void)!recv(fd, answer, sizeof answer - 1, 0);
            close(fd);
        }
        if (strncmp(answer, "HTTP/1.1 200", 12) == 0) {
            printf("%lld\n", (long long)clock_ns(CLOCK_REALTIME));
            return 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
    fprintf(stderr, "load: port %u was not ready in time\n", port);
    return 1;
}

static int time_syncs(const char *folder)
{
    static char page[4096];
    uint32_t us[200];
    char path[4096];
    snprintf(path, sizeof path, "%s/sync", folder);
    int fd = open(path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        die(path);
    for (int i = 0; i < 200; i++) {
        int64_t start = clock_ns(CLOCK_MONOTONIC);
        if (pwrite(fd, page, sizeof page, (off_t)i * 4096) < 0 || fdatasync(fd) != 0)
            die(path);
        us[i] = (uint32_t)((clock_ns(CLOCK_MONOTONIC) - start) / 1000);
    }
    close(fd);
    unlink(path);
    qsort(us, 200, sizeof *us, by_size);
    printf("{\"p50_us\":%u,\"p99_us\":%u}\n", percentile(us, 200, 0.5), percentile(us, 200, 0.99));
    return 0;
}

int main(int argc, char **argv)
{
    static struct load load = {
        .connection_count = 64, .seconds = 5, .most = SAMPLES, .secret = "secret"};
    bool ready = false;
    const char *folder = NULL;
    for (int option; (option = getopt(argc, argv, "p:c:s:n:r:k:RD:")) != -1;)
        switch (option) {
        case 'p':
            load.port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'c':
            load.connection_count = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            load.seconds = strtol(optarg, NULL, 10);
            break;
        case 'n':
            load.most = strtol(optarg, NULL, 10);
            break;
        case 'r':
            load.rate = strtol(optarg, NULL, 10);
            break;
        case 'k':
            load.secret = optarg;
            break;
        case 'R':
            ready = true;
            break;
        case 'D':
            folder = optarg;
            break;
        default:
            return 2;
        }
    if (folder)
        return time_syncs(folder);
    if (ready)
        return poll_ready(load.port, load.seconds);
    if (load.connection_count < 1 || load.connection_count > CONNECTIONS || optind == argc ||
        argc - optind > (int)TEMPLATES || load.most > SAMPLES) {
        fputs("load: see the head of bench/load.c\n", stderr);
        return 2;
    }
    for (int i = optind; i < argc; i++)
        read_template(argv[i], &load.templates[load.template_count++]);
    prepare(&load);
    run(&load);
    print_result(&load);
    return 0;
}
