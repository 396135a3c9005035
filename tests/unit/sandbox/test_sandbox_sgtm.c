/* A server container, played: gtag's own purchase is recorded, each broken pair is not. */
#include "../../../src/sandbox/sandbox_sgtm.c"

#include "stage.h"

#define NOW INT64_C(1764000100000)

static const char shared[] =
    "v=2&tid=G-EXAMPLE&cid=1162820436.1749482504&_p=17&sid=1747132561&gcs=G111";
static const char event[] = "&en=purchase&_et=100&dl=https%3A%2F%2Fshop.example%2F&cu=EUR"
                            "&ep.transaction_id=1001&ep.event_id=o_tok&epn.value=59.90"
                            "&pr1=id44001~nmShirt~brAcme~pr29.95~qt2&pr2=nmBelt~qt1";

static int post(span query, const char *type, span body)
{
    const struct http_header header = {SPAN("Content-Type"), span_of(type)};
    struct http_request request = {.method = SPAN("POST"),
                                   .path = SPAN("/g/collect"),
                                   .query = query,
                                   .headers = &header,
                                   .header_count = type != NULL,
                                   .body = body};
    struct sandbox_reply reply = {0};
    sandbox_sgtm.handle(&ledger, &request, NOW, &arena, &reply);
    return reply.status;
}

static struct sandbox_account *account(void)
{
    return sandbox_ledger_account(&ledger, "sgtm", SPAN("G-EXAMPLE"));
}

static span whole(void)
{
    return arena_join(&arena, span_of(shared), span_of(event));
}

/* The purchase with one piece of text replaced; both must be there. */
static span with(const char *old, const char *new)
{
    char *text = arena_text(&arena, whole());
    char *at = strstr(text, old);
    if (at == NULL)
        fail_msg("there is no %s", old);
    return arena_print(&arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

static void test_purchase_is_recorded(void **state)
{
    (void)state;
    assert_int_equal(post(whole(), NULL, (span){0}), 200);
    assert_int_equal(account()->unique, 1);
    assert_true(span_is(account()->sums.first->name, "purchase"));
    assert_int_equal(account()->sums.first->amounts->units, 5990);
    assert_true(span_is(account()->subjects->id, "1001"));
    assert_int_equal(post(whole(), NULL, (span){0}), 200);
    assert_int_equal(account()->duplicates, 1);
    post(with("cid=1162820436", "cid=7"), NULL, (span){0});
    assert_int_equal(account()->unique, 2);
}

static void test_lines_share_the_query(void **state)
{
    (void)state;
    span lines = SPAN("en=page_view&_et=1\nen=view_item&cu=EUR&epn.value=1.00&pr1=id1");
    assert_int_equal(post(span_of(shared), "text/plain;charset=UTF-8", lines), 200);
    assert_int_equal(account()->unique, 2);
    assert_int_equal(post(span_of(shared), "application/json", lines), 200);
    assert_int_equal(post(span_of(shared), NULL, (span){0}), 200); /* no event at all */
    assert_int_equal(account()->refused, 2);
    assert_int_equal(account()->unique, 2);
}

static void test_unclaimed(void **state)
{
    (void)state;
    assert_int_equal(post(with("v=2", "v=1"), NULL, (span){0}), 400);
    assert_int_equal(post(with("&tid=G-EXAMPLE", ""), NULL, (span){0}), 400);
    assert_int_equal(post((span){0}, NULL, (span){0}), 400);
    for (struct sandbox_account *a = ledger.accounts; a; a = a->next)
        assert_int_equal(a->accepted, 0);
}

static void test_rules(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new;
    } rows[] = {
        {"cid=1162820436.1749482504", "cid=GA1.1.1.2"},
        {"&cid=1162820436.1749482504", ""},
        {"&en=purchase", ""},
        {"en=purchase", "en=session_start"},
        {"en=purchase", "en=my+purchase"},
        {"&_p=17", ""},
        {"_p=17", "_p=x"},
        {"sid=1747132561", "sid=s1"},
        {"gcs=G111", "gcs=G112"},
        {"gcs=G111", "gcs=G11"},
        {"cu=EUR", "cu=EURO"},
        {"&cu=EUR", ""},
        {"&ep.transaction_id=1001", ""},
        {"ep.transaction_id=1001", "ep.transaction_id="},
        {"&epn.value=59.90", ""},
        {"epn.value=59.90", "epn.value=a"},
        {"ep.event_id=o_tok", "ep.ga_x=1"},
        {"ep.event_id=o_tok", "ep.note=jane%40example.com"},
        {"ep.event_id=o_tok", "xx=1"},
        {"ep.event_id=o_tok", "v=2"},
        {"pr1=id44001", "pr1=xx44001"},
        {"pr1=id44001~nmShirt", "pr1=br1"},
        {"pr29.95", "pr29,95"},
        {"qt2", "qt1.5"},
        {"pr2=nm", "pr3=nm"},
        {"dl=https%3A%2F%2Fshop.example%2F", "dl=shop"},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        uint64_t before = account()->refused;
        assert_int_equal(post(with(rows[i].old, rows[i].new), NULL, (span){0}), 200);
        if (account()->refused != before + 1 || account()->accepted != 0)
            fail_msg("%s for %s was taken", rows[i].new, rows[i].old);
    }
}

static void test_broken(void **state)
{
    (void)state;
    struct sandbox_reply reply = {0};
    sandbox_sgtm.broken(SANDBOX_FAULT_503, &arena, &reply);
    assert_int_equal(reply.status, 503);
    sandbox_sgtm.broken(SANDBOX_FAULT_TOKEN_INVALID, &arena, &reply);
    assert_int_equal(reply.status, 400);
    assert_true(sandbox_sgtm.owns(SPAN("/g/collect")));
    assert_false(sandbox_sgtm.owns(SPAN("/mp/collect")));
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(test_purchase_is_recorded),
        ROW(test_lines_share_the_query),
        ROW(test_unclaimed),
        ROW(test_rules),
        ROW(test_broken),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
