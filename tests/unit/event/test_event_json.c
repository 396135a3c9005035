/*
 * Canonical JSON: what is written is read back as the same event (2,500 events of chance), and
 * what strangers write is understood or refused by name. Chance is drawn member by member from
 * the tables themselves; that the tables cover the whole struct is a test of its own.
 */
#include "../../../src/event/event_read.c"
#include "../../../src/event/event_write.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena arena;
static uint64_t chance;

static unsigned draw(unsigned below)
{
    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(chance >> 33) % below;
}

static span draw_text(void)
{
    static const char *const pieces[] = {"a",
                                         "Z",
                                         "7",
                                         " ",
                                         "\"",
                                         "\\",
                                         "/",
                                         "\n",
                                         "\x01",
                                         "\x7F",
                                         "\xC3\xA9",
                                         "\xE2\x82\xAC",
                                         "\xF0\x9F\x98\x80",
                                         "</script>",
                                         "o_",
                                         "820982911946154508"};
    char text[400];
    size_t len = 0;
    unsigned count = 1 + draw(12);
    for (unsigned i = 0; i < count; i++) {
        const char *piece = pieces[draw(COUNT_OF(pieces))];
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return arena_copy(&arena, (span){text, len});
}

static const char *const currencies[] = {"EUR", "USD", "JPY", "KWD", "CLF"};

static void fill(const struct event_shape *shape, void *base, unsigned density);

static void fill_items(const struct event_field *field, void *at, unsigned *count, unsigned density)
{
    struct item *items = arena_array(&arena, struct item, 4);
    *count = 1 + draw(4);
    for (unsigned i = 0; i < *count; i++) {
        fill(field->shape, &items[i], density);
        if (!event_shape_given(field->shape, &items[i]))
            items[i].sku = SPAN("S"); /* an item of nothing is not kept */
    }
    *(const struct item **)at = items;
}

static void fill_texts(void *at, unsigned *count)
{
    span *texts = arena_array(&arena, span, 3);
    *count = 1 + draw(3);
    for (unsigned i = 0; i < *count; i++)
        texts[i] = draw_text();
    *(const span **)at = texts;
}

static int64_t draw_int(void)
{
    int64_t value = ((int64_t)draw(1u << 30) << 30) + draw(1u << 30) + 1;
    return draw(4) ? value : -value;
}

/* Money's scale is put right afterwards, when the currency is known. */
static void fill_field(const struct event_field *field, void *base, unsigned density)
{
    void *at = (char *)base + field->offset;
    unsigned *count = (void *)((char *)base + field->count_offset);
    static const unsigned ceilings[] = {[FIELD_SOURCE] = SOURCE_COUNT,
                                        [FIELD_KIND] = KIND_COUNT,
                                        [FIELD_TRI] = 3,
                                        [FIELD_CHOICE] = 3};
    switch ((enum event_field_kind)field->kind) {
    case FIELD_TEXT:
        *(span *)at = draw_text();
        break;
    case FIELD_CURRENCY:
        *(span *)at = span_of(currencies[draw(COUNT_OF(currencies))]);
        break;
    case FIELD_JSON:
        *(span *)at = SPAN("{\"gad_source\":\"1\",\"deep\":{\"list\":[1,2.50,null,\"\\\"\"]}}");
        break;
    case FIELD_MONEY:
        *(struct money *)at = money_of((int64_t)draw(1u << 31) - 1000, 2);
        break;
    case FIELD_INT:
        *(int64_t *)at = draw_int();
        break;
    case FIELD_FLAG:
        *(bool *)at = true;
        break;
    case FIELD_NAME:
        *(enum event_name *)at = (enum event_name)draw(EVENT_NAME_COUNT);
        break;
    case FIELD_SOURCE:
    case FIELD_KIND:
    case FIELD_TRI:
    case FIELD_CHOICE:
        *(unsigned *)at = draw(ceilings[field->kind]);
        break;
    case FIELD_OBJECT:
        fill(field->shape, at, density);
        break;
    case FIELD_ITEMS:
        fill_items(field, at, count, density);
        break;
    case FIELD_TEXTS:
        fill_texts(at, count);
        break;
    case FIELD_SEQS:
        *count = 1 + draw(4);
        for (unsigned i = 0; i < *count; i++)
            ((int64_t *)at)[i] = draw_int();
        break;
    }
}

static void fill(const struct event_shape *shape, void *base, unsigned density)
{
    for (unsigned i = 0; i < shape->field_count; i++)
        if (draw(100) < density)
            fill_field(&shape->fields[i], base, density);
}

static void rescale_items(const struct item *items, unsigned count, unsigned scale)
{
    for (unsigned i = 0; i < count; i++) {
        struct item *item = (struct item *)(uintptr_t)&items[i];
        item->price.scale = (uint8_t)(item->price.given ? scale : 0);
        item->discount.scale = (uint8_t)(item->discount.given ? scale : 0);
    }
}

static void rescale(const struct event_shape *shape, void *base, unsigned scale)
{
    if (shape->currency) {
        span *currency = (void *)((char *)base + shape->currency->offset);
        if (span_empty(*currency)) /* amounts travel with their currency */
            *currency = span_of(currencies[draw(COUNT_OF(currencies))]);
        scale = money_scale(*currency);
    }
    for (unsigned i = 0; i < shape->field_count; i++) {
        const struct event_field *field = &shape->fields[i];
        void *at = (char *)base + field->offset;
        if (field->kind == FIELD_MONEY && ((struct money *)at)->given)
            ((struct money *)at)->scale = (uint8_t)scale;
        if (field->kind == FIELD_OBJECT)
            rescale(field->shape, at, scale);
        if (field->kind == FIELD_ITEMS)
            rescale_items(*(const struct item *const *)at, event_field_count(field, base), scale);
    }
}

static void draw_event(struct event *ret_event, unsigned density)
{
    memset(ret_event, 0, sizeof *ret_event);
    fill(&event_fields, ret_event, density);
    rescale(&event_fields, ret_event, 2);
    span name = ret_event->name == EVENT_CUSTOM ? SPAN("quiz \"finished\"")
                                                : span_of(names_text(ret_event->name));
    ret_event->name_text = name;
}

static bool same(const struct event_shape *shape, const void *a, const void *b);

static bool same_money(const struct money *a, const struct money *b)
{
    return a->given == b->given && (!a->given || (a->units == b->units && a->scale == b->scale));
}

static bool same_items(const struct event_shape *shape, const struct item *a, const struct item *b,
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!same(shape, &a[i], &b[i]))
            return false;
    return true;
}

