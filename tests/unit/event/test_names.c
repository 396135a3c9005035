/* The list of event names: every text finds its constant, and only its own. */
#include "../../../src/event/names.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void every_text_finds_its_constant(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EVENT_CUSTOM; i++) {
        span text = span_of(names_text((enum event_name)i));
        assert_true(text.len > 0);
        assert_int_equal(names_find(text), i);
    }
    assert_string_equal(names_text(EVENT_CUSTOM), "");
}

static void other_texts_are_custom(void **state)
{
    (void)state;
    assert_int_equal(names_find(SPAN("quiz_finished")), EVENT_CUSTOM);
    assert_int_equal(names_find(SPAN("Page_Viewed")), EVENT_CUSTOM);
    assert_int_equal(names_find(SPAN("page_viewed ")), EVENT_CUSTOM);
    assert_int_equal(names_find((span){0}), EVENT_CUSTOM);
}

static void classes_are_those_of_the_list(void **state)
{
    (void)state;
    assert_int_equal(names_class(EVENT_PAGE_VIEWED), EVENT_CLASS_STOREFRONT);
    assert_int_equal(names_class(EVENT_PAYMENT_SUBMITTED), EVENT_CLASS_CHECKOUT);
    assert_int_equal(names_class(EVENT_CHECKOUT_COMPLETED), EVENT_CLASS_HALF);
    assert_int_equal(names_class(EVENT_ORDER_REFUNDED), EVENT_CLASS_ORDER);
    assert_int_equal(names_class(EVENT_SUBSCRIBED), EVENT_CLASS_PEOPLE);
    assert_int_equal(names_class(EVENT_FACT_ORDER_CREATED), EVENT_CLASS_FACT);
    assert_int_equal(names_class(EVENT_CUSTOM), EVENT_CLASS_CUSTOM);
    assert_string_equal(names_class_text(EVENT_CLASS_ORDER), "order");
    assert_int_equal(names_find(SPAN("orders/create")), EVENT_FACT_ORDER_CREATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_finds_its_constant),
        cmocka_unit_test(other_texts_are_custom),
        cmocka_unit_test(classes_are_those_of_the_list),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("event_names", tests, NULL, NULL);
}
