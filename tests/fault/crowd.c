/*
 * A crowd at the gateway's door: several people, one connection each, who browse, order and are
 * refunded, and who do what browsers and Shopify do when no answer comes: they say it again, with
 * the same id, until it is acknowledged. What was acknowledged is written down at once.
 *
 *   crowd -p PORT -a FILE [-c PEOPLE] [-n EVENTS] [-r RATE] [-b BASE] [-s SEED] [-of] [-w STORE]
 *
 *   -n   events of each person; without it they go on until SIGTERM
 *   -r   events a second, of all together; 0: as fast as answers come
 *   -b   the first order id and the first letter of event ids: no two crowds of a test share one
 *   -f   views only: a flood
 *   -o   one try each: what is not acknowledged is given up (countdown faults count tries)
 *   -w   name of the store: host t.STORE.example, shop STORE.myshopify.com, secret hush
 *
 * FILE gets a line for each 2xx: "view ID 0", "order ID CENTS ORDER_ID", "refund ID CENTS
 * ORDER_ID"; ID is what the journal must hold. The last line on stdout is what came of it all:
 * acknowledged, refused (429, 503), broken connections, the slowest answer, and p99 of the yeses,
 * in ms.
 *
 * Exit 1 when an answer was none of 2xx, 429, 503: then the crowd or the gateway is wrong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PEOPLE      2000u
#define TEXT_BYTES  4096u
#define TOOK_MS     10000u
#define STACK_BYTES (256u * 1024) /* there may be many of us */
#define ANSWER_S    10            /* an answer that takes longer is no answer */
#define LAST_WAIT   200           /* tries for what is under way at the end */

enum deed { DEED_VIEW, DEED_ORDER, DEED_REFUND, DEED_COUNT };
static const char *const deed_words[DEED_COUNT] = {"view", "order", "refund"};

struct person {
    pthread_t thread;
    unsigned number;
    unsigned seed;
    int fd;           /* -1: not connected */
    long long order;  /* last acknowledged and not refunded; 0: none */
    char visitor[40]; /* 26 of them are used */
};

static struct {
    unsigned short port;
    unsigned people, events, rate, seed;
    long long base;
    bool once, views_only;
    const char *store;
    int acknowledged_fd;
    struct person persons[PEOPLE];
} crowd = {.people = 4, .base = 100000, .seed = 1, .store = "acme", .acknowledged_fd = -1};

static atomic_bool over;
static atomic_llong next_number, acknowledged, refused, broken, odd, slowest_ms;
static atomic_uint took_ms[TOOK_MS];