static bool same_texts(const span *a, const span *b, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!span_equal(a[i], b[i]))
            return false;
    return true;
}

static bool same_field(const struct event_field *field, const void *base_a, const void *base_b)
{
    const void *a = event_field_at(field, base_a), *b = event_field_at(field, base_b);
    unsigned count = 0;
    if (field->kind == FIELD_ITEMS || field->kind == FIELD_TEXTS || field->kind == FIELD_SEQS) {
        count = event_field_count(field, base_a);
        if (count != event_field_count(field, base_b))
            return false;
    }
    switch ((enum event_field_kind)field->kind) {
    case FIELD_TEXT:
    case FIELD_CURRENCY:
    case FIELD_JSON:
        return span_equal(*(const span *)a, *(const span *)b);
    case FIELD_MONEY:
        return same_money(a, b);
    case FIELD_INT:
        return *(const int64_t *)a == *(const int64_t *)b;
    case FIELD_FLAG:
        return *(const bool *)a == *(const bool *)b;
    case FIELD_NAME:
    case FIELD_SOURCE:
    case FIELD_KIND:
    case FIELD_TRI:
    case FIELD_CHOICE:
        return *(const unsigned *)a == *(const unsigned *)b;
    case FIELD_OBJECT:
        return same(field->shape, a, b);
    case FIELD_ITEMS:
        return same_items(field->shape, *(const struct item *const *)a,
                          *(const struct item *const *)b, count);
    case FIELD_TEXTS:
        return same_texts(*(const span *const *)a, *(const span *const *)b, count);
    case FIELD_SEQS:
        return memcmp(a, b, count * sizeof(int64_t)) == 0;
    }
    return false;
}

static bool same(const struct event_shape *shape, const void *a, const void *b)
{
    for (unsigned i = 0; i < shape->field_count; i++) {
        if (!same_field(&shape->fields[i], a, b)) {
            print_message("# differs in %s\n", shape->fields[i].key);
            return false;
        }
    }
    return true;
}

