/* Headers found without case, the first of several; reasons for statuses. */
#include "../../../src/base/http.c"

#include "check.h"

static void test_headers(void **state)
{
    (void)state;
    const struct http_header headers[] = {
        {SPAN("Content-Type"), SPAN("text/plain")},
        {SPAN("X-Shopify-Topic"), SPAN("orders/create")},
        {SPAN("x-shopify-topic"), SPAN("orders/paid")},
        {SPAN("X-Empty"), SPAN("")},
    };
    const struct http_request request = {.headers = headers, .header_count = COUNT_OF(headers)};
    check_span(http_request_header(&request, "content-type"), "text/plain");
    check_span(http_request_header(&request, "X-SHOPIFY-TOPIC"), "orders/create");
    check_span(http_request_header(&request, "x-empty"), "");
    check_absent(http_request_header(&request, "content-typ"));
    check_absent(http_request_header(&request, "content-type2"));
    check_absent(http_header_get(NULL, 0, "host"));
    const struct http_response response = {.headers = headers, .header_count = 1};
    check_span(http_response_header(&response, "CONTENT-TYPE"), "text/plain");
    check_absent(http_response_header(&response, "x-empty"));
}

static void test_reasons(void **state)
{
    (void)state;
    assert_string_equal(http_reason(204), "No Content");
    assert_string_equal(http_reason(404), "Not Found");
    assert_string_equal(http_reason(503), "Service Unavailable");
    assert_string_equal(http_reason(299), "Unknown");
    assert_string_equal(http_reason(0), "Unknown");
    assert_string_equal(http_reason(-1), "Unknown");
    for (size_t i = 1; i < COUNT_OF(reasons); i++)
        assert_true(reasons[i - 1].status < reasons[i].status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_reasons),
    };
    return CHECK_RUN(tests);
}
