import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fire, productId, saleId, tagStates } from '../../web/snippet/bridge';

/* A page with all three tags, and what they were told. */
function shop(): { page: any; calls: any[][] } {
  const calls: any[][] = [], hear = (tag: string) => (...words: unknown[]) => calls.push(JSON.parse(JSON.stringify([tag, ...words])));
  return { page: { fbq: hear('meta'), ttq: { track: hear('tiktok') }, gtag: hear('google') }, calls };
}
const ALL = ['meta', 'tiktok', 'google'];
const item = { product_id: '1', variant_id: '44001', sku: 'A-1', price: '29.95', quantity: 2 };
const told = (name: string, data: any = {}) => ({ id: 'E1', name, at: 0, data: { currency: 'EUR', value: '59.90', items: [item], ...data } });

test('one id on every tag, in each one\'s own words', () => {
  const { page, calls } = shop();
  fire(page, ALL, told('product_added_to_cart'));
  assert.deepEqual(calls, [
    ['meta', 'track', 'AddToCart', { currency: 'EUR', value: 59.9, content_type: 'product', content_ids: ['44001'], contents: [{ id: '44001', quantity: 2, item_price: 29.95 }] }, { eventID: 'E1' }],
    ['tiktok', 'AddToCart', { currency: 'EUR', value: 59.9, content_type: 'product', contents: [{ content_id: '44001', quantity: 2, price: 29.95 }] }, { event_id: 'E1' }],
    ['google', 'event', 'add_to_cart', { currency: 'EUR', value: 59.9, items: [{ item_id: '44001', quantity: 2, price: 29.95 }] }],
  ]);
});

test('a collection, a search and what only Meta calls its own are told as the gateway tells them', () => {
  const { page, calls } = shop();
  fire(page, ALL, told('collection_viewed', { items: [], currency: undefined, collection: { id: '9', title: 'Wear' } }));
  fire(page, ALL, told('search_submitted', { items: [], currency: undefined, query: 'linen' }));
  fire(page, ALL, told('cart_viewed', { items: [] }));
  assert.deepEqual(calls, [
    ['meta', 'track', 'ViewContent', { content_type: 'product_group', content_name: 'Wear' }, { eventID: 'E1' }],
    ['tiktok', 'ViewContent', { content_type: 'product_group', content_name: 'Wear' }, { event_id: 'E1' }],
    ['google', 'event', 'view_item_list', { items: [], item_list_id: '9', item_list_name: 'Wear' }],
    ['meta', 'track', 'Search', { search_string: 'linen' }, { eventID: 'E1' }],
    ['tiktok', 'Search', { search_string: 'linen' }, { event_id: 'E1' }],
    ['google', 'event', 'search', { search_term: 'linen', items: [] }],
    ['meta', 'trackCustom', 'ViewCart', { currency: 'EUR', value: 59.9 }, { eventID: 'E1' }],
    ['google', 'event', 'view_cart', { currency: 'EUR', value: 59.9, items: [] }],
  ]);
});

test('each tag names products as the destination behind it does', () => {
  const { page, calls } = shop();
  fire(page, ALL, told('product_viewed'), undefined, { meta: 'sku', google: 'DE_{product_id}' });
  const [[, , , meta], [, , tiktok], [, , , google]] = calls as any;
  assert.deepEqual([meta.content_ids, meta.contents[0].id, tiktok.contents[0].content_id, google.items[0].item_id], [['A-1'], 'A-1', '44001', 'DE_1']);
});

test('only the tags that are named, only the events that a tag has, and no name that every object has', () => {
  const { page, calls } = shop();
  fire(page, ['tiktok'], told('product_viewed'));
  fire(page, ALL, told('page_viewed'));
  for (const name of ['constructor', 'toString', '__proto__', 'of_our_own']) fire(page, ALL, told(name));
  assert.deepEqual(calls.map((words) => words.slice(0, 3).filter((word) => typeof word === 'string')), [['tiktok', 'ViewContent'], ['meta', 'track', 'PageView']]);
});

test('a sale has the order\'s id; without a policy, or without an id, it is not fired', () => {
  const { page, calls } = shop();
  fire(page, ALL, told('checkout_completed', { checkout_token: 'tok', order_id: '1001' }));
  fire(page, ALL, told('checkout_completed'), 'order_id');
  assert.equal(calls.length, 0);
  fire(page, ALL, told('checkout_completed', { checkout_token: 'tok', order_id: '1001' }), 'order_id');
  assert.deepEqual([calls[0]![4].eventID, calls[1]![3].event_id, calls[2]![3].transaction_id], ['o_tok', 'o_tok', '1001']);
  assert.equal(saleId({ order_id: '1001' }), 'o_1001');
});

test('products by the store\'s rule, as the gateway names them (event/shop.c)', () => {
  const by = (rule: string | undefined, one: any = item) => productId(one, rule);
  assert.deepEqual([by(undefined), by('variant_id'), by('product_id'), by('sku')], ['44001', '44001', '1', 'A-1']);
  assert.equal(by('shopify_US_{product_id}_{variant_id}'), 'shopify_US_1_44001');
  assert.equal(by('shopify_US_{product_id}_{variant_id}', { product_id: 7 }), '7', 'an id with a hole in it would be the wrong thing');
  assert.equal(by('x_{constructor}'), '44001');
  assert.equal(by('{sku', item), '44001');
  assert.equal(by('sku', { product_id: '1' }), '1');
});

test('a tag whose library came, one that was stopped, one that was never there', () => {
  assert.deepEqual(tagStates({ fbq: { callMethod: true }, ttq: [['load']] }, ALL), { meta: 'fired', tiktok: 'blocked', google: 'absent' });
});