static enum status read_span(span text, struct event *ret_event, struct error *ret_error)
{
    const struct json_value *json;
    assert_int_equal(json_parse(&arena, text, &json, NULL), OK);
    return event_read(&arena, json, SPAN("EUR"), ret_event, ret_error);
}

static struct event read_good(const char *text)
{
    struct event event;
    struct error error = {""};
    if (read_span(span_of(text), &event, &error) != OK)
        fail_msg("%s: %s", text, error.text);
    return event;
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct buf out, again;
    buf_init(&out, 4u << 20);
    buf_init(&again, 4u << 20);
    chance = 20261124;
    for (unsigned round = 0; round < 2500; round++) {
        struct event event, back;
        struct error error = {""};
        draw_event(&event, round % 101);
        buf_reset(&out);
        event_write(&out, &event);
        assert_true(buf_ok(&out));
        if (read_span(buf_span(&out), &back, &error) != OK)
            fail_msg("round %u: %s in %.*s", round, error.text, SPAN_ARG(buf_span(&out)));
        if (!same(&event_fields, &event, &back) || !span_equal(event.name_text, back.name_text))
            fail_msg("round %u: %.*s", round, SPAN_ARG(buf_span(&out)));
        buf_reset(&again);
        event_write(&again, &back);
        assert_true(span_equal(buf_span(&out), buf_span(&again)));
        assert_null(memchr(out.ptr, '\n', out.len));
        arena_reset(&arena);
    }
    buf_done(&out);
    buf_done(&again);
}

/* Every word of the struct belongs to a row, to a count, or is one of the few known exceptions:
   a member without a row would never be written. */
static void mark(const struct event_shape *shape, size_t base, unsigned char *map)
{
    static const size_t sizes[] = {
        [FIELD_TEXT] = sizeof(span),
        [FIELD_CURRENCY] = sizeof(span),
        [FIELD_JSON] = sizeof(span),
        [FIELD_MONEY] = sizeof(struct money),
        [FIELD_INT] = sizeof(int64_t),
        [FIELD_FLAG] = sizeof(int) /* padded */,
        [FIELD_NAME] = sizeof(int),
        [FIELD_SOURCE] = sizeof(int),
        [FIELD_KIND] = sizeof(int),
        [FIELD_TRI] = sizeof(int),
        [FIELD_CHOICE] = sizeof(int),
        [FIELD_ITEMS] = sizeof(void *),
        [FIELD_TEXTS] = sizeof(void *),
        [FIELD_SEQS] = sizeof(((struct event *)0)->from),
        [FIELD_OBJECT] = 0,
    };
    for (unsigned i = 0; i < shape->field_count; i++) {
        const struct event_field *field = &shape->fields[i];
        memset(map + base + field->offset, 1, sizes[field->kind]);
        if (field->kind == FIELD_ITEMS || field->kind == FIELD_TEXTS || field->kind == FIELD_SEQS)
            memset(map + base + field->count_offset, 1, sizeof(unsigned));
        if (field->kind == FIELD_OBJECT)
            mark(field->shape, base + field->offset, map);
    }
}

static void assert_covered(const unsigned char *map, size_t size)
{
    for (size_t word = 0; word < size; word += 4) {
        bool padding_after = word % 8 == 4 && map[word - 1];
        if (!map[word] && !padding_after)
            fail_msg("the word at offset %zu has no row", word);
    }
}

static const struct event_shape *items_shape(void)
{
    for (unsigned i = 0; i < event_fields.field_count; i++)
        if (event_fields.fields[i].kind == FIELD_ITEMS)
            return event_fields.fields[i].shape;
    return NULL;
}

static void the_tables_cover_the_whole_struct(void **state)
{
    (void)state;
    static unsigned char map[sizeof(struct event)], item_map[sizeof(struct item)];
    memset(map + offsetof(struct event, name_text), 1, sizeof(span));     /* with FIELD_NAME */
    memset(map + offsetof(struct event, raw_at), 1, sizeof(int64_t));     /* of this process only */
    memset(map + offsetof(struct event, aside), 1, sizeof(struct aside)); /* this too */
    mark(&event_fields, 0, map);
    assert_covered(map, sizeof map);
    mark(items_shape(), 0, item_map);
    assert_covered(item_map, sizeof item_map);
}

