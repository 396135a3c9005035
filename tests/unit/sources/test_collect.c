/* The snippet's body: what each member becomes, and every way it can be wrong. */
#include "../../../src/sources/collect.c"
#include "scene.h"

static enum source_verdict decode(const char *body)
{
    scene.request.body = span_of(body);
    return source_collect.decode(&scene.request, &scene.shop, &scene.arena, &scene.batch);
}

/* One event with this data; it must be taken. */
static const struct event *take(const char *name, const char *data)
{
    span body = arena_print(&scene.arena,
                            "{\"v\":1,\"events\":[{\"id\":\"01JD\",\"name\":\"%s\",\"at\":%lld,"
                            "\"data\":%s}]}",
                            name, (long long)NOW, data);
    assert_int_equal(decode(arena_text(&scene.arena, body)), SOURCE_TAKEN);
    if (scene.batch.refusal_count > 0)
        fail_msg("refused: %s", scene.batch.refusals[0].error);
    assert_int_equal(scene.batch.events.count, 1);
    return &scene.batch.events.events[0];
}

static const char *refused(const char *name, const char *data)
{
    span body = arena_print(&scene.arena,
                            "{\"v\":1,\"events\":[{\"id\":\"01JD\",\"name\":\"%s\",\"at\":%lld,"
                            "\"data\":%s}]}",
                            name, (long long)NOW, data);
    assert_int_equal(decode(arena_text(&scene.arena, body)), SOURCE_TAKEN);
    assert_int_equal(scene.batch.events.count, 0);
    assert_int_equal(scene.batch.refusal_count, 1);
    check_span(scene.batch.refusals[0].id, "01JD");
    assert_true(scene.batch.refusals[0].detail.len > 0);
    return scene.batch.refusals[0].error;
}

static const char whole[] =
    "{\"v\":1,\"visitor\":\"" VISITOR "\",\"sent_at\":1795535999000,"
    "\"consent\":{\"analytics\":\"granted\",\"marketing\":\"denied\",\"preferences\":\"yes\","
    "\"sale_of_data\":\"unknown\",\"source\":\"shopify_cpa\",\"at\":1795535000000},"
    "\"page\":{\"url\":\"https://shop.acme.example/p?gclid=NEW\",\"referrer\":\"https://l.example/"
    "\","
    "\"title\":\" Shirt \",\"language\":\"de-DE\"},"
    "\"ids\":{\"fbp\":\"fb.1.1.2\",\"fbc\":\"fb.1.1.x\",\"ga\":\"GA1.1.2.3\",\"ga_session\":\"GS2."
    "1.x\","
    "\"gclid\":\"OLD\",\"gbraid\":\"gb\",\"wbraid\":\"wb\",\"ttclid\":\"tt\",\"ttp\":\"tp\",\"kx\":"
    "\"kx\","
    "\"client_id\":\"c7b3\",\"cart_token\":\"Z2Nw?key=1\",\"gad\":{\"gad_source\":\"1\"},"
    "\"epik\":\"dj0y\",\"clicks\":{\"msclkid\":\"m1\",\"_scid\":\"s\"}},"
    "\"who\":{\"email\":\" Jane@Example.com \",\"phone\":\"0151 234\",\"customer_id\":77},"
    "\"events\":[{\"id\":\"01JDEVENT\",\"name\":\"product_viewed\",\"at\":1795535998000,\"data\":{"
    "\"currency\":\"usd\",\"value\":\"59.90\",\"season\":\"winter\","
    "\"items\":[{\"product_id\":1,\"variant_id\":\"44001\",\"sku\":\"A\",\"name\":\"Shirt\","
    "\"price\":59.9,\"quantity\":1,\"url\":\"/p\",\"brand\":\"B\","
    "\"image\":\"//cdn.example/i.png\",\"categories\":[\"Tops\",null,\"\"]}]}}]}";

