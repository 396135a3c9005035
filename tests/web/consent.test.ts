import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { readPage, type Add } from '../../web/snippet/cmp';
import { platforms, tcPurposes } from '../../web/snippet/platforms';
import { jar, openPage, store } from './page';

beforeEach(() => openPage());
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const heard = (page: Record<string, any> = {}) => readPage(page, (add: Add) => platforms(add, page, () => undefined), () => undefined);
const said = (page?: Record<string, any>) => {
  const { words, source } = heard(page);
  return [words.analytics, words.marketing, words.preferences, source];
};

/* One vector a platform, analytics allowed and marketing refused. */
const vectors: [string, () => void, (string | undefined)[]][] = [
  ['onetrust', () => {
    jar.set('OptanonAlertBoxClosed', '2026-11-20T10:00:00.000Z');
    jar.set('OptanonConsent', 'isGpcEnabled=0&datestamp=Fri&groups=C0001%3A1%2CC0002%3A1%2CC0003%3A0%2CC0004%3A0');
  }, ['granted', 'denied', 'denied']],
  ['cookiebot', () => jar.set('CookieConsent', encodeURIComponent("{stamp:'IupX==',necessary:true,preferences:false,statistics:true,marketing:false,method:'explicit',ver:1,utc:1729950414219,region:'it'}")), ['granted', 'denied', 'denied']],
  ['cookieyes', () => jar.set('cookieyes-consent', 'consentid:abc,consent:yes,action:yes,necessary:yes,functional:yes,analytics:yes,performance:no,advertisement:no'), ['granted', 'denied', 'granted']],
  ['usercentrics', () => {
    store.set('uc_user_interaction', 'true');
    store.set('uc_gcm', JSON.stringify({ adsDataRedaction: true, adPersonalization: 'denied', adStorage: 'denied', adUserData: 'denied', analyticsStorage: 'granted' }));
  }, ['granted', 'denied', undefined]],
  ['usercentrics', () => {
    store.set('uc_user_interaction', 'true');
    const service = (id: string, status: boolean) => ({ history: [{ action: 'onUpdateServices', language: 'de', status, timestamp: 1764000000000, type: 'explicit' }], id, processorId: 'p', status });
    store.set('uc_settings', JSON.stringify({ controllerId: 'c', id: 's', language: 'de', services: [service('H1Vl5NidjWX', true), service('HkocEodjb7', true), service('ko1w5PpFl', false), service('twMyStLkn', true)] }));
  }, ['granted', 'denied', undefined]],
  ['didomi', () => jar.set('didomi_token', base64({ user_id: 'u', vendors: { enabled: ['google'] }, purposes: { enabled: ['cookies', 'measure_content_performance'], disabled: ['select_personalized_ads'] } })), ['granted', 'denied', undefined]],
  ['axeptio', () => jar.set('axeptio_cookies', '{%22$$token%22:%22h1%22%2C%22$$date%22:%222026-08-08T10:41:59.523Z%22%2C%22$$completed%22:true%2C%22google_analytics%22:true%2C%22facebook_pixel%22:false}'), ['granted', 'denied', undefined]],
  ['complianz', () => {
    jar.set('cmplz_statistics', 'allow');
    jar.set('cmplz_marketing', 'deny');
    jar.set('cmplz_preferences', 'allow');
  }, ['granted', 'denied', 'granted']],
  ['iubenda', () => jar.set('_iub_cs-50053366', encodeURIComponent('{"timestamp":"2026-02-05T15:40:00.391Z","version":"1.75.1","purposes":{"1":true,"3":true,"4":true,"5":false},"id":50053366}')), ['granted', 'denied', 'granted']],
  ['pandectes', () => jar.set('_pandectes_gdpr', base64({ country: { code: 'DE' }, status: 'custom', timestamp: 1724345013, preferences: 4, id: '66' })), ['granted', 'denied', 'granted']],
];
for (const [name, visit, wanted] of vectors)
  test(`${name}: analytics yes, marketing no`, () => {
    visit();
    assert.deepEqual(said().slice(0, 3), wanted);
    assert.equal(said()[3], `cmp:${name}`);
  });

test('usercentrics with services we do not know: a yes is a yes to all of them', () => {
  store.set('uc_user_interaction', 'true');
  for (const [statuses, word] of [[[true, true], 'granted'], [[true, false], 'denied'], [[], undefined]] as const) {
    store.set('uc_settings', JSON.stringify({ services: statuses.map((status, n) => ({ id: `own${n}`, status })) }));
    assert.deepEqual(said().slice(0, 2), [word, word]);
  }
  store.set('uc_settings', 'not JSON');
  assert.deepEqual(said().slice(0, 2), [undefined, undefined]);
});

