import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pixelBody, pixelStart, type Runtime } from '../../web/pixel/core';
import { tagsStart, toldOf, type Tags } from '../../web/pixel/tags';

const V = '01KAV9FT3VAAAAAAAAAAAAAAAA';
function runtime(cookies: Record<string, string> = {}): Runtime & { tell(event: any): void; consent(privacy: any): void } {
  const heard: Record<string, (event: any) => void> = {};
  return {
    analytics: { subscribe: (name, listener) => (heard[name] = listener) },
    browser: { cookie: { get: async (name) => cookies[name] || '' } },
    init: { customerPrivacy: { analyticsProcessingAllowed: true, marketingAllowed: true, preferencesProcessingAllowed: false, saleOfDataAllowed: true }, data: { cart: { id: 'cart-1' }, customer: null } },
    customerPrivacy: { subscribe: (name, listener) => (heard[name] = listener) },
    tell: (event) => heard.all_standard_events!(event),
    consent: (customerPrivacy) => heard.visitorConsentCollected!({ customerPrivacy }),
  };
}
const event = { id: 'sh-1', name: 'checkout_started', type: 'standard', clientId: 'c-1', data: { checkout: { token: 'tok', attributes: [{ key: '_qz', value: V }] } } };

test('the event as Shopify gave it, and what only a pixel knows beside it', async () => {
  const body = await pixelBody(runtime({ _gwid: `v1.${V}.1764000000`, _fbp: 'fb.1.2.3', ttclid: 'E%2EC' }), event, { marketingAllowed: true }, '_gwid', '_qz');
  assert.equal(body.pixel, event);
  assert.equal(body.visitor, V);
  assert.deepEqual(JSON.parse(JSON.stringify(body.ids)), { client_id: 'c-1', fbp: 'fb.1.2.3', ttclid: 'E.C', checkout_token: 'tok', cart_token: 'cart-1' });
});

test('no cookie: the visitor is the one the cart names; cookies that cannot be read are none', async () => {
  const blind = runtime();
  blind.browser.cookie.get = () => Promise.reject(new Error('no'));
  assert.equal((await pixelBody(blind, event, {}, '_gwid', '_qz')).visitor, V);
  assert.equal((await pixelBody(blind, { ...event, data: {} }, {}, '_gwid', '_qz')).visitor, undefined);
});

test('nothing is sent after a withdrawal, nor what is a diagnosis', async () => {
  const sent: any[] = [], shop = runtime();
  (globalThis as any).fetch = async (_: string, options: any) => (sent.push(JSON.parse(options.body)), { status: 204 });
  pixelStart(shop, 'https://t.acme.example/qzkv', '_gwid', '_qz');
  await shop.tell(event);
  await shop.tell({ ...event, name: 'alert_displayed' });
  shop.consent({ analyticsProcessingAllowed: false, marketingAllowed: false });
  await shop.tell(event);
  assert.equal(sent.length, 1);
  assert.equal(sent[0].privacy.preferencesProcessingAllowed, false);
});

/* ---- the merchant's tags inside the sandbox ---- */

const checkout = {
  token: 'tok', currencyCode: 'EUR', totalPrice: { amount: 66.9 }, subtotalPrice: { amount: 59.9 }, totalTax: 9.56, shippingLine: { price: { amount: 7 } }, order: { id: 'gid://shopify/Order/1001' },
  lineItems: [{ quantity: 2, variant: { id: '44001', sku: 'A', price: { amount: 29.95 }, product: { id: '1' } } }],
};
const sale = { id: 'sh-9', name: 'checkout_completed', type: 'standard', timestamp: '2026-11-02T08:23:30.373Z', context: { document: { location: { href: 'https://shop.acme.example/checkouts/cn/x/thank-you' } } }, data: { checkout } };
const yes = { analyticsProcessingAllowed: true, marketingAllowed: true, saleOfDataAllowed: true };
const all: Tags = { meta: '123', tiktok: 'C0', google: 'G-1', purchase: 'order_id' };

/* What the sandbox's document would have loaded, and the stubs' queues. */
function sandbox(tags: Tags): { page: any; loaded: string[]; tell: ReturnType<typeof tagsStart> } {
  const page: any = {}, loaded: string[] = [];
  (globalThis as any).document = { createElement: () => ({}), head: { append: (script: any) => loaded.push(script.src) } };
  return { page, loaded, tell: tagsStart(page, tags) };
}
const google = (page: any, verb: string) => page.dataLayer.map((words: any) => [...words]).filter((words: any) => words[0] === verb);