static void test_whole(void **state)
{
    (void)state;
    scene_header("user-agent", SPAN("Mozilla/5.0"));
    assert_int_equal(decode(whole), SOURCE_TAKEN);
    assert_int_equal(scene.batch.events.count, 1);
    assert_int_equal(scene.batch.refusal_count, 0);
    const struct event *event = &scene.batch.events.events[0];
    check_span(event->id, "01JDEVENT");
    assert_int_equal(event->name, EVENT_PRODUCT_VIEWED);
    assert_int_equal(event->source, SOURCE_BROWSER);
    check_span(event->store, "acme");
    assert_int_equal(event->at, INT64_C(1795535998000));
    assert_int_equal(event->received_at, NOW);
    check_span(event->client.ip, "203.0.113.7");
    check_span(event->client.user_agent, "Mozilla/5.0");
    check_span(event->client.url, "https://shop.acme.example/p?gclid=NEW");
    check_span(event->client.referrer, "https://l.example/");
    check_span(event->client.title, "Shirt");
    check_span(event->client.language, "de-DE");
    check_span(event->client.fbp, "fb.1.1.2");
    check_span(event->client.fbc, "fb.1.1.x");
    check_span(event->client.ga, "GA1.1.2.3");
    check_span(event->client.ga_session, "GS2.1.x");
    check_span(event->client.gclid, "NEW"); /* the URL wins */
    check_span(event->client.gbraid, "gb");
    check_span(event->client.wbraid, "wb");
    check_span(event->client.ttclid, "tt");
    check_span(event->client.ttp, "tp");
    check_span(event->client.kx, "kx");
    check_span(event->client.client_id, "c7b3");
    check_span(event->client.gad, "{\"gad_source\":\"1\"}");
    check_span(event->client.epik, "dj0y");
    check_span(event->client.clicks, "{\"msclkid\":\"m1\",\"_scid\":\"s\"}");
    check_span(event->order.cart_token, "Z2Nw");
    check_span(event->who.visitor, VISITOR);
    check_span(event->who.email, "Jane@Example.com");
    check_span(event->who.phone, "0151 234");
    check_span(event->who.customer_id, "77");
    assert_int_equal(event->consent.analytics, CONSENT_GRANTED);
    assert_int_equal(event->consent.marketing, CONSENT_DENIED);
    assert_int_equal(event->consent.preferences, CONSENT_GRANTED);
    assert_int_equal(event->consent.sale_of_data, CONSENT_UNKNOWN);
    check_span(event->consent.source, "shopify_cpa");
    assert_int_equal(event->consent.at, INT64_C(1795535000000));
    check_span(event->currency, "USD");
    check_money(event->value, "59.90");
    check_span(event->custom, "{\"season\":\"winter\"}");
    assert_int_equal(event->item_count, 1);
    check_span(event->items[0].product_id, "1");
    check_span(event->items[0].variant_id, "44001");
    check_money(event->items[0].price, "59.90");
    check_span(event->items[0].url, "https://shop.acme.example/p"); /* as the page stands there */
    check_span(event->items[0].image, "https://cdn.example/i.png");
    assert_int_equal(event->items[0].category_count, 1);
    check_span(event->items[0].categories[0], "Tops");
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *body, *error;
    } cases[] = {
        {"", "json_invalid"},
        {"{\"v\":1,\"events\":[}", "json_invalid"},
        {"{\"v\":1,\"events\":[]} x", "json_invalid"},
        {"{\"v\":1,\"events\":[\"\xff\"]}", "utf8_invalid"},
        {"{\"v\":1,\"events\":[\"\xed\xa0\x80\"]}", "utf8_invalid"},
        {"[]", "body_not_object"},
        {"null", "body_not_object"},
        {"\"x\"", "body_not_object"},
        {"{}", "version_missing"},
        {"{\"v\":null,\"events\":[]}", "version_missing"},
        {"{\"v\":2,\"events\":[]}", "version_unknown"},
        {"{\"v\":1.0,\"events\":[]}", "version_unknown"},
        {"{\"v\":1}", "events_missing"},
        {"{\"v\":1,\"events\":{}}", "events_missing"},
        {"{\"v\":1,\"events\":\"x\"}", "events_missing"},
        {"{\"v\":1,\"pixel\":[]}", "pixel_not_object"},
        {"{\"v\":1,\"pixel\":null}", "pixel_not_object"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(decode(cases[i].body), SOURCE_MALFORMED);
        check_word(scene.batch.error, cases[i].error);
        assert_true(scene.batch.detail.len > 0);
        assert_int_equal(scene.batch.events.count, 0);
    }
    char *deep = arena_take(&scene.arena, 4000);
    memset(deep, '[', 3000);
    assert_int_equal(decode(deep), SOURCE_MALFORMED);
    check_word(scene.batch.error, "json_invalid");
}

