/* Parcels, customers, and what the law makes Shopify tell us. */
#include "../../../src/sources/shopify_facts.c"
#include "webhook.h"

static void test_fulfillments(void **state)
{
    (void)state;
    const struct event *event =
        taken("fulfillments/update", scene_fixture("fulfillments-update-webhook"));
    assert_int_equal(event->name, EVENT_FACT_FULFILLMENT_UPDATED);
    assert_int_equal(event->at, INT64_C(1641386808000));
    check_span(event->order.id, "4617255092480");
    check_absent(event->order.name); /* "#1002.1" is the parcel's name */
    check_span(event->fulfillment.id, "4124667937024");
    check_span(event->fulfillment.status, "success");
    check_absent(event->fulfillment.shipment_status);
    check_span(event->fulfillment.tracking_company, "Amazon Logistics UK");
    check_span(event->fulfillment.tracking_number, "Sample001test");
    check_span(event->fulfillment.tracking_url,
               "https://www.amazon.co.uk/gp/help/customer/display.html?nodeId=201910530");
    check_span(event->who.email, "ada@example.com");
    event = taken("fulfillments/update",
                  scene_replace(scene_fixture("fulfillments-update"), "\"shipment_status\": null",
                                "\"shipment_status\": \"out_for_delivery\""));
    check_span(event->fulfillment.id, "255858046");
    check_span(event->fulfillment.shipment_status, "out_for_delivery");
    event = taken(
        "fulfillments/update",
        SPAN("{\"id\":1,\"order_id\":2,\"destination\":{\"city\":\"Bonn\",\"country_code\":\"DE\","
             "\"phone\":\"0151 23456789\"}}"));
    check_span(event->who.shipping.city, "Bonn");
    check_span(event->who.country, "DE");
    check_span(event->who.shipping.phone, "+4915123456789");
    check_absent(event->who.phone); /* who receives a parcel need not be who bought it */
}

static void test_customers(void **state)
{
    (void)state;
    const struct event *event = taken("customers/update", scene_fixture("customers-update"));
    assert_int_equal(event->name, EVENT_FACT_CUSTOMER_UPDATED);
    check_span(event->who.customer_id, "207119551");
    check_span(event->who.email, "bob.norman@mail.example.com");
    check_span(event->who.phone, "+16136120707");
    check_span(event->who.first_name, "Bob");
    check_span(event->who.last_name, "Norman");
    check_span(event->who.city, "Louisville");
    check_span(event->who.country, "US");
    check_absent(event->order.id); /* last_order_id is not what this is about */
    check_span(taken("customers/create",
                     SPAN("{\"id\":900719925474099267,\"email\":null,\"default_address\":[]}"))
                   ->who.customer_id,
               "900719925474099267");
}

static void test_compliance(void **state)
{
    (void)state;
    const struct event *event =
        taken("customers/data_request", scene_fixture("customers-data_request"));
    assert_int_equal(event->name, EVENT_FACT_DATA_REQUEST);
    assert_int_equal(event->at, TRIGGERED);
    check_span(event->who.customer_id, "191167");
    check_span(event->who.email, "john@example.com");
    check_span(event->custom, "{\"orders\":[\"299938\",\"280263\",\"220458\"]}");
    event = taken("customers/redact", scene_fixture("customers-redact"));
    assert_int_equal(event->name, EVENT_FACT_CUSTOMER_REDACT);
    check_span(event->who.phone, "555-625-1199"); /* no country: as given */
    check_span(event->custom, "{\"orders\":[\"299938\",\"280263\",\"220458\"]}");
    event = taken("customers/redact",
                  SPAN("{\"customer\":{\"email\":\"a@b.example\"},\"orders_to_redact\":[]}"));
    check_span(event->who.email, "a@b.example");
    check_absent(event->custom);
    assert_int_equal(taken("shop/redact", scene_fixture("shop-redact"))->name,
                     EVENT_FACT_SHOP_REDACT);
}

static void test_many_orders_to_redact(void **state)
{
    (void)state;
    struct buf body;
    const struct json_value *root;
    buf_init(&body, 1 * MIB);
    buf_add_text(&body, "{\"customer\":{\"id\":7},\"orders_to_redact\":[{},null");
    for (unsigned i = 0; i < 5000; i++)
        buf_print(&body, ",%u", 100000 + i);
    buf_add_text(&body, "]}");
    const struct event *event = taken("customers/redact", buf_span(&body));
    check_span(event->who.customer_id, "7");
    assert_int_equal(json_parse(&scene.arena, event->custom, &root, NULL), OK);
    assert_true(json_get(root, "orders")->count > 800); /* as many as fit */
    buf_done(&body);
}

static void test_uninstalled(void **state)
{
    (void)state;
    const struct event *event = taken("app/uninstalled", scene_fixture("app-uninstalled"));
    assert_int_equal(event->name, EVENT_FACT_APP_UNINSTALLED);
    assert_int_equal(event->at, TRIGGERED);
    check_absent(event->who.email); /* the owner is no shopper */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_fulfillments), SCENE_TEST(test_customers),
        SCENE_TEST(test_compliance),   SCENE_TEST(test_many_orders_to_redact),
        SCENE_TEST(test_uninstalled),
    };
    return SCENE_RUN(tests);
}