test('the sale: each tag is loaded once and told with the id that the gateway sends', () => {
  const { page, loaded, tell } = sandbox(all);
  tell({ ...sale, id: 'sh-8', name: 'checkout_started' }, yes, 'GA1.1.111.222');
  tell(sale, yes, '');
  assert.deepEqual(loaded.map((src) => new URL(src).hostname), ['connect.facebook.net', 'analytics.tiktok.com', 'www.googletagmanager.com']);
  const meta = page.fbq.queue.filter((words: any) => words[0] === 'track');
  assert.deepEqual(meta.map((words: any) => [words[1], words[3].eventID]), [['InitiateCheckout', 'sh-8'], ['Purchase', 'o_tok']]);
  assert.deepEqual(meta[1][2], { currency: 'EUR', value: 66.9, content_type: 'product', content_ids: ['44001'], contents: [{ id: '44001', quantity: 2, item_price: 29.95 }] });
  assert.deepEqual(page.fbq.queue.filter((words: any) => words[0] === 'init'), [['init', '123']]);
  assert.deepEqual(page.ttq.map((words: any) => [words[0], words[1], words[3].event_id]), [['track', 'InitiateCheckout', 'sh-8'], ['track', 'Purchase', 'o_tok']]);
  assert.deepEqual(google(page, 'event').map((words: any) => [words[1], words[2].transaction_id]), [['begin_checkout', undefined], ['purchase', '1001']]);
  assert.equal(google(page, 'config')[0][2].client_id, '111.222');
});

test('the worth is by the policy of the store', () => {
  const worth = (value: Tags['value'], totalTax: any = { amount: 9.56 }) => toldOf({ ...sale, data: { checkout: { ...checkout, totalTax } } }, value).data.value;
  assert.deepEqual([worth(undefined), worth('total'), worth('subtotal'), worth('net')], [66.9, 66.9, 59.9, 50.34]);
  assert.equal(worth('net', { amount: 100 }), 0);
});

test('only with leave: no marketing, no Meta and TikTok; no sale of data, limited use; nothing is loaded for nothing', () => {
  const counted = sandbox(all);
  counted.tell(sale, { analyticsProcessingAllowed: true, marketingAllowed: false, saleOfDataAllowed: true }, '');
  assert.deepEqual(counted.loaded.map((src) => new URL(src).hostname), ['www.googletagmanager.com']);
  assert.deepEqual(google(counted.page, 'consent')[0][2], { analytics_storage: 'granted', ad_storage: 'denied', ad_user_data: 'denied', ad_personalization: 'denied' });
  const limited = sandbox(all);
  limited.tell(sale, { ...yes, saleOfDataAllowed: false }, '');
  assert.equal(limited.page.ttq, undefined);
  assert.deepEqual(limited.page.fbq.queue.slice(0, 3).map((words: any) => words[0]), ['set', 'dataProcessingOptions', 'init']);
  const quiet = sandbox(all);
  quiet.tell({ ...sale, name: 'product_viewed', data: {} }, yes, '');
  quiet.tell({ ...sale, name: 'checkout_contact_info_submitted' }, yes, '');
  assert.deepEqual(quiet.loaded, []);
});

test('sales that are not the browser\'s to tell are not fired: paid, or known to Google by a number the pixel has not', () => {
  const paid = sandbox({ ...all, purchase: undefined });
  paid.tell(sale, yes, '');
  assert.deepEqual([paid.page.fbq.queue.filter((words: any) => words[0] === 'track'), google(paid.page, 'event')], [[], []]);
  const numbered = sandbox({ ...all, purchase: 'order_number' });
  numbered.tell(sale, yes, '');
  assert.equal(numbered.page.fbq.queue.filter((words: any) => words[0] === 'track').length, 1);
  assert.deepEqual(google(numbered.page, 'event'), []);
});

test('a conversion of Google Ads: by its label, the sale only', () => {
  const { page, loaded, tell } = sandbox({ google: 'AW-1/abc', purchase: 'order_id' });
  tell({ ...sale, name: 'checkout_started' }, yes, '');
  tell(sale, yes, '');
  assert.deepEqual(google(page, 'event'), [['event', 'conversion', { send_to: 'AW-1/abc', currency: 'EUR', value: 66.9, transaction_id: '1001' }]]);
  assert.match(loaded[0]!, /id=AW-1$/);
});