static void test_too_many(void **state)
{
    (void)state;
    for (unsigned count = LIMIT_BATCH_EVENTS; count <= LIMIT_BATCH_EVENTS + 1; count++) {
        struct buf body;
        buf_init(&body, 1 * MIB);
        buf_add_text(&body, "{\"v\":1,\"events\":[");
        for (unsigned i = 0; i < count; i++)
            buf_print(&body, "%s{\"id\":\"e%u\",\"name\":\"page_viewed\",\"at\":%lld}",
                      i ? "," : "", i, (long long)NOW);
        buf_add(&body, "]}", 3);
        enum source_verdict verdict = decode(body.ptr);
        if (count == LIMIT_BATCH_EVENTS) {
            assert_int_equal(verdict, SOURCE_TAKEN);
            assert_int_equal(scene.batch.events.count, count);
        } else {
            assert_int_equal(verdict, SOURCE_MALFORMED);
            check_word(scene.batch.error, "events_too_many");
        }
        buf_done(&body);
    }
}

static void test_neighbours_are_kept(void **state)
{
    (void)state;
    assert_int_equal(
        decode("{\"v\":1,\"events\":["
               "{\"id\":\"a\",\"name\":\"page_viewed\",\"at\":1795536000000},"
               "{\"id\":\"b\",\"name\":\"page_viewed\"},"
               "7,"
               "{\"id\":\"c\",\"name\":\"order_placed\",\"at\":1795536000000},"
               "{\"name\":\"page_viewed\",\"at\":1795536000000},"
               "{\"id\":\"d\",\"name\":\"cart_viewed\",\"at\":1795536000000,\"data\":[]}]}"),
        SOURCE_TAKEN);
    assert_int_equal(scene.batch.events.count, 2);
    check_span(scene.batch.events.events[0].id, "a");
    check_span(scene.batch.events.events[1].id, "d");
    assert_int_equal(scene.batch.refusal_count, 4);
    check_span(scene.batch.refusals[0].id, "b");
    check_word(scene.batch.refusals[0].error, "time_missing");
    check_word(scene.batch.refusals[1].error, "event_not_object");
    check_absent(scene.batch.refusals[1].id);
    check_span(scene.batch.refusals[2].id, "c");
    check_word(scene.batch.refusals[2].error, "name_reserved");
    check_word(scene.batch.refusals[3].error, "id_missing");
}

static void test_refused_events(void **state)
{
    (void)state;
    check_word(refused("orders/create", "{}"), "name_reserved");
    check_word(refused("order_refunded", "{}"), "name_reserved");
    check_word(refused("customers/redact", "{}"), "name_reserved");
    check_word(refused("", "{}"), "name_missing");
    check_word(refused("bad/name", "{}"), "name_invalid");
    check_word(refused("na\xc3\xafve", "{}"), "name_invalid");
    check_word(refused("a\\u0000b", "{}"), "name_invalid");
    check_word(refused("123456789012345678901234567890123456789012345678901", "{}"),
               "name_invalid");
    check_word(refused("cart_viewed", "{\"value\":\"1,50\"}"), "money_invalid");
    check_word(refused("cart_viewed", "{\"value\":{}}"), "money_invalid");
    check_word(refused("cart_viewed", "{\"value\":true}"), "money_invalid");
    check_word(refused("cart_viewed", "{\"value\":-1}"), "money_negative");
    check_word(refused("cart_viewed", "{\"value\":1,\"currency\":\"EURO\"}"), "currency_invalid");
    check_word(refused("cart_viewed", "{\"value\":1,\"currency\":\"ZZZ\"}"), "currency_invalid");
    check_word(refused("cart_viewed", "{\"value\":1,\"currency\":978}"), "currency_invalid");
    check_word(refused("cart_viewed", "{\"items\":[{\"price\":\"-3\"}]}"), "money_negative");
    check_word(refused("cart_viewed", "{\"items\":[{\"price\":\"x\"}]}"), "money_invalid");
    check_word(refused("cart_viewed", "{\"items\":[{\"quantity\":\"many\"}]}"), "quantity_invalid");
    check_word(refused("cart_viewed", "{\"items\":[{\"quantity\":-2}]}"), "quantity_invalid");

    struct buf items;
    buf_init(&items, 1 * MIB);
    buf_add_text(&items, "{\"items\":[{}");
    for (unsigned i = 0; i < LIMIT_ITEMS; i++)
        buf_add_text(&items, ",{}");
    buf_add(&items, "]}", 3);
    check_word(refused("cart_viewed", items.ptr), "too_many_items");
    buf_done(&items);
}