static void check_currency_rows(const struct event_shape *shape)
{
    const struct event_field *found = NULL;
    for (unsigned i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].kind == FIELD_CURRENCY)
            found = &shape->fields[i];
        if (shape->fields[i].kind == FIELD_OBJECT)
            check_currency_rows(shape->fields[i].shape);
    }
    assert_ptr_equal(shape->currency, found);
}

static void shapes_know_their_currency(void **state)
{
    (void)state;
    check_currency_rows(&event_fields);
}

static const char sample[] =
    "{\"id\":\"01JD0000000000000000000000\",\"name\":\"order_placed\",\"at\":1764000000000,"
    "\"received_at\":1764000000450,\"store\":\"acme\",\"source\":\"derived\",\"from\":[12,13],"
    "\"client\":{\"ip\":\"203.0.113.7\",\"fbp\":\"fb.1.1.2\",\"gad\":{\"gad_source\":\"1\"},"
    "\"landing\":{\"url\":\"https://shop.acme.example/\",\"at\":1763999999000}},"
    "\"who\":{\"visitor\":\"01JDV\",\"email\":\"jane@example.com\","
    "\"billing\":{\"city\":\"Berlin\",\"region_code\":\"BE\"}},"
    "\"consent\":{\"analytics\":\"granted\",\"marketing\":\"denied\",\"source\":\"shopify_cpa\","
    "\"region\":\"DE\",\"at\":1764000000000},"
    "\"order\":{\"id\":\"820982911946154508\",\"number\":\"1001\",\"key\":\"o_abc\","
    "\"currency\":\"EUR\",\"value\":\"59.90\",\"kind\":\"web\",\"first_order\":true,"
    "\"items\":[{\"product_id\":\"1\",\"variant_id\":\"44001\",\"name\":\"Shirt\","
    "\"price\":\"29.95\",\"quantity\":2,\"categories\":[\"Tops\",\"Sale\"]}]},"
    "\"collection\":{\"id\":\"9\",\"title\":\"Sale\"},\"custom\":{\"note\":[1,2]}}";

static void the_interface_sample_is_its_own_canonical_form(void **state)
{
    (void)state;
    struct event event = read_good(sample);
    struct buf out;
    buf_init(&out, 1u << 20);
    event_write(&out, &event);
    if (!span_is(buf_span(&out), sample))
        fail_msg("%.*s", SPAN_ARG(buf_span(&out)));
    buf_done(&out);
    assert_int_equal(event.name, EVENT_ORDER_PLACED);
    assert_int_equal(event.from[1], 13);
    assert_int_equal(event.order.value.units, 5990);
    assert_int_equal(event.order.first_order, TRI_YES);
    assert_int_equal(event.order.items[0].category_count, 2);
    assert_true(span_is(event.collection_title, "Sale"));
    assert_int_equal(event.consent.marketing, CONSENT_DENIED);
}

static void odd_but_valid_input_is_understood(void **state)
{
    (void)state;
    struct event event = read_good(
        "{\"unknown\":[{}],\"name\":\"order_placed\",\"id\":820982911946154508,\"client\":null,"
        "\"who\":{\"billing\":[],\"shipping\":{},\"zip\":10115,\"email\":\"\",\"customer_id\":"
        "207119551},"
        "\"consent\":{\"marketing\":\"unknown\",\"analytics\":true},"
        "\"order\":{\"value\":59.9,\"tax\":\"9.565\",\"total\":null,\"items\":[null,{\"price\":1,"
        "\"quantity\":\"3\",\"product_id\":704912205188288575}]},\"items\":[],\"custom\":[]}");
    assert_true(span_is(event.id, "820982911946154508"));
    assert_true(span_is(event.who.zip, "10115"));
    assert_true(span_is(event.who.customer_id, "207119551"));
    assert_null(event.who.email.ptr);
    assert_int_equal(event.consent.marketing, CONSENT_UNKNOWN);
    assert_int_equal(event.consent.analytics, CONSENT_GRANTED);
    assert_int_equal(event.order.value.units, 5990);
    assert_int_equal(event.order.tax.units, 957);
    assert_false(event.order.total.given);
    assert_int_equal(event.order.item_count, 1);
    assert_int_equal(event.order.items[0].price.units, 100);
    assert_int_equal(event.order.items[0].quantity, 3);
    assert_true(span_is(event.order.items[0].product_id, "704912205188288575"));
    assert_null(event.custom.ptr);
    assert_int_equal(event.source, SOURCE_BROWSER); /* the least trusted, when nobody says */
}