static long long now_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void rest(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* ---- one request ------------------------------------------------------------------------------
 */

static void hang_up(struct person *person)
{
    if (person->fd >= 0)
        close(person->fd);
    person->fd = -1;
}

static bool reach(struct person *person)
{
    if (person->fd >= 0)
        return true;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(crowd.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    person->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = ANSWER_S};
    int on = 1;
    if (person->fd < 0)
        return false;
    setsockopt(person->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(person->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(person->fd, (struct sockaddr *)&to, sizeof to) == 0)
        return true;
    hang_up(person);
    return false;
}

/* The status of the answer, or 0 when none came whole. */
static int ask(struct person *person, const char *request, size_t len)
{
    if (!reach(person))
        return 0;
    if (send(person->fd, request, len, MSG_NOSIGNAL) != (ssize_t)len) {
        hang_up(person);
        return 0;
    }
    char answer[TEXT_BYTES];
    size_t got = 0;
    for (;;) {
        ssize_t n = recv(person->fd, answer + got, sizeof answer - 1 - got, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
        answer[got] = '\0';
        char *body = strstr(answer, "\r\n\r\n");
        if (!body)
            continue;
        int status = 0;
        sscanf(answer, "HTTP/1.1 %d", &status);
        const char *length = strcasestr(answer, "\r\nContent-Length:");
        size_t wanted = length ? strtoul(length + 17, NULL, 10) : 0;
        if (got - (size_t)(body + 4 - answer) < wanted)
            continue;
        if (strcasestr(answer, "\r\nConnection: close"))
            hang_up(person);
        return status;
    }
    hang_up(person);
    return 0;
}

/* ---- what they say ----------------------------------------------------------------------------
 */

static void iso(char text[static 32])
{
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

static size_t say_view(const struct person *person, const char *id, char *out)
{
    char body[TEXT_BYTES / 2];
    int len = snprintf(
        body, sizeof body,
        "{\"v\":1,\"visitor\":\"%s\",\"sent_at\":%lld,\"consent\":{\"analytics\":\"granted\","
        "\"marketing\":\"granted\",\"preferences\":\"granted\",\"sale_of_data\":\"granted\"},"
        "\"page\":{\"url\":\"https://shop.%s.example/p/shirt\"},\"ids\":{\"fbp\":"
        "\"fb.1.1763990000000.1098115397\"},\"events\":[{\"id\":\"%s\",\"name\":\"product_viewed\","
        "\"at\":%lld,\"data\":{\"currency\":\"EUR\",\"value\":\"59.90\",\"items\":[{\"product_id\":"
        "\"1\",\"variant_id\":\"44001\",\"name\":\"Shirt\",\"price\":\"59.90\",\"quantity\":1}]}}]"
        "}",
        person->visitor, now_ms(CLOCK_REALTIME), crowd.store, id, now_ms(CLOCK_REALTIME));
    return (size_t)snprintf(out, TEXT_BYTES,
                            "POST /qzkv HTTP/1.1\r\nHost: t.%s.example\r\nOrigin: "
                            "https://shop.%s.example\r\nContent-Type: text/plain\r\n"
                            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\n"
                            "X-Forwarded-For: 81.2.69.160\r\nContent-Length: %d\r\n\r\n%s",
                            crowd.store, crowd.store, len, body);
}

static size_t say_hook(const char *topic, const char *id, const char *body, char *out)
{
    unsigned char mac[EVP_MAX_MD_SIZE], text[EVP_MAX_MD_SIZE * 2];
    unsigned mac_len = 0;
    HMAC(EVP_sha256(), "hush", 4, (const unsigned char *)body, strlen(body), mac, &mac_len);
    EVP_EncodeBlock(text, mac, (int)mac_len);
    return (size_t)snprintf(out, TEXT_BYTES,
                            "POST /shopify/webhooks HTTP/1.1\r\nHost: t.%s.example\r\n"
                            "Content-Type: application/json\r\nX-Shopify-Topic: %s\r\n"
                            "X-Shopify-Hmac-SHA256: %s\r\nX-Shopify-Shop-Domain: "
                            "%s.myshopify.com\r\nX-Shopify-Webhook-Id: %s\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            crowd.store, topic, (const char *)text, crowd.store, id, strlen(body),
                            body);
}

static size_t say_order(const char *id, long long order, unsigned cents, char *out)
{
    char body[TEXT_BYTES / 2], at[32];
    iso(at);
    snprintf(body, sizeof body,
             "{\"id\":%lld,\"order_number\":%lld,\"name\":\"#%lld\",\"checkout_token\":"
             "\"c%lld\",\"created_at\":\"%s\",\"updated_at\":\"%s\",\"currency\":\"EUR\","
             "\"total_price\":\"%u.%02u\",\"subtotal_price\":\"%u.%02u\",\"total_tax\":\"0.00\","
             "\"source_name\":\"web\",\"financial_status\":\"paid\",\"test\":false,\"email\":"
             "\"buyer%lld@example.com\",\"browser_ip\":\"81.2.69.160\",\"client_details\":{"
             "\"user_agent\":\"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\"},\"line_items\":[{"
             "\"id\":1,\"product_id\":1,\"variant_id\":44001,\"title\":\"Shirt\",\"quantity\":1,"
             "\"price\":\"%u.%02u\"}]}",
             order, order, order, order, at, at, cents / 100, cents % 100, cents / 100, cents % 100,
             order, cents / 100, cents % 100);
    return say_hook("orders/create", id, body, out);
}

static size_t say_refund(const char *id, long long order, unsigned cents, char *out)
{
    char body[TEXT_BYTES / 2], at[32];
    iso(at);
    snprintf(body, sizeof body,
             "{\"id\":%lld,\"order_id\":%lld,\"created_at\":\"%s\",\"refund_line_items\":[],"
             "\"order_adjustments\":[],\"transactions\":[{\"id\":1,\"kind\":\"refund\",\"status\":"
             "\"success\",\"amount\":\"%u.%02u\",\"currency\":\"EUR\"}]}",
             order, order, at, cents / 100, cents % 100);
    return say_hook("refunds/create", id, body, out);
}

/* ---- one person -------------------------------------------------------------------------------
 */

static void write_down(enum deed deed, const char *id, unsigned cents, long long order)
{
    char line[160];
    int len = snprintf(line, sizeof line, "%s %s %u %lld\n", deed_words[deed], id, cents, order);
    if (crowd.acknowledged_fd >= 0 && write(crowd.acknowledged_fd, line, (size_t)len) != len)
        abort();
}

/* Until it is acknowledged; a refusal or a broken connection is only a reason to say it again. */
static bool insist(struct person *person, const char *request, size_t len)
{
    for (unsigned tries = 0; !atomic_load(&over) || tries < LAST_WAIT; tries++) {
        long long began = now_ms(CLOCK_MONOTONIC);
        int status = ask(person, request, len);
        long long took = now_ms(CLOCK_MONOTONIC) - began, most = atomic_load(&slowest_ms);
        while (status != 0 && took > most &&
               !atomic_compare_exchange_weak(&slowest_ms, &most, took))
            ;
        if (status >= 200 && status < 300) {
            atomic_fetch_add(&took_ms[took < TOOK_MS ? took : TOOK_MS - 1], 1);
            return true;
        }
        if (status == 0)
            atomic_fetch_add(&broken, 1);
        else if (status == 429 || status == 503)
            atomic_fetch_add(&refused, 1);
        else
            atomic_fetch_add(&odd, 1);
        if (crowd.once || (status != 0 && status != 429 && status != 503))
            return false;
        rest(20);
    }
    return false;
}

static void act(struct person *person)
{
    char request[TEXT_BYTES], id[48];
    long long number = crowd.base + atomic_fetch_add(&next_number, 1);
    int chance = rand_r(&person->seed) % 100;
    enum deed deed = person->order && chance < 50 ? DEED_REFUND
                     : chance < 75                ? DEED_VIEW
                                                  : DEED_ORDER;
    if (crowd.views_only)
        deed = DEED_VIEW;
    unsigned cents = deed == DEED_ORDER ? 1000 + (unsigned)(number * 37 % 9000) : 0;
    long long order = deed == DEED_ORDER ? number : 0;
    snprintf(id, sizeof id, "%s-%lld", deed_words[deed], number);
    size_t len;
    if (deed == DEED_VIEW) {
        len = say_view(person, id, request);
    } else if (deed == DEED_ORDER) {
        len = say_order(id, order, cents, request);
    } else {
        order = person->order;
        cents = 100 + (unsigned)(number % 97);
        len = say_refund(id, order, cents, request);
    }
    if (deed != DEED_VIEW)
        person->order = 0;
    if (!insist(person, request, len))
        return;
    atomic_fetch_add(&acknowledged, 1);
    write_down(deed, id, cents, order);
    if (deed == DEED_ORDER)
        person->order = order;
}

static void *live(void *arg)
{
    struct person *person = arg;
    for (unsigned n = 0; !atomic_load(&over) && (crowd.events == 0 || n < crowd.events); n++) {
        act(person);
        if (crowd.rate)
            rest(1000L * crowd.people / crowd.rate);
    }
    hang_up(person);
    return NULL;
}

/* Of the answers that were yes; the last bucket is for all that took longer. */
static long long p99(void)
{
    long long all = 0, seen = 0;
    for (unsigned ms = 0; ms < TOOK_MS; ms++)
        all += atomic_load(&took_ms[ms]);
    for (unsigned ms = 0; ms < TOOK_MS; ms++) {
        seen += atomic_load(&took_ms[ms]);
        if (seen * 100 >= all * 99)
            return ms;
    }
    return TOOK_MS;
}

static void on_term(int number)
{
    (void)number;
    atomic_store(&over, true);
}

static void read_options(int count, char **words)
{
    for (int option; (option = getopt(count, words, "p:a:c:n:r:b:s:w:of")) != -1;) {
        long long number = optarg ? strtoll(optarg, NULL, 10) : 0;
        switch (option) {
        case 'p':
            crowd.port = (unsigned short)number;
            break;
        case 'a':
            crowd.acknowledged_fd = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
            break;
        case 'c':
            crowd.people = number < PEOPLE ? (unsigned)number : PEOPLE;
            break;
        case 'n':
            crowd.events = (unsigned)number;
            break;
        case 'r':
            crowd.rate = (unsigned)number;
            break;
        case 'b':
            crowd.base = number;
            break;
        case 's':
            crowd.seed = (unsigned)number;
            break;
        case 'w':
            crowd.store = optarg;
            break;
        case 'o':
            crowd.once = true;
            break;
        case 'f':
            crowd.views_only = true;
            break;
        default:
            exit(2);
        }
    }
}

int main(int count, char **words)
{
    read_options(count, words);
    signal(SIGTERM, on_term);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
    for (unsigned i = 0; i < crowd.people; i++) {
        struct person *person = &crowd.persons[i];
        person->number = i;
        person->seed = crowd.seed * 1000 + i;
        person->fd = -1;
        snprintf(person->visitor, sizeof person->visitor, "01JD8QZ00000000%06u%05u",
                 (unsigned)(crowd.base % 1000000), i % PEOPLE);
        if (pthread_create(&person->thread, &small, live, person) != 0)
            abort();
    }
    for (unsigned i = 0; i < crowd.people; i++)
        pthread_join(crowd.persons[i].thread, NULL);
    printf("acknowledged=%lld refused=%lld broken=%lld odd=%lld slowest_ms=%lld p99_ms=%lld\n",
           atomic_load(&acknowledged), atomic_load(&refused), atomic_load(&broken),
           atomic_load(&odd), atomic_load(&slowest_ms), p99());
    return atomic_load(&odd) ? 1 : 0;
}