/* The Global Privacy Platform's API, saying these sections to whoever asks. */
const gpp = (parsedSections: object) => ({
  __gpp: (command: string, heard: (data: unknown, ok: boolean) => void) => heard(command === 'ping' ? { parsedSections } : { eventName: 'listenerRegistered', pingData: { parsedSections } }, true),
});
test('GPP: opted out of sale, of sharing or of targeting, by hand or by GPC, in any section', () => {
  const sale = (sections: object) => heard(gpp(sections)).words.sale_of_data;
  assert.equal(sale({ usnat: [{ Version: 1, SaleOptOutNotice: 1, SaleOptOut: 1, SharingOptOut: 2 }] }), 'denied');
  assert.equal(sale({ usca: { SaleOptOut: 2, SharingOptOut: 1 } }), 'denied');
  assert.equal(sale({ usva: [{ SaleOptOut: 2, TargetedAdvertisingOptOut: 2 }] }), 'granted');
  assert.equal(sale({ usnat: [{ SaleOptOut: 2 }, { GpcSegmentType: 1, Gpc: true }] }), 'denied');
  assert.equal(sale({ usnat: [{ SaleOptOut: 0 }] }), undefined);
  assert.equal(sale({}), undefined);
});

test('who was not asked yet has said nothing', () => {
  jar.set('OptanonConsent', 'groups=C0001%3A1%2CC0002%3A1%2CC0004%3A1');
  jar.set('cookieyes-consent', 'consentid:abc,consent:,action:,necessary:yes,analytics:no,advertisement:no');
  jar.set('axeptio_cookies', '{%22$$completed%22:false}');
  store.set('uc_gcm', '{"analyticsStorage":"denied"}');
  assert.deepEqual(said(), [undefined, undefined, undefined, undefined]);
});

test('iubenda without purposes: one word for all', () => {
  jar.set('_iub_cs-71185313', encodeURIComponent('{"consent":true,"timestamp":"2026-10-12T16:03:31.031Z","version":"1.51.0","id":71185313}'));
  assert.deepEqual(said().slice(0, 3), ['granted', 'granted', 'granted']);
});

test('pandectes: no bits refused is all granted', () => {
  jar.set('_pandectes_gdpr', 'eyJjb3VudHJ5Ijp7ImNvZGUiOiJVUyIsInN0YXRlIjoiTU8iLCJkZXRlY3RlZCI6MTcyNDUyNzU3NX0sInN0YXR1cyI6ImFsbG93IiwidGltZXN0YW1wIjoxNzI0MzQ1MDEzLCJwcmVmZXJlbmNlcyI6MCwiaWQiOiI2NmM3NmFiNTkyNjZjMjc3YmY1MDExM2YifQ==');
  assert.deepEqual(said().slice(0, 3), ['granted', 'granted', 'granted']);
});

test('usprivacy: opted out of sale', () => {
  jar.set('usprivacy', '1YYN');
  assert.equal(heard().words.sale_of_data, 'denied');
  jar.set('usprivacy', '1YNN');
  assert.equal(heard().words.sale_of_data, 'granted');
});

test('consent mode: an update is an answer, a default is a rule', () => {
  const mode = (entries: object) => said({ google_tag_data: { ics: { entries } } });
  assert.deepEqual(mode({ analytics_storage: { default: false }, ad_storage: { default: true } }).slice(0, 2), ['pending', 'allowed']);
  assert.deepEqual(mode({ analytics_storage: { default: false, update: true }, ad_storage: { default: true, update: false } }), ['granted', 'denied', undefined, 'gcm']);
  assert.equal(mode({ ad_storage: { update: true }, ad_user_data: { update: false } })[1], 'denied');
});

/* What a page tells gtag, in its order; Google's script never comes. */
const gtag = (page: Record<string, any>, ...words: unknown[]) => (page.dataLayer = page.dataLayer || []).push((function (..._: unknown[]) { return arguments; })('consent', ...words));

