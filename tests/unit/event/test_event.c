/* The words of an event's enums and the rules of event_check(), each broken on purpose. */
#include "../../../src/event/event.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NOW    INT64_C(1764000000000)
#define DAY    INT64_C(86400000)
#define WINDOW (7 * DAY)

static struct event good(void)
{
    return (struct event){.id = SPAN("01JD"),
                          .name = EVENT_PRODUCT_VIEWED,
                          .name_text = SPAN("product_viewed"),
                          .at = NOW,
                          .store = SPAN("acme"),
                          .currency = SPAN("EUR"),
                          .value = {5990, 2, true}};
}

static void assert_fine(struct event event)
{
    struct error error = {""};
    if (event_check(&event, NOW, WINDOW, &error) != OK)
        fail_msg("refused: %s", error.text);
}

static void assert_word(struct event event, const char *word)
{
    struct error error = {""};
    assert_int_equal(event_check(&event, NOW, WINDOW, &error), INVALID);
    span text = span_of(error.text);
    if (!span_is(span_sub(text, 0, span_find(text, 0, ':')), word))
        fail_msg("wanted %s, got %s", word, error.text);
    assert_int_equal(event_check(&event, NOW, WINDOW, NULL), INVALID);
}

static void texts_and_constants(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SOURCE_COUNT; i++)
        assert_int_equal(event_source_find(span_of(event_source_text((enum event_source)i))), i);
    for (unsigned i = 0; i < KIND_COUNT; i++)
        assert_int_equal(event_kind_find(span_of(event_kind_text((enum event_kind)i))), i);
    assert_int_equal(event_source_find(SPAN("erp")), SOURCE_COUNT);
    assert_int_equal(event_kind_find((span){0}), KIND_COUNT);
}

static void identity_and_name(void **state)
{
    (void)state;
    char long_text[LIMIT_ID_BYTES + 1];
    memset(long_text, 'x', sizeof long_text);
    span over = {long_text, sizeof long_text}, just = {long_text, sizeof long_text - 1};
    struct event event = good();
    assert_fine(event);
    event.id = just;
    assert_fine(event);
    event.id = over;
    assert_word(event, "id_too_long");
    event.id = (span){0};
    assert_word(event, "id_missing");
    event = good();
    event.name = EVENT_CUSTOM;
    event.name_text = just;
    assert_fine(event);
    event.name_text = over;
    assert_word(event, "name_too_long");
    event.name_text = SPAN("");
    assert_word(event, "name_missing");
    event.name_text = SPAN("caf\xE9");
    assert_word(event, "utf8_invalid");
}

static void time_rules(void **state)
{
    (void)state;
    struct event event = good();
    event.at = 0;
    assert_word(event, "time_missing");
    event.at = -5;
    assert_word(event, "time_missing");
    event.at = NOW + DAY;
    assert_fine(event);
    event.at = NOW + DAY + 1;
    assert_word(event, "time_ahead");
    event.at = INT64_MAX;
    assert_word(event, "time_ahead");
    event.at = NOW - WINDOW;
    assert_fine(event);
    event.at = NOW - WINDOW - 1;
    assert_word(event, "time_too_old");
    event.source = SOURCE_DERIVED;
    assert_fine(event);
    event.source = SOURCE_SHOPIFY;
    assert_word(event, "time_too_old");
    event.name = EVENT_FACT_ORDER_UPDATED;
    assert_fine(event);
}

static void money_rules(void **state)
{
    (void)state;
    struct event event = good();
    event.value.units = -1;
    assert_word(event, "money_negative");
    event.value.units = MONEY_CEILING + 1;
    assert_word(event, "money_invalid");
    event.value = (struct money){500, 0, true};
    assert_word(event, "money_invalid"); /* euros have two digits */
    event.currency = SPAN("JPY");
    assert_fine(event);
    event.currency = SPAN("XYZ");
    assert_word(event, "currency_invalid");
    event.value.given = false;
    assert_word(event, "currency_invalid");
    event = good();
    event.currency = (span){0};
    assert_word(event, "currency_invalid"); /* an amount of nothing */
    event = good();
    event.order.currency = SPAN("USD");
    event.order.tax = (struct money){-1, 2, true};
    assert_word(event, "money_negative");
    event = good();
    event.adjust.currency = SPAN("KWD");
    event.adjust.amount = (struct money){1, 2, true};
    assert_word(event, "money_invalid");
}

static void item_rules(void **state)
{
    (void)state;
    static struct item many[LIMIT_ITEMS + 1];
    struct event event = good();
    event.items = many;
    event.item_count = LIMIT_ITEMS;
    assert_fine(event);
    event.item_count = LIMIT_ITEMS + 1;
    assert_word(event, "too_many_items");
    event = good();
    struct item item = {.quantity = -1};
    event.order.items = &item;
    event.order.item_count = 1;
    assert_word(event, "quantity_invalid");
    item.quantity = 1;
    assert_fine(event);
    item.price = (struct money){-1, 2, true};
    event.order.currency = SPAN("EUR");
    assert_word(event, "money_negative");
    static span categories[LIMIT_CATEGORIES + 1];
    item = (struct item){.categories = categories, .category_count = LIMIT_CATEGORIES};
    assert_fine(event);
    item.category_count++;
    assert_word(event, "too_many_items");
    item.category_count = 1;
    categories[0] = SPAN("\xFF");
    assert_word(event, "utf8_invalid");
}

static void text_rules(void **state)
{
    (void)state;
    static char bytes[LIMIT_CUSTOM_BYTES + 1];
    memset(bytes, 'x', sizeof bytes);
    struct event event = good();
    event.client.user_agent = (span){bytes, LIMIT_TEXT_BYTES};
    event.client.url = (span){bytes, LIMIT_URL_BYTES};
    event.order.checkout_token = (span){bytes, LIMIT_TOKEN_BYTES};
    event.custom = (span){bytes, LIMIT_CUSTOM_BYTES};
    assert_fine(event);
    event.client.user_agent.len++;
    assert_word(event, "text_too_long");
    event.client.user_agent.len--;
    event.client.url.len++;
    assert_word(event, "text_too_long");
    event.client.url.len--;
    event.order.checkout_token.len++;
    assert_word(event, "text_too_long");
    event.order.checkout_token.len--;
    event.custom.len++;
    assert_word(event, "text_too_long");
    event = good();
    event.who.shipping.city = SPAN("M\xFCnchen");
    assert_word(event, "utf8_invalid");
    event.who.shipping.city = SPAN("M\xC3\xBCnchen");
    assert_fine(event);
    event.consent.source = SPAN("\xED\xA0\x80"); /* a surrogate */
    assert_word(event, "utf8_invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_constants), cmocka_unit_test(identity_and_name),
        cmocka_unit_test(time_rules),          cmocka_unit_test(money_rules),
        cmocka_unit_test(item_rules),          cmocka_unit_test(text_rules),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("event_event", tests, NULL, NULL);
}
