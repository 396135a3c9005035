import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pixelBody, pixelStart, type Runtime } from '../../web/pixel/core';

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