test('consent mode in the dataLayer: defaults and updates, whether or not a script of Google\'s comes', () => {
  const page: Record<string, any> = { dataLayer: [null, 7, { event: 'gtm.js' }, ['consent']] };
  gtag(page, 'default', { analytics_storage: 'denied', ad_storage: 'granted', wait_for_update: 500 });
  assert.deepEqual(said(page).slice(0, 2), ['pending', 'allowed']);
  gtag(page, 'update', { analytics_storage: 'granted', ad_storage: 'granted', ad_user_data: 'denied', ad_personalization: 'denied' });
  assert.deepEqual(said(page), ['granted', 'denied', undefined, 'gcm']);
  assert.equal(heard(page).words.sale_of_data, 'denied');
  gtag(page, 'update', { ad_user_data: 'granted' });
  assert.equal(said(page)[1], 'granted');
  page.dataLayer.splice(0, 5); // Tag Manager keeps the last hundreds
  gtag(page, 'update', { analytics_storage: 'denied' });
  assert.equal(said(page)[0], 'denied');
  page.google_tag_data = { ics: { entries: { analytics_storage: { default: false, update: true } } } };
  assert.equal(said(page)[0], 'granted', 'what Google\'s script made of it stands above');
});

test('consent mode by region: the visitor\'s own, and where nobody knows it only a no', () => {
  const page = (region?: string) => {
    const one: Record<string, any> = region ? { Shopify: { customerPrivacy: { getRegion: () => region } } } : {};
    gtag(one, 'default', { ad_storage: 'denied', region: ['DE', 'US-CA'] });
    gtag(one, 'default', { ad_storage: 'granted' });
    return said(one)[1];
  };
  assert.deepEqual([page('DEBE'), page('USCA'), page('USNY'), page()], ['pending', 'pending', 'allowed', 'pending']);
});

test('a dataLayer of a hundred thousand entries is read once', () => {
  let reads = 0;
  const list: any[] = Array.from({ length: 100000 }, () => ({ get 0() { reads++; return 'x'; } })), page = { dataLayer: list };
  gtag(page, 'default', { ad_storage: 'denied' });
  for (let n = 0; n < 5; n++) assert.equal(said(page)[1], 'pending');
  assert.equal(reads, 100000);
});

/* A core segment with these purposes; the other bits do not matter here. */
function tcString(purposes: number[]): string {
  const bytes = new Uint8Array(30);
  bytes[0] = 2 << 2;
  for (const n of purposes) bytes[(151 + n) >> 3]! |= 0x80 >> ((151 + n) & 7);
  return Buffer.from(bytes).toString('base64url') + '.YAAAAAAAAAA';
}

test('a TC string: purpose 1 is bit 152', () => {
  const may = tcPurposes('CPzHq4APzHq4AAMABBENAUEAALAAAEOAAAAAAEAEACACAAAA.YAAAAAAAAAA');
  assert.ok(may === null || typeof may(1) === 'boolean');
  assert.deepEqual([1, 2, 3, 24].map(tcPurposes(tcString([1, 3, 24]))!), [true, false, true, true]);
  assert.equal(tcPurposes('nonsense'), null);
  jar.set('euconsent-v2', tcString([1, 7]));
  assert.deepEqual(said(), ['granted', 'denied', undefined, 'tcf']);
  jar.set('euconsent-v2', tcString([1, 3, 4, 7]));
  assert.equal(said()[1], 'granted');
  jar.set('euconsent-v2', tcString([3, 4, 7]));
  assert.deepEqual(said().slice(0, 2), ['denied', 'denied'], 'nothing without purpose 1');
});

test("Shopify: a visitor's answer, and a region where nobody need ask", () => {
  const api = (may: boolean, spoken: string) => ({
    analyticsProcessingAllowed: () => may, marketingAllowed: () => may, preferencesProcessingAllowed: () => may, saleOfDataAllowed: () => may,
    currentVisitorConsent: () => ({ analytics: spoken, marketing: spoken, preferences: spoken, sale_of_data: spoken }), getRegion: () => 'USCA',
  });
  assert.deepEqual(said({ Shopify: { customerPrivacy: api(true, '') } }), ['allowed', 'allowed', 'allowed', 'shopify_cpa']);
  assert.deepEqual(said({ Shopify: { customerPrivacy: api(false, '') } })[1], 'pending');
  assert.deepEqual(said({ Shopify: { customerPrivacy: api(false, 'no') } })[1], 'denied');
  assert.equal(heard({ Shopify: { customerPrivacy: api(true, 'yes') } }).region, 'US');
});

test('several tools: a no stands above a yes, an answer above a rule', () => {
  jar.set('cmplz_statistics', 'allow');
  jar.set('cmplz_marketing', 'allow');
  const page = { google_tag_data: { ics: { entries: { analytics_storage: { default: false }, ad_storage: { update: false } } } } };
  assert.deepEqual(said(page).slice(0, 2), ['granted', 'denied']);
});
