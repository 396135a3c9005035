import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { difference, itemOf, memoryOf, mustWrite, units, viewed, type Cart } from '../../web/snippet/cart';
import { openPage } from './page';

beforeEach(() => openPage());
const line = (variant_id: number, quantity: number, price = 5990) => ({
  variant_id, product_id: 1, quantity, price, final_price: price, sku: 'A', product_title: 'Shirt', url: '/products/shirt', image: '//cdn.example/a.png', vendor: 'Acme', product_type: 'Shirts',
});
const cart = (token: string, ...items: ReturnType<typeof line>[]): Cart => ({
  token, item_count: items.reduce((sum, one) => sum + one.quantity, 0), total_price: items.reduce((sum, one) => sum + one.price * one.quantity, 0), currency: 'EUR', items, attributes: {},
});
const told = (before: Cart | null, now: Cart) => difference(before && memoryOf(before), now).map(([name, data]: any) => [name, data.items[0].variant_id, data.items[0].quantity, data.value]);

test('what is new in the cart was added, by the quantity that came', () => {
  assert.deepEqual(told(null, cart('t', line(7, 2))), [['product_added_to_cart', 7, 2, '119.8']]);
  assert.deepEqual(told(cart('t', line(7, 1)), cart('t', line(7, 3))), [['product_added_to_cart', 7, 2, '119.8']]);
});

test('what is missing was removed', () => {
  assert.deepEqual(told(cart('t', line(7, 3), line(8, 1)), cart('t', line(7, 1))), [['product_removed_from_cart', 7, 2, '119.8'], ['product_removed_from_cart', 8, 1, '59.9']]);
});

test('one variant on two lines (properties differ) is one variant', () => {
  assert.deepEqual(told(cart('t', line(7, 1), line(7, 1)), cart('t', line(7, 2))), []);
});

test('a new token is a new cart: the old one was bought, not emptied', () => {
  assert.deepEqual(told(cart('old', line(7, 2)), cart('new', line(9, 1))), [['product_added_to_cart', 9, 1, '59.9']]);
  assert.deepEqual(told(cart('t?key=1', line(7, 1)), cart('t?key=2', line(7, 1))), []);
});

test('an item carries what the platforms ask for', () => {
  const [, data] = difference(null, cart('t', line(7, 1)))[0]!;
  assert.deepEqual((data.items as any)[0], {
    product_id: 1, variant_id: 7, sku: 'A', name: 'Shirt', price: '59.9', url: '/products/shirt', image: '//cdn.example/a.png',
    brand: 'Acme', categories: ['Shirts'], quantity: 1,
  });
});

test('the cart page: all lines and their sum', () => {
  assert.equal(viewed(cart('t', line(7, 2), line(8, 1, 1000))).value, '129.8');
});

/* What /cart.js and the theme say, in hundredths whatever the currency, and what that is. */
const MONEY: [currency: string, hundredths: number, amount: string][] = [
  ['EUR', 5990, '59.9'], ['EUR', 5, '0.05'], ['USD', 0, '0'],
  ['JPY', 98000, '980'], ['KRW', 890000, '8900'], ['HUF', 199000, '1990'], // no hundredths: two noughts are appended
  ['KWD', 1250, '12.5'], ['BHD', 1999, '19.99'], ['TND', 10, '0.1'], // thousandths: cut to hundredths by Shopify
  ['IDR', 123456789000, '1234567890'],
];
for (const [currency, hundredths, amount] of MONEY)
  test(`${hundredths} of ${currency} is ${amount}`, () => {
    assert.equal(units(hundredths), amount);
    const now = { ...cart('t', line(7, 1, hundredths)), currency };
    assert.deepEqual([viewed(now).currency, viewed(now).value, difference(null, now)[0]![1].value], [currency, amount, amount]);
  });

test('what is no amount is left out', () => {
  assert.equal(units(undefined), undefined);
  assert.equal(itemOf({}).price, undefined);
});

test('our attribute is written only into a cart that does not hold it', () => {
  const one = cart('t', line(7, 1));
  assert.equal(mustWrite(one, '_qz', 'V'), true);
  assert.equal(mustWrite({ ...one, attributes: { _qz: 'V' } }, '_qz', 'V'), false);
  assert.equal(mustWrite({ ...one, attributes: { _qz: 'other' } }, '_qz', 'V'), true);
  assert.equal(mustWrite({ ...one, attributes: null }, '_qz', 'V'), true);
});