static void bodies_full_of_nothing_cost_nothing(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1u << 20);
    buf_add_text(&text, "{\"items\":[{\"sku\":\"A\"}");
    for (unsigned i = 0; i < 50000; i++)
        buf_add_text(&text, i % 3 ? ",{}" : i % 2 ? ",null" : ",[]");
    buf_add_text(&text, "]}");
    const struct json_value *json;
    struct event event;
    assert_int_equal(json_parse(&arena, buf_span(&text), &json, NULL), OK);
    size_t before = arena.used;
    assert_int_equal(event_read(&arena, json, SPAN("EUR"), &event, NULL), OK);
    assert_int_equal(event.item_count, 1);
    assert_true(arena.used - before < 1024);
    buf_reset(&text);
    buf_add_text(&text, "{\"items\":[1");
    for (unsigned i = 0; i < LIMIT_ITEMS; i++)
        buf_add_text(&text, ",1");
    buf_add_text(&text, "]}");
    struct error error;
    assert_int_equal(read_span(buf_span(&text), &event, &error), INVALID);
    assert_string_equal(error.text, "too_many_items: items has more entries than we keep");
    buf_done(&text);
}

static void an_event_without_a_name_is_no_page_view(void **state)
{
    (void)state;
    struct event event = read_good("{\"id\":\"1\"}");
    assert_int_equal(event.name, EVENT_CUSTOM);
    assert_null(event.name_text.ptr);
    event = read_good("{\"name\":\"quiz_finished\"}");
    assert_int_equal(event.name, EVENT_CUSTOM);
    assert_true(span_is(event.name_text, "quiz_finished"));
}

static void money_is_read_by_the_currency_in_force(void **state)
{
    (void)state;
    struct event event = read_good("{\"order\":{\"value\":\"500\",\"currency\":\"jpy\"},"
                                   "\"adjust\":{\"amount\":\"5\"},\"value\":\"7\"}");
    assert_int_equal(event.order.value.units, 500);
    assert_true(span_is(event.order.currency, "JPY"));
    assert_int_equal(event.adjust.amount.units, 5); /* an adjustment is of its order's money */
    assert_true(span_is(event.adjust.currency, "JPY"));
    assert_true(span_is(event.currency, "JPY"));
    event = read_good("{\"currency\":\"KWD\",\"items\":[{\"price\":\"1.5\"}],"
                      "\"order\":{\"value\":\"2\"}}");
    assert_int_equal(event.items[0].price.units, 1500);
    assert_int_equal(event.order.value.units, 2000);
    assert_true(span_is(event.order.currency, "KWD"));
    event = read_good("{\"items\":[{\"price\":\"1.5\"}]}");
    assert_true(span_is(event.currency, "EUR")); /* the store's */
    assert_null(event.order.currency.ptr);       /* no money, no currency */
}

static void verbatim_objects_stay_on_one_line(void **state)
{
    (void)state;
    struct event event =
        read_good("{\"custom\":{\n  \"a\" : [1,\r\n2.50],\t\"b\":\"\\ud800x\\u00e9\"}}");
    assert_null(memchr(event.custom.ptr, '\n', event.custom.len));
    assert_true(span_is(event.custom, "{\"a\":[1,2.50],\"b\":\"\xEF\xBF\xBDx\xC3\xA9\"}"));
    event = read_good("{\"custom\":{\"a\": 1e3}}");
    assert_true(span_is(event.custom, "{\"a\": 1e3}"));
}

