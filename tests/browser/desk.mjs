/*
 * The dashboard's test kit: one gateway with a shop's day in it, and somebody at the desk before it.
 *
 *   page('what it shows', async (desk) => {
 *     const seat = await desk.seat();                 // a browser that is logged in, at /
 *     await seat.visit('/orders');
 *     await seat.sees('#1001');
 *   });
 *
 * The data come in by the real doors: the snippet's and the pixel's path, and webhooks signed as Shopify
 * signs them. Google has a dead token, TikTok does not answer; the other three are well. All pages share
 * one stage; a page that changes something puts it back. Every seat fails its scene when the browser
 * reports an error of script or policy, or asks any other host.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after } from 'node:test';
import { AGENT, assert, chrome, Stage, test, until } from './kit.mjs';

export { assert, until };
export const PASSWORD = 'a good password';
/* What a stranger may write into any field of an event. It must be seen as text, and do nothing. */
export const EVIL = '"><img src=x onerror="window.hit=1"><script>window.hit=1</script>{{7*7}}';

/* Members that are checked or looked up: anything else in them is refused or passed over before it is kept. */
const CHECKED = /^(id|token|checkout_token|currency|currency_code|presentment_currency|country_code|email|contact_email|phone|name|source_name|financial_status|order_number)$/;
/* The same value with every text of it replaced, but for numbers, times and what is checked. */
function everywhere(value, key = '') {
  if (Array.isArray(value)) return value.map((one) => everywhere(one, key));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, everywhere(one, name)]));
  return typeof value === 'string' && !CHECKED.test(key) && !/^[-+.\d]+$|^\d{4}-\d\d-\d\dT/.test(value) ? EVIL : value;
}

const ORDER = readFileSync(new URL('../flow/order.json', import.meta.url), 'utf8');
const YES = { analytics: 'granted', marketing: 'granted', preferences: 'granted', sale_of_data: 'granted', source: 'shopify_cpa' };
const PRODUCTS = [['44001', 'Linen shirt', '59.90'], ['44002', 'Wool throw', '89.00'], ['44003', 'Canvas tote', '24.50'], ['44004', 'Oak board', '39.00']];
const NAMES = ['Anna Weber', 'Bruno Keller', 'Clara Vogt', 'David Roth', 'Elif Demir', 'Frieda Lang', 'Gustav Horn', 'Hanna Seidel'];

export function ulid(time = Date.now()) {
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let text = '';
  for (let i = 0; i < 10; i++, time = Math.floor(time / 32)) text = digits[time % 32] + text;
  return text + [...randomBytes(16)].map((byte) => digits[byte % 32]).join('');
}

const texts = (names) => Object.fromEntries(names.split(' ').map((name) => [name, EVIL]));
const evilClient = texts('user_agent url referrer language fbp fbc ga ga_session gclid gbraid wbraid ttclid ttp kx client_id title');
const evilItem = { ...texts('product_id variant_id sku name brand url image'), price: '1.00', quantity: 1, categories: [EVIL] };

/* The same text in each member that an event may have, by the door of the shop's own server, which passes strangers'
   words on. The ids of those that were taken. */
export async function evilByApi(stage, token) {
  const who = texts('first_name last_name city region zip country');
  const whole = {
    at: Date.now(), client: evilClient, who: { ...who, visitor: ulid(), billing: who, shipping: who }, consent: YES, query: EVIL, collection: texts('id title'), items: [evilItem],
    fulfillment: texts('id status shipment_status tracking_company tracking_number tracking_url'), custom: { [EVIL.slice(0, 40)]: EVIL, deep: { list: [EVIL] } },
  };
  const order = { id: 'evil-1', ...texts('number name checkout_token cart_token coupon'), currency: 'EUR', value: '1.00', kind: 'web', items: [evilItem] };
  const events = ['product_viewed', 'search_submitted', 'collection_viewed', 'evil_event', 'order_placed'].map((name) => ({ id: ulid(), ...whole, ...(name === 'order_placed' ? { order } : {}), name }));
  const answer = await fetch(`${stage.gateway.url}/v1/events`, { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify(events) });
  assert.equal(answer.status, 200);
  return (await answer.json()).results.filter(({ result }) => result === 'accepted').map(({ id }) => id);
}

