/* Mail by SMTP; mail.h is the contract. */
#include "mail.h"

#include <curl/curl.h>
#include <stdatomic.h>

#include "../base/limits.h"
#include "../base/url.h"
#include "addr.h"
#include "rules.h"

#define ARENA_MOST (4u * MIB)

struct mailing {
    uv_work_t work;
    struct arena arena;
    struct mail mail; /* copied */
    size_t sent;      /* bytes of the message that curl has fetched */
    atomic_bool stop;
    bool failed;
    char trouble[MAIL_TROUBLE];
    mail_done *done;
    void *arg;
};

/* The same address as http, so that one parser does for both; the user's part apart. */
static bool parts(struct arena *arena, span smtp, struct url *ret_url, bool *ret_user)
{
    size_t scheme = span_starts(smtp, "smtp://") ? 7 : span_starts(smtp, "smtps://") ? 8 : 0;
    if (scheme == 0)
        return false;
    span rest = span_sub(smtp, scheme, smtp.len);
    size_t end = span_find(rest, 0, '/'), at = rest.len;
    for (size_t i = 0; i < end; i++)
        at = rest.ptr[i] == '@' ? i : at;
    *ret_user = at < rest.len;
    if (*ret_user)
        rest = span_sub(rest, at + 1, rest.len);
    return url_parse(arena_join(arena, SPAN("http://"), rest), ret_url) == OK;
}

bool mail_address_good(span smtp)
{
    struct arena arena;
    struct url url;
    bool user;
    arena_init(&arena, ARENA_MOST);
    bool good = parts(&arena, smtp, &url, &user);
    arena_done(&arena);
    return good;
}

static size_t on_read(char *to, size_t size, size_t count, void *arg)
{
    struct mailing *mailing = arg;
    span rest = span_sub(mailing->mail.message, mailing->sent, size * count);
    if (rest.len > 0)
        memcpy(to, rest.ptr, rest.len);
    mailing->sent += rest.len;
    return rest.len;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct mailing *mailing = arg;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&mailing->stop) ? 1 : 0;
}

static long tls_of(struct mailing *mailing)
{
    struct url url = {0};
    bool user = false;
    if (!parts(&mailing->arena, mailing->mail.smtp, &url, &user))
        return CURLUSESSL_ALL;
    return user && !addr_loopback_host(url.host) ? CURLUSESSL_ALL : CURLUSESSL_TRY;
}

static void perform(CURL *easy, struct mailing *mailing)
{
    char words[CURL_ERROR_SIZE] = "";
    struct curl_slist *list = NULL;
    for (unsigned i = 0; i < mailing->mail.to_count; i++)
        list = curl_slist_append(list, arena_text(&mailing->arena, mailing->mail.to[i]));
    curl_easy_setopt(easy, CURLOPT_URL, arena_text(&mailing->arena, mailing->mail.smtp));
    rules_set(easy, "smtp,smtps", mailing->mail.ca_file);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, tls_of(mailing));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)LIMIT_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)LIMIT_SEND_MS);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, arena_text(&mailing->arena, mailing->mail.from));
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, list);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, mailing);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, mailing);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
    CURLcode code = curl_easy_perform(easy);
    mailing->failed = code != CURLE_OK;
    if (mailing->failed)
        snprintf(mailing->trouble, sizeof mailing->trouble, "%s",
                 words[0] ? words : curl_easy_strerror(code));
    curl_slist_free_all(list);
}

static void on_work(uv_work_t *work)
{
    struct mailing *mailing = work->data;
    CURL *easy = curl_easy_init();
    mailing->failed = true;
    snprintf(mailing->trouble, sizeof mailing->trouble, "no memory");
    if (!easy)
        return;
    perform(easy, mailing);
    curl_easy_cleanup(easy);
}

static void mailing_free(struct mailing *mailing)
{
    arena_done(&mailing->arena);
    free(mailing);
}

static void on_worked(uv_work_t *work, int status)
{
    struct mailing *mailing = work->data;
    if (status != 0) {
        mailing->failed = true;
        snprintf(mailing->trouble, sizeof mailing->trouble, "stopped");
    }
    mailing->done(mailing->arg, mailing->failed ? mailing->trouble : NULL);
    mailing_free(mailing);
}

static struct mailing *mailing_new(const struct mail *mail)
{
    struct mailing *mailing = calloc(1, sizeof *mailing);
    if (!mailing || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) /* counted: once more is nothing */
        abort();
    arena_init(&mailing->arena, ARENA_MOST);
    span *to = arena_array(&mailing->arena, span, mail->to_count);
    for (unsigned i = 0; i < mail->to_count; i++)
        to[i] = arena_copy(&mailing->arena, mail->to[i]);
    mailing->mail = (struct mail){.smtp = arena_copy(&mailing->arena, mail->smtp),
                                  .from = arena_copy(&mailing->arena, mail->from),
                                  .to = to,
                                  .to_count = mail->to_count,
                                  .message = arena_copy(&mailing->arena, mail->message),
                                  .ca_file = mail->ca_file};
    mailing->work.data = mailing;
    return mailing;
}

enum status mail_send(uv_loop_t *loop, const struct mail *mail, mail_done *done, void *arg,
                      struct mailing **ret_mailing)
{
    struct mailing *mailing = mailing_new(mail);
    mailing->done = done;
    mailing->arg = arg;
    if (uv_queue_work(loop, &mailing->work, on_work, on_worked) != 0) {
        mailing_free(mailing);
        return BROKEN;
    }
    *ret_mailing = mailing;
    return OK;
}

void mail_stop(struct mailing *mailing)
{
    atomic_store(&mailing->stop, true);
    uv_cancel((uv_req_t *)&mailing->work); /* if it waits for a thread still */
}

enum status mail_once(const struct mail *mail, struct error *ret_error)
{
    struct mailing *mailing = mailing_new(mail);
    on_work(&mailing->work);
    bool failed = mailing->failed;
    if (failed)
        snprintf(ret_error->text, sizeof ret_error->text, "%.200s", mailing->trouble);
    mailing_free(mailing);
    return failed ? BROKEN : OK;
}