static void test_odd_but_valid(void **state)
{
    (void)state;
    check_absent(take("page_viewed", "[]")->custom);
    take("page_viewed", "null");
    take("page_viewed",
         "{\"items\":{},\"collection\":[],\"value\":null,\"currency\":null,\"query\":null}");
    const struct event *event = take("search_submitted", "{\"query\":\"caf\\u00e9 \\ud83d\"}");
    check_span(event->query, "caf\xc3\xa9 \xef\xbf\xbd");
    event =
        take("collection_viewed", "{\"collection\":{\"id\":820982911946154508,\"title\":\"All\"}}");
    check_span(event->collection_id, "820982911946154508");
    check_span(event->collection_title, "All");
    event = take("product_viewed", "{\"value\":59.904,\"items\":[{\"price\":\"1\"},null,3]}");
    check_span(event->currency, "EUR"); /* the shop's */
    check_money(event->value, "59.90");
    assert_int_equal(event->item_count, 1);
    assert_int_equal(event->items[0].quantity, 1);
    check_absent(take("page_viewed", "{}")->currency);
    event = take("My event: 1.0-b", "{\"level\":3,\"custom\":{\"a\":1}}");
    assert_int_equal(event->name, EVENT_CUSTOM);
    check_span(event->name_text, "My event: 1.0-b");
    check_span(event->custom, "{\"level\":3,\"custom\":{\"a\":1}}");
}

static void test_checkout_completed(void **state)
{
    (void)state;
    const struct event *event = take(
        "checkout_completed",
        "{\"order_id\":\"gid://shopify/Order/1001\",\"checkout_token\":\"tok\","
        "\"cart_token\":\"cart?key=1\",\"coupon\":\"TEN\",\"first_order\":true,\"value\":\"10\"}");
    assert_int_equal(event->name, EVENT_CHECKOUT_COMPLETED);
    check_span(event->order.id, "1001");
    check_span(event->order.checkout_token, "tok");
    check_span(event->order.cart_token, "cart");
    check_span(event->order.coupon, "TEN");
    assert_int_equal(event->order.first_order, TRI_YES);
    check_money(event->value, "10.00");
    assert_false(event->order.value.given); /* an unsigned body prices no order */
    event = take("checkout_completed",
                 "{\"order\":{\"id\":7,\"checkout_token\":\"t2\",\"total\":\"1\"}}");
    check_span(event->order.id, "7");
    check_span(event->order.checkout_token, "t2");
    assert_false(event->order.total.given);
}

static void test_strangers_ids(void **state)
{
    (void)state;
    decode("{\"v\":1,\"visitor\":\"not-a-ulid\",\"ids\":[],\"who\":null,\"page\":{\"url\":"
           "\"javascript:x\","
           "\"referrer\":\"about:blank\"},\"events\":[{\"id\":\"a\",\"name\":\"page_viewed\","
           "\"at\":1795536000000}]}");
    assert_int_equal(scene.batch.events.count, 1);
    const struct event *event = &scene.batch.events.events[0];
    check_absent(event->who.visitor);
    check_absent(event->client.url);
    check_absent(event->client.referrer);
    assert_int_equal(event->consent.at, 0);
}

static void check_skew(int64_t sent, int64_t at, int64_t expected)
{
    span body =
        arena_print(&scene.arena,
                    "{\"v\":1,\"sent_at\":%lld,\"consent\":{\"marketing\":\"granted\",\"at\":%lld},"
                    "\"events\":[{\"id\":\"a\",\"name\":\"page_viewed\",\"at\":%lld}]}",
                    (long long)sent, (long long)at, (long long)at);
    assert_int_equal(decode(arena_text(&scene.arena, body)), SOURCE_TAKEN);
    assert_int_equal(scene.batch.events.count, 1);
    assert_int_equal(scene.batch.events.events[0].at, expected);
    assert_int_equal(scene.batch.events.events[0].raw_at, at);
    assert_int_equal(scene.batch.events.events[0].consent.at, expected < NOW ? expected : NOW);
}