export class Desk extends Stage {
  first = 1001;

  async start(orders, options) {
    await this.open({ store: '    api_tokens: [let-me-in]\n' });
    await this.keep('passwd', `${PASSWORD}\n`);
    await this.keep('passwd', 'only looking\n', '--viewer');
    await this.day(orders, options);
  }

  keep(verb, input, ...more) {
    return new Promise((done, failed) => {
      const child = spawn(process.env.SIDETRACK, [verb, ...more, '-c', this.config], { stdio: ['pipe', 'ignore', 'inherit'] });
      child.on('close', (code) => (code === 0 ? done() : failed(new Error(`sidetrack ${verb}: exit ${code}`))));
      child.stdin.end(input);
    });
  }

  /* ---- the doors ---- */

  browser(visitor, events, more = {}) {
    return this.post({ v: 1, visitor, sent_at: Date.now(), consent: YES, page: { url: `${this.shop.url}/products/linen-shirt`, title: 'Linen shirt' }, ids: { fbp: 'fb.1.1763990000000.1098115397' }, events, ...more });
  }

  pixel(visitor, name, token, order, email, value) {
    return this.post({
      v: 1, visitor, privacy: { analyticsProcessingAllowed: true, marketingAllowed: true, preferencesProcessingAllowed: true, saleOfDataAllowed: true }, ids: {},
      pixel: {
        id: `sh-${ulid()}`, name, type: 'standard', clientId: visitor, timestamp: new Date().toISOString(), context: { document: { location: { href: `${this.shop.url}/checkout` } } },
        data: { checkout: { token, email, currencyCode: 'EUR', totalPrice: { amount: Number(value), currencyCode: 'EUR' }, lineItems: [], order: { id: String(order), customer: { id: '42', isFirstOrder: true } } } },
      },
    });
  }

  async webhook(topic, body) {
    const text = JSON.stringify(body);
    const answer = await fetch(`${this.gateway.url}/shopify/webhooks`, {
      method: 'POST', body: text,
      headers: {
        'Content-Type': 'application/json', 'X-Shopify-Topic': topic, 'X-Shopify-Shop-Domain': 'sidetrack-demo.myshopify.com', 'X-Shopify-API-Version': '2026-07',
        'X-Shopify-Hmac-SHA256': createHmac('sha256', 'demo-webhook-secret').update(text).digest('base64'), 'X-Shopify-Webhook-Id': ulid(), 'X-Shopify-Triggered-At': new Date().toISOString(),
      },
    });
    assert.equal(answer.status, 200, await answer.text());
  }

  /* ---- what happens ---- */

  /* One shopper: looks, perhaps buys; every fifth order's browser half is lost, every ninth order is a till's. */
  async shopper(n, options = {}) {
    const visitor = ulid(), [variant_id, name, price] = PRODUCTS[n % PRODUCTS.length];
    const item = { product_id: variant_id.slice(-1), variant_id, name: options.product || name, price, quantity: 1 };
    if (options.everywhere) Object.assign(item, Object.fromEntries(['brand', 'category', 'sku', 'variant', 'url', 'image', 'currency_of'].map((field) => [field, EVIL])));
    const event = (what, data = {}) => ({ id: ulid(), name: what, at: Date.now(), data });
    await this.browser(visitor, [event('page_viewed'), event('product_viewed', { currency: 'EUR', value: price, items: [item] })], options.page);
    if (n % 2 === 0 && !options.order) return undefined;
    await this.browser(visitor, [event('product_added_to_cart', { currency: 'EUR', value: price, items: [item] })], options.page);
    return this.order(n, visitor, price, options);
  }