static void wrong_types_are_refused_by_path(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"[]", "type_invalid: event is not an object"},
        {"{\"order\":\"1001\"}", "type_invalid: order is not an object"},
        {"{\"order\":{\"items\":[{},{\"price\":\"free\"}]}}",
         "money_invalid: order.items[1].price is not a decimal amount within reason"},
        {"{\"order\":{\"value\":1e3}}",
         "money_invalid: order.value is not a decimal amount within reason"},
        {"{\"value\":true}", "money_invalid: value is not a decimal amount within reason"},
        {"{\"who\":{\"billing\":{\"city\":{\"a\":1}}}}",
         "type_invalid: who.billing.city is not text"},
        {"{\"id\":1.5}", "type_invalid: id is not text"},
        {"{\"at\":\"yesterday\"}", "type_invalid: at is not a whole number"},
        {"{\"at\":99999999999999999999}", "type_invalid: at is not a whole number"},
        {"{\"items\":{\"a\":1}}", "type_invalid: items is not a list"},
        {"{\"items\":[1]}", "type_invalid: items[0] is not an object"},
        {"{\"items\":[{\"categories\":[\"a\",true]}]}",
         "type_invalid: items[0].categories[1] is not text"},
        {"{\"from\":[1,2,3,4,5]}", "type_invalid: from has more than four entries"},
        {"{\"source\":\"erp\"}", "type_invalid: source is none of browser, pixel, shopify, "
                                 "magento, api, derived"},
        {"{\"order\":{\"kind\":\"gift\"}}",
         "type_invalid: order.kind is none of web, pos, draft, renewal, marketplace, test"},
        {"{\"order\":{\"first_order\":\"yes\"}}",
         "type_invalid: order.first_order is neither true nor false"},
        {"{\"custom\":\"x\"}", "type_invalid: custom is not an object"},
        {"{\"name\":7.5}", "type_invalid: name is not text"},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct event event = {.at = 77};
        struct error error = {""};
        assert_int_equal(read_span(span_of(rows[i].text), &event, &error), INVALID);
        assert_string_equal(error.text, rows[i].error);
        assert_int_equal(event.at, 77);
        assert_int_equal(read_span(span_of(rows[i].text), &event, NULL), INVALID);
    }
}

/* docs/event.schema.json names exactly the members of the tables. */
static const struct json_value *resolve(const struct json_value *root,
                                        const struct json_value *node)
{
    span ref = json_get_text(node, "$ref");
    if (!span_starts(ref, "#/$defs/"))
        return node;
    return json_get(json_get(root, "$defs"), arena_text(&arena, span_sub(ref, 8, ref.len)));
}

static void same_members(const struct json_value *root, const struct json_value *node,
                         const struct event_shape *shape)
{
    node = resolve(root, node);
    const struct json_value *properties = json_get(node, "properties");
    assert_non_null(properties);
    for (unsigned i = 0; i < shape->field_count; i++) {
        const struct event_field *field = &shape->fields[i];
        const struct json_value *property = json_get(properties, field->key);
        if (property == NULL)
            fail_msg("%s is not in the schema", field->key);
        if (field->kind == FIELD_OBJECT)
            same_members(root, property, field->shape);
        if (field->kind == FIELD_ITEMS)
            same_members(root, json_get(resolve(root, property), "items"), field->shape);
    }
    assert_int_equal(properties->count, shape->field_count);
}

static void the_schema_names_the_same_members(void **state)
{
    (void)state;
    FILE *file = fopen(EVENT_SCHEMA, "r");
    char *text = malloc(1u << 17);
    assert_non_null(file);
    assert_non_null(text);
    size_t len = fread(text, 1, 1u << 17, file);
    fclose(file);
    const struct json_value *root;
    assert_int_equal(json_parse(&arena, (span){text, len}, &root, NULL), OK);
    same_members(root, root, &event_fields);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(the_tables_cover_the_whole_struct),
        cmocka_unit_test(shapes_know_their_currency),
        cmocka_unit_test(the_interface_sample_is_its_own_canonical_form),
        cmocka_unit_test(odd_but_valid_input_is_understood),
        cmocka_unit_test(bodies_full_of_nothing_cost_nothing),
        cmocka_unit_test(an_event_without_a_name_is_no_page_view),
        cmocka_unit_test(money_is_read_by_the_currency_in_force),
        cmocka_unit_test(verbatim_objects_stay_on_one_line),
        cmocka_unit_test(wrong_types_are_refused_by_path),
        cmocka_unit_test(the_schema_names_the_same_members),
    };
    arena_init(&arena, 64u << 20);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests_name("event_json", tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