static void test_skew(void **state)
{
    (void)state;
    check_skew(NOW - 1000, NOW - 2000, NOW - 2000);
    check_skew(NOW - 300000, NOW - 301000, NOW - 301000);        /* five minutes are tolerated */
    check_skew(NOW - 300001, NOW - 301001, NOW - 1000);          /* more are not */
    check_skew(NOW + 3600000, NOW + 3590000, NOW - 10000);       /* an hour fast */
    check_skew(NOW - 7200000, NOW - 7200000 - 5000, NOW - 5000); /* two hours slow */
    check_skew(NOW + 60000, NOW + 60000, NOW + 60000); /* consent is never in the future */
}

static const char *id_trouble(const char *id)
{
    span body = arena_print(
        &scene.arena, "{\"v\":1,\"events\":[{\"id\":%s,\"name\":\"page_viewed\",\"at\":%lld}]}", id,
        (long long)NOW);
    assert_int_equal(decode(arena_text(&scene.arena, body)), SOURCE_TAKEN);
    return scene.batch.refusal_count > 0 ? scene.batch.refusals[0].error : "fine";
}

static void test_event_ids(void **state)
{
    (void)state;
    check_word(id_trouble("\"01JD\""), "fine");
    check_word(id_trouble("820982911946154508"), "fine");
    check_word(id_trouble("\"\""), "id_missing");
    check_word(id_trouble("null"), "id_missing");
    check_word(id_trouble("{}"), "id_missing");
    check_word(id_trouble("\"a\\nb\""), "id_missing");
    char *longer = arena_take(&scene.arena, 200);
    memset(longer, 'x', 130);
    longer[0] = longer[129] = '"';
    check_word(id_trouble(longer), "fine"); /* 128 bytes */
    memset(longer, 'x', 131);
    longer[0] = longer[130] = '"';
    check_word(id_trouble(longer), "id_too_long");
}

/* A corrected time does not help an event whose own clock is too far off to tell its copies. */
static void test_clock_far_off(void **state)
{
    (void)state;
    static const struct {
        int64_t sent, at;
        const char *error;
    } cases[] = {
        {NOW + 2 * INT64_C(86400000), NOW + 2 * INT64_C(86400000), "time_ahead"},
        {NOW - 30 * INT64_C(86400000), NOW - 30 * INT64_C(86400000), "time_too_old"},
        {NOW, NOW + 2 * INT64_C(86400000), "time_ahead"},
        {NOW, NOW - 8 * INT64_C(86400000), "time_too_old"},
        {INT64_C(253402300799999), NOW, "time_missing"}, /* corrected to before 1970 */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        span body = arena_print(&scene.arena,
                                "{\"v\":1,\"sent_at\":%lld,\"events\":[{\"id\":\"a\",\"name\":"
                                "\"page_viewed\",\"at\":%lld}]}",
                                (long long)cases[i].sent, (long long)cases[i].at);
        assert_int_equal(decode(arena_text(&scene.arena, body)), SOURCE_TAKEN);
        assert_int_equal(scene.batch.events.count, 0);
        check_word(scene.batch.refusals[0].error, cases[i].error);
    }
}

static const struct consent *consent_of(const char *consent)
{
    span body = arena_print(
        &scene.arena,
        "{\"v\":1,%s\"events\":[{\"id\":\"a\",\"name\":\"page_viewed\",\"at\":1795535990000}]}",
        consent);
    assert_int_equal(decode(arena_text(&scene.arena, body)), SOURCE_TAKEN);
    assert_int_equal(scene.batch.events.count, 1);
    return &scene.batch.events.events[0].consent;
}