  async order(n, visitor, price, options) {
    const id = 5998557700000 + n, token = randomBytes(16).toString('hex'), now = new Date().toISOString();
    const [first_name, last_name] = (options.name || NAMES[n % NAMES.length]).split(' ');
    const email = options.email || `${first_name}.${last_name}${n}@example.com`.toLowerCase();
    const put = (text, was, is) => text.replaceAll(JSON.stringify(was).slice(1, -1), JSON.stringify(is).slice(1, -1));
    const body = JSON.parse(put(put(put(ORDER, 'ada@example.com', email), '59.90', price), '+61491570156', `+4915112${String(300000 + n).slice(-6)}`));
    Object.assign(body, {
      id, checkout_token: token, token, created_at: now, updated_at: now, processed_at: now, number: n, order_number: this.first + n, name: options.label || `#${this.first + n}`,
      source_name: n % 9 === 4 && !options.order ? 'pos' : 'web', note_attributes: [{ name: '_qz', value: visitor }],
    });
    for (const address of [body.billing_address, body.shipping_address, body.customer]) if (address) Object.assign(address, { first_name, last_name });
    if (body.customer) Object.assign(body.customer, { id: 7000 + n, email });
    if (n % 5 !== 0 || options.order) await this.pixel(visitor, 'checkout_completed', token, id, email, price);
    const attributes = body.note_attributes;
    await this.webhook('orders/create', options.everywhere ? { ...everywhere(body), note_attributes: [...attributes, { name: EVIL, value: EVIL }] } : body);
    return { id, number: this.first + n, email, visitor, token };
  }

  /* Most of the day all is well, but for one buyer whom Klaviyo refuses; then Google's token dies and TikTok
     stops answering. */
  async day(orders, { evil, well }) {
    const fault = (what) => this.ask(`${this.sandbox.url}/_sandbox/faults`, what);
    const trouble = Math.ceil(orders * well / 4) * 8;
    await fault({ platform: 'klaviyo', kind: 'refused', match: 'bruno.keller9@', rate: 1 });
    for (let n = 0; n < 2 * orders; n += 8) {
      if (n === trouble && orders > 100) await this.drained(['google', 'tiktok']);
      if (n === trouble) await fault([{ platform: 'google', kind: 'token_invalid', match: 'ingest', rate: 1 }, { platform: 'tiktok', kind: '503', rate: 1 }]);
      await Promise.all(Array.from({ length: 8 }, (_, k) => this.shopper(n + k)));
    }
    this.evil = evil && await this.shopper(2 * orders + 1, {
      order: true, everywhere: true, product: EVIL, email: 'evil@example.com', name: EVIL.replaceAll(' ', '/'), label: `#${EVIL}`,
      page: { page: { url: `${this.shop.url}/?q=${encodeURIComponent(EVIL)}`, title: EVIL, referrer: `https://example.com/${encodeURIComponent(EVIL)}` } },
    });
    if (evil) await this.strangers();
    this.known = await this.shopper(2 * orders + 3, { order: true, email: 'known@example.com', name: 'Anna Weber' });
    await until('Google is paused and TikTok is waited for', async () => await this.metric('sidetrack_destination_state{store="demo",destination="google",state="paused"} 1') === 1
      && await this.metric('sidetrack_destination_state{store="demo",destination="tiktok",state="backing_off"} 1') === 1, 15000);
    await this.drained(['meta', 'ga4', 'klaviyo']);
  }

  /* The same text in what a stranger's browser may say. What of it was taken is in this.strange. */
  async strangers() {
    this.strange = [];
    for (const [name, data] of [['search_submitted', { query: EVIL }], ['product_viewed', { items: [evilItem], currency: 'EUR', value: '1.00' }], [EVIL.slice(0, 40), { note: EVIL, [EVIL.slice(0, 40)]: EVIL }]]) {
      const id = ulid();
      const page = { url: `${this.shop.url}/?q=${encodeURIComponent(EVIL)}`, title: EVIL, referrer: EVIL };
      const taken = await this.browser(ulid(), [{ id, name, at: Date.now(), data }], { page, ids: evilClient }).then(() => true, () => false);
      if (taken) this.strange.push(id);
    }
    assert.ok(this.strange.length >= 2);
  }

