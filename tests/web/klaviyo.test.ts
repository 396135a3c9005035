import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, klaviyoCall, listenToKlaviyo } from '../../web/snippet/klaviyo';

/* Klaviyo's documented stub, in small: calls lie in _klOnsite until the library takes them. */
function stub(page: any): void {
  page._klOnsite = page._klOnsite || [];
  page.klaviyo = new Proxy({}, {
    get: (_, name) => name === 'push' ? (...calls: any[]) => page._klOnsite.push(...calls) : (...words: any[]) => { page._klOnsite.push([name, ...words]); },
  });
}
const listen = (page: any) => {
  const heard: any[] = [];
  listenToKlaviyo(page, (words) => heard.push(words));
  return heard;
};

test('calls made before we came and after are heard once each, and stay in the queue', () => {
  const page: any = { _learnq: [['track', 'Old', {}]] };
  stub(page);
  page.klaviyo.push(['identify', { email: 'a@b.co' }]);
  const heard = listen(page);
  page.klaviyo.track('Viewed Product', { ProductID: 1 });
  page.klaviyo.push(['track', 'X', {}]);
  page._learnq.push(['track', 'Y', {}]);
  assert.deepEqual(heard.map((words) => words.slice(0, 2)), [['track', 'Old'], ['identify', { email: 'a@b.co' }], ['track', 'Viewed Product'], ['track', 'X'], ['track', 'Y']]);
  assert.equal(page._klOnsite.length, 3);
});

test('the real library takes over: it gets everything, we hear each call once', () => {
  const page: any = {};
  stub(page);
  const heard = listen(page), got: any[] = [];
  page.klaviyo.push(['track', 'A', {}]);
  const queue = page._klOnsite;
  page.klaviyo = { push: (...calls: any[]) => got.push(...calls), track: (...words: any[]) => { got.push(words); return 'its answer'; }, isIdentified: () => true };
  queue.forEach((words: any) => page.klaviyo.push(words)); // as the library drains it
  assert.equal(page.klaviyo.track('B', {}), 'its answer');
  assert.equal(page.klaviyo.isIdentified(), true);
  assert.deepEqual(heard.map((words) => words[1]), ['A', 'B']);
  assert.equal(got.length, 2);
});

test('no Klaviyo on the page: the old queue is ours', () => {
  const page: any = {}, heard = listen(page);
  page.klaviyo = page.klaviyo || [];
  page._learnq.push(['track', 'Viewed Product', {}]);
  page.klaviyo.push(['track', 'Z', {}]);
  assert.equal(heard.length, 2);
});

test('a listener that fails is not in the way', () => {
  const page: any = {};
  stub(page);
  listenToKlaviyo(page, () => { throw new Error('ours'); });
  page.klaviyo.push(['track', 'A', {}]);
  assert.equal(page._klOnsite.length, 1);
});

test('Viewed Product, its pair, and Added to Cart in our words', () => {
  const item = { ProductName: 'Shirt', ProductID: '1', SKU: 'A', Categories: ['Shirts'], ImageURL: 'https://x/a.png', URL: 'https://x/shirt', Brand: 'Acme', Price: '€ 1.234,50' };
  assert.deepEqual(klaviyoCall(['track', 'Viewed Product', item]), {
    name: 'product_viewed',
    data: { items: [{ product_id: '1', sku: 'A', name: 'Shirt', price: '1234.50', quantity: 1, url: 'https://x/shirt', image: 'https://x/a.png', brand: 'Acme', categories: ['Shirts'] }], value: '1234.50', currency: undefined },
  });
  assert.equal((klaviyoCall(['trackViewedItem', { Title: 'Shirt', ItemId: 1, Metadata: { Price: '59.90' } }]) as any).data.items[0].price, '59.90');
  const added: any = klaviyoCall(['track', 'Added to Cart', { $value: 119.8, AddedItemProductID: 1, AddedItemPrice: 59.9, AddedItemQuantity: 2 }]);
  assert.deepEqual([added.name, added.data.value, added.data.items[0].quantity], ['product_added_to_cart', '119.8', 2]);
});

test('identify, a name of the shop\'s own, and what is of no use', () => {
  assert.deepEqual(klaviyoCall(['identify', { $email: 'a@b.co', $phone_number: '+49' }]), { who: { email: 'a@b.co', phone: '+49', customer_id: undefined } });
  assert.equal((klaviyoCall(['track', 'Quiz Done', { score: 3 }]) as any).name, 'Quiz Done');
  assert.equal(klaviyoCall(['track', 'Active on Site', {}]), null);
  assert.equal(klaviyoCall(['track', undefined]), null);
});

test('amounts as shops write them', () => {
  assert.deepEqual(['59.90', 59.9, '$1,234.50', '1.234,50 €', '1,234', '', 'free', undefined].map(amount), ['59.90', '59.9', '1234.50', '1234.50', '1234', undefined, undefined, undefined]);
});

test('a name that every object has is a name like others', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) assert.equal((klaviyoCall(['track', name, {}]) as any).name, name);
});