static void test_gpc(void **state)
{
    (void)state;
    assert_int_equal(consent_of("")->sale_of_data, CONSENT_UNKNOWN);
    scene_header("Sec-GPC", SPAN("1"));
    const struct consent *consent = consent_of("");
    assert_int_equal(consent->sale_of_data, CONSENT_DENIED);
    assert_int_equal(consent->marketing, CONSENT_UNKNOWN);
    check_span(consent->source, "gpc");
    assert_int_equal(consent->at, INT64_C(1795535990000));
    consent = consent_of(
        "\"consent\":{\"marketing\":true,\"sale_of_data\":\"granted\",\"source\":\"tcf\"},");
    assert_int_equal(consent->sale_of_data, CONSENT_DENIED);
    assert_int_equal(consent->marketing, CONSENT_GRANTED);
    check_span(consent->source, "tcf");
    consent = consent_of("\"consent\":{\"source\":\"tcf\",\"at\":5},"); /* said nothing */
    check_span(consent->source, "gpc");
}

/* The other ways to say it: the body's own GPC, Google's further signals, a TC string. */
static void test_more_words_of_consent(void **state)
{
    (void)state;
    const struct consent *consent =
        consent_of("\"gpc\":true,\"consent\":{\"marketing\":\"granted\",\"at\":1795535000000},");
    assert_int_equal(consent->sale_of_data, CONSENT_DENIED);
    assert_int_equal(consent->at, INT64_C(1795535000000));
    assert_int_equal(consent->sale_of_data_at, INT64_C(1795535990000));
    consent = consent_of("\"consent\":{\"marketing\":\"granted\",\"analytics\":\"granted\","
                         "\"ad_personalization\":\"denied\",\"source\":\"gcm\"},");
    assert_int_equal(consent->marketing, CONSENT_GRANTED);
    assert_int_equal(consent->sale_of_data, CONSENT_DENIED);
    consent = consent_of("\"consent\":{\"marketing\":\"granted\",\"ad_user_data\":\"denied\"},");
    assert_int_equal(consent->marketing, CONSENT_DENIED);
    /* version 2, purposes 1, 3, 4 and 7 */
    consent = consent_of("\"consent\":{\"tcf\":\"CAAAAAAAAAAAAAAAAAAAAAAAALIAAAA.YAAAAAAAAAA\"},");
    assert_int_equal(consent->marketing, CONSENT_GRANTED);
    assert_int_equal(consent->analytics, CONSENT_GRANTED);
    check_span(consent->source, "tcf");
    consent = consent_of("\"consent\":{\"marketing\":\"denied\",\"tcf\":"
                         "\"CAAAAAAAAAAAAAAAAAAAAAAAALIAAAA.YAAAAAAAAAA\"},");
    assert_int_equal(consent->marketing, CONSENT_DENIED); /* words are clearer than bits */
}

static void test_fbc(void **state)
{
    (void)state;
    decode("{\"v\":1,\"page\":{\"url\":\"https://shop.acme.example/?fbclid=IwAR\"},\"events\":["
           "{\"id\":\"a\",\"name\":\"page_viewed\",\"at\":1795535990000}]}");
    check_span(scene.batch.events.events[0].client.fbc, "fb.1.1795535990000.IwAR");
}

static void test_headers_of_strangers(void **state)
{
    (void)state;
    scene_header("User-Agent", SPAN("bad \xff agent"));
    take("page_viewed", "{}");
    check_absent(scene.batch.events.events[0].client.user_agent);
}

static void test_no_signature(void **state)
{
    (void)state;
    assert_null(source_collect.verify);
    for (size_t i = 0; source_collect.fields[i][0]; i++)
        assert_non_null(source_collect.fields[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_whole),
        SCENE_TEST(test_malformed),
        SCENE_TEST(test_too_many),
        SCENE_TEST(test_neighbours_are_kept),
        SCENE_TEST(test_refused_events),
        SCENE_TEST(test_odd_but_valid),
        SCENE_TEST(test_checkout_completed),
        SCENE_TEST(test_strangers_ids),
        SCENE_TEST(test_event_ids),
        SCENE_TEST(test_skew),
        SCENE_TEST(test_clock_far_off),
        SCENE_TEST(test_gpc),
        SCENE_TEST(test_more_words_of_consent),
        SCENE_TEST(test_fbc),
        SCENE_TEST(test_headers_of_strangers),
        SCENE_TEST(test_no_signature),
    };
    return SCENE_RUN(tests);
}