  drained(names) {
    return until(`${names} have all`, async () => (await Promise.all(names.map((name) => this.metric(`sidetrack_backlog_events{store="demo",destination="${name}"}`)))).every((n) => n === 0), 120000);
  }

  /* People looking around, for so many ms, so that the last minutes have a shape. */
  async busy(ms) {
    const end = Date.now() + ms;
    for (let n = 0; Date.now() < end; n++) {
      await this.shopper(9000 + 2 * n);
      await new Promise((done) => setTimeout(done, 150 + (n % 7) * 60));
    }
  }

  /* ---- at the desk ---- */

  seat(options) {
    return sit(this, options);
  }
}

/* A browser before the dashboard of any stage; without a password, before its door. */
export async function sit(stage, { password = PASSWORD, width = 1440, scheme = 'light', locale = 'en-GB', path = '/', height = 900 } = {}) {
  const context = await (await chrome()).newContext({ viewport: { width, height }, colorScheme: scheme, locale, timezoneId: 'America/New_York' });
  context.setDefaultTimeout(10000);
  const seat = new Seat(stage, context, await context.newPage());
  stage.shoppers.push({ context });
  await seat.visit(path);
  if (password) await seat.logIn(password);
  return seat;
}

class Seat {
  wrong = [];

  constructor(desk, context, page) {
    Object.assign(this, { desk, context, page });
    page.on('pageerror', (error) => this.wrong.push(`script: ${error.message}`));
    page.on('console', (message) => { if (/Content Security Policy|Refused to/.test(message.text())) this.wrong.push(message.text()); });
    page.on('request', (request) => { if (!request.url().startsWith(desk.gateway.admin) && !request.url().startsWith('data:')) this.wrong.push(`asked ${request.url()}`); });
  }

  visit(path) {
    return this.page.goto(this.desk.gateway.admin + path, { waitUntil: 'load' });
  }

  async logIn(password) {
    await this.page.fill('input[name=password]', password);
    await this.page.click('button.main');
    await this.page.waitForSelector('nav');
  }

  /* Waits until the page shows it. */
  async sees(text, where = 'body') {
    await until(() => this.page.innerText(where).then((seen) => `the page shows ${text}; it shows: ${seen.slice(0, 1500)}`),
      async () => { const seen = await this.page.innerText(where); return text instanceof RegExp ? text.test(seen) : seen.includes(text); }, 10000);
  }

  async asks(method, path, { csrf, body } = {}) {
    const answer = await this.context.request.fetch(`${this.desk.gateway.admin}/api${path}`, { method, data: body, headers: csrf ? { 'X-CSRF-Token': csrf } : {} });
    return { status: answer.status(), body: await answer.json().catch(() => null) };
  }

  /* Nothing scrolls sideways. */
  async fits() {
    const over = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(over, 0, `${this.page.url()} scrolls sideways by ${over} px`);
  }

  async leaves() {
    assert.equal(await this.page.evaluate(() => window.hit), undefined, 'what a stranger wrote was run');
    assert.deepEqual(this.wrong, []);
    await this.context.close();
  }
}

/* The first start without a page: the code beside the database sets the password. */
export async function firstStart(stage) {
  const code = readFileSync(join(stage.folder, 'sidetrack.db.setup'), 'utf8').trim();
  await stage.ask(`${stage.gateway.admin}/api/setup`, { code, password: PASSWORD });
}

let opened;
export function desk({ orders = 24, evil = true, well = 0.66 } = {}) {
  opened = opened || (async () => {
    const one = new Desk();
    try {
      await one.start(orders, { evil, well });
    } catch (error) {
      await one.close().catch(() => undefined);
      throw error;
    }
    return one;
  })();
  return opened;
}
after(async () => { if (opened) await (await opened.catch(() => undefined))?.close(); });

/* A scene on the shared stage. */
export function page(what, play) {
  test(`dashboard: ${what}`, { timeout: 60000 }, async () => play(await desk()));
}
