/*
 * The kit of the browser scenes: a real gateway, the platforms (sandbox) and the demo shop, each on a
 * free port of 127.0.0.1 and in a folder of its own, and people in a real Chromium.
 *
 *   scene('what it shows', async (stage) => {
 *     const anna = await stage.shopper('anna');           // a browser of her own, cookies and all
 *     await anna.visit('/?gclid=Cj0abc');
 *     await anna.says('Accept all');                      // a button of the consent banner
 *     await anna.adds('linen-shirt');
 *     await anna.buys();
 *     await stage.everyOrderOnce();                       // shop's truth = every platform's ledger
 *   });
 *
 * Nothing here sleeps for luck: `until` asks again until it is true, and says what it saw when it
 * never became true. One Chromium serves all scenes. Ends by itself; processes die with the scene.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { after, test as everyTest } from 'node:test';

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');
const program = process.env.SIDETRACK;
assert.ok(program, 'SIDETRACK: path of the program');

/* ./test plays what failed once more: SIDETRACK_ONLY has the names, a line each. (Node's --test-name-pattern runs no
   hook behind the last test, and the browser stays open.) */
const only = process.env.SIDETRACK_ONLY?.split('\n');
export function test(name, options, play) {
  if (!only || only.includes(name)) everyTest(name, options, play);
}

/* A Chrome of today: a browser that says Headless is a bot, and counted as one. */
export const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36';
const PURCHASE = { meta: 'Purchase', tiktok: 'Purchase', google: 'conversion', ga4: 'purchase', klaviyo: 'Placed Order' };

export const people = {
  anna: { email: 'anna.weber@example.com', first_name: 'Anna', last_name: 'Weber', address1: 'Lindenweg 3', zip: '10115', city: 'Berlin', ip: '203.0.113.21' },
  bruno: { email: 'bruno.keller@example.com', first_name: 'Bruno', last_name: 'Keller', address1: 'Hauptstr. 7', zip: '80331', city: 'Munich', ip: '203.0.113.22' },
};

let browser;
export async function chrome() {
  browser = browser || await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-blink-features=AutomationControlled'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  return browser;
}
after(async () => { if (browser) await browser.close(); });

/* Asks until the answer is true, and gives it. `what` may be a function: what was seen last. */
export async function until(what, ask, ms = 20000) {
  const end = Date.now() + ms;
  let trouble;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      trouble = undefined;
    } catch (error) {
      trouble = error;
    }
    if (Date.now() > end) throw new Error(`never came true: ${typeof what === 'function' ? await what() : what}${trouble ? `: ${trouble.message}` : ''}`);
    await new Promise((done) => setTimeout(done, 40));
  }
}

/* An id of this moment. */
function ulid() {
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let time = Date.now(), text = '';
  for (let i = 0; i < 10; i++, time = Math.floor(time / 32)) text = digits[time % 32] + text;
  while (text.length < 26) text += digits[Math.floor(Math.random() * 32)];
  return text;
}

/* ---- the stage ---- */

export class Stage {
  folder = mkdtempSync(join(tmpdir(), 'sidetrack-browser-'));
  children = [];
  shoppers = [];

  async run(name, words) {
    const ports = join(this.folder, `${name}.ports`);
    const child = spawn(program, [...words, '--ports', ports], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.said = '';
    for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (text) => { child.said += text; });
    this.children.push(child);
    await until(() => `${name} is up: ${child.said}`, () => existsSync(ports) || assert.equal(child.exitCode, null));
    const { listen, admin } = JSON.parse(readFileSync(ports));
    return { child, url: `http://${listen}`, admin: `http://${admin}` };
  }

  async open(options) {
    this.sandbox = await this.run('sandbox', ['sandbox', '--port', '0']);
    this.config = join(this.folder, 'sidetrack.yaml');
    writeFileSync(this.config, config(this.folder, this.sandbox.url, options));
    this.gateway = await this.run('gateway', ['serve', '-c', this.config, '--quick']);
    this.shop = await this.run('shop', ['shop', '--port', '0', '--gateway', this.gateway.url]);
    await this.passersBy();
  }

  /* Two people who came yesterday and said no: from then on the gateway knows that this shop has both a snippet
     and a pixel, and whose word counts for what (docs/decisions/002). */
  async passersBy() {
    const id = (n) => `01K0000000000000000000000${n}`;
    const no = { analytics: 'denied', marketing: 'denied', preferences: 'denied', sale_of_data: 'denied', source: 'shopify_cpa' };
    const nothing = { analyticsProcessingAllowed: false, marketingAllowed: false, preferencesProcessingAllowed: false, saleOfDataAllowed: false };
    for (const n of [1, 2]) {
      await this.post({ v: 1, visitor: id(n), consent: no, page: { url: `${this.shop.url}/` }, events: [{ id: ulid(), name: 'page_viewed', at: Date.now(), data: {} }] });
      await this.post({
        v: 1, visitor: id(n), privacy: nothing, ids: {},
        pixel: { id: `sh-${ulid()}`, name: 'page_viewed', type: 'standard', clientId: id(n), timestamp: new Date().toISOString(), data: {}, context: { document: { location: { href: `${this.shop.url}/` } } } },
      });
    }
  }

  async post(body) {
    const answer = await fetch(`${this.gateway.url}/qzkv`, { method: 'POST', headers: { Origin: this.shop.url, 'User-Agent': AGENT, 'Content-Type': 'text/plain' }, body: JSON.stringify(body) });
    assert.equal(answer.status, 204, await answer.text());
  }

  async close() {
    for (const { context } of this.shoppers) await context.close();
    const gateway = this.gateway?.child;
    for (const child of this.children) child.kill('SIGTERM');
    await Promise.all(this.children.map((child) => child.exitCode ?? new Promise((done) => child.on('exit', done))));
    rmSync(this.folder, { recursive: true });
    if (gateway) assert.equal(gateway.exitCode, 0, `the gateway ended badly: ${gateway.said}`);
  }

  /* ---- people ---- */

  async shopper(name, options = {}) {
    const context = await (await chrome()).newContext({
      userAgent: AGENT, locale: 'en-GB', viewport: { width: 1200, height: 900 },
    });
    /* The address she comes from, as a proxy in front would say it. Only where a scene asks for it: what is stepped in
       here is lost when a page is left in the same moment, which a real proxy would not do. */
    const headers = { 'X-Forwarded-For': people[name].ip };
    if (options.proxied) await context.route('http://127.0.0.1:*/**', (route) => route.continue({ headers: { ...route.request().headers(), ...headers } }));
    context.setDefaultTimeout(15000);
    const shopper = new Shopper(this, people[name], context);
    this.shoppers.push(shopper);
    await shopper.tab();
    return shopper;
  }

  /* ---- what the shop knows ---- */

  async ask(url, body) {
    const answer = await fetch(url, body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : undefined);
    assert.ok(answer.ok, `${url} answered ${answer.status}`);
    return answer.json();
  }

  orders() {
    return this.ask(`${this.shop.url}/admin/orders.json`);
  }

  merchant(order, action, body = {}) {
    return this.ask(`${this.shop.url}/admin/orders/${order.number}/${action}`, body);
  }

  /* ---- what the platforms hold ---- */

  async accounts(platform) {
    const { platforms } = await this.ask(`${this.sandbox.url}/_sandbox/totals`);
    return Object.values(platforms[platform] || {});
  }

  async count(platform, name) {
    return (await this.accounts(platform)).reduce((sum, account) => sum + (account.events[name]?.count || 0), 0);
  }

  /* The events themselves, as the platform got them. */
  async got(platform, name) {
    const answer = await this.ask(`${this.sandbox.url}/_sandbox/events?platform=${platform}&name=${encodeURIComponent(name)}&limit=1000`);
    return (answer.events || answer).map((one) => one.event || one.body || one);
  }

  async metric(name) {
    const text = await (await fetch(`${this.gateway.admin}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(name)).reduce((sum, line) => sum + Number(line.split(' ').pop()), 0);
  }

  /* Every body is off the browsers, and all that was recorded is delivered. */
  async quiet() {
    for (const shopper of this.shoppers) await shopper.quiet();
    await until('the gateway has delivered everything', async () => await this.metric('sidetrack_backlog_events') === 0);
  }

  /* Exactly these counts: {meta: {PageView: 3}, …}. A name that is 0 must be absent. */
  async holds(wanted) {
    const seen = async () => {
      const all = {};
      for (const platform in wanted) {
        all[platform] = {};
        for (const name in wanted[platform]) all[platform][name] = await this.count(platform, name);
      }
      return all;
    };
    await until(async () => `platforms hold ${JSON.stringify(wanted)}, they hold ${JSON.stringify(await seen())}`,
      async () => JSON.stringify(await seen()) === JSON.stringify(wanted));
    await this.quiet();
    assert.deepEqual(await seen(), wanted);
  }

  /* The shop's orders, and those only, once on every platform, to the cent; nothing refused, nothing told twice. */
  async everyOrderOnce(copies = {}) {
    const platforms = Object.keys(PURCHASE);
    const orders = await this.orders();
    const seen = async () => Object.fromEntries(await Promise.all(platforms.map(async (platform) => {
      const held = {};
      for (const account of await this.accounts(platform))
        for (const [id, names] of Object.entries(account.subjects)) {
          const sale = names[PURCHASE[platform]];
          if (sale) held[id] = [sale.count, sale.values];
        }
      return [platform, held];
    })));
    const wanted = Object.fromEntries(platforms.map((platform) => [platform,
      Object.fromEntries(orders.map(({ id, total: { shop } }) => [id, [1, { [shop.currency]: shop.amount }]]))]));
    await until(async () => `every order once: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(await seen())}`,
      async () => { assert.deepEqual(await seen(), wanted); return true; });
    await this.quiet();
    assert.deepEqual(await seen(), wanted);
    await this.nothingWrong(copies);
  }

  /* `copies`: how many a platform was sent again under the same id, and dropped. */
  async nothingWrong(copies = {}) {
    for (const platform in PURCHASE)
      for (const account of await this.accounts(platform)) {
        assert.equal(account.refused, 0, `${platform} refused: ${account.last_refusal}`);
        assert.equal(account.duplicates, copies[platform] || 0, `copies that ${platform} was sent`);
      }
  }

  /* Has the gateway recorded the event? */
  took(id) {
    return this.says('show', 'event', id).then(() => true, () => false);
  }

  /* What `sidetrack VERB …` prints for this gateway. */
  async says(...words) {
    const child = spawn(program, [...words, '-c', this.config], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', err = '';
    child.stdout.on('data', (text) => { out += text; });
    child.stderr.on('data', (text) => { err += text; });
    const code = await new Promise((done) => child.on('close', done));
    assert.equal(code, 0, `sidetrack ${words.join(' ')}: ${err}`);
    return out;
  }
}

function config(folder, sandbox, { consent = 'denied', store = '', more = '', shopify = '' } = {}) {
  const to = `base_url: "${sandbox}"`;
  return `listen: 127.0.0.1:0
admin: 127.0.0.1:0
data: "${folder}/sidetrack.db"
trusted_proxies: [127.0.0.1/32]
limits: { per_ip: 0, loops: 1 }
audit: { allow_private: true }
stores:
  - name: demo
    hosts: [127.0.0.1]
    currency: EUR
    timezone: Europe/Berlin
    collect_path: /qzkv
    snippet_path: /qzkv.js
    cart_attribute: _qz
    link_secret: "a secret of thirty-two characters"
    consent: { default: ${consent} }
    shopify: { domain: sidetrack-demo.myshopify.com, secrets: [demo-webhook-secret]${shopify} }
    orders: { hold: 2s, wait_for_webhook: 20s }
${store}    destinations:
      - meta: { pixel_id: "1234567890", access_token: demo, ${to} }
      - tiktok: { pixel_code: C4A1B2C3D4E5F6G7H8I9, access_token: demo, ${to} }
      - google: { customer_id: 123-456-7890, conversion_action: "123456789", client_id: demo, client_secret: demo, refresh_token: demo, oauth_url: "${sandbox}/token", ${to} }
      - ga4: { measurement_id: G-DEMO, api_secret: demo, ${to} }
      - klaviyo: { private_key: pk_demo, native_integration: false, ${to} }
${more}`;
}

/* ---- a person at a browser ---- */

class Shopper {
  told = []; // {id, name, by, visitor} of all that the gateway took from this browser

  constructor(stage, person, context) {
    Object.assign(this, { stage, person, context });
    context.on('response', (response) => this.heard(response));
  }

  heard(response) {
    const request = response.request();
    if (!request.url().endsWith('/qzkv') || request.method() !== 'POST' || response.status() >= 300) return;
    const body = JSON.parse(request.postData());
    for (const event of body.events || [body.pixel]) this.told.push({ id: event.id, name: event.name, by: body.pixel ? 'pixel' : 'snippet', visitor: body.visitor });
  }

  /* A new tab, in front from now on. */
  async tab() {
    this.page = await this.context.newPage();
    return this.page;
  }

  visit(path) {
    return this.page.goto(path.startsWith('http') ? path : this.stage.shop.url + path, { waitUntil: 'load' });
  }

  /* The banner: 'Accept all', 'Deny', or 'Choose' and what is ticked before 'Save'. */
  async says(button, ticks = []) {
    await this.page.locator('#consent button', { hasText: button }).click();
    if (button !== 'Choose') return;
    for (const name of ticks) await this.page.check(`#consent [name=${name}]`);
    await this.page.locator('#consent button', { hasText: 'Save' }).click();
  }

  /* Waits until the gateway has taken so many events of this name from this browser. */
  tells(name, count = 1) {
    return until(() => `the gateway took ${count} ${name}, it took ${JSON.stringify(this.told)}`, () => this.toldOf(name).length >= count);
  }

  /* By whose word counts: the pixel's for the checkout, the snippet's for the storefront. */
  toldOf(name) {
    const by = /^(checkout_|payment_)/.test(name) ? 'pixel' : 'snippet';
    return this.told.filter((one) => one.name === name && one.by === by);
  }

  /* Events that wait in this browser. Those that the gateway took while their page was being left stay here until
     their lease runs out, and are then sent as copies; they do not count. */
  async waits() {
    const kept = await this.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('_gwid.q')).map((key) => localStorage[key]));
    const waiting = [];
    for (const event of kept.flatMap((row) => JSON.parse(JSON.parse(row)[0]).events))
      if (!this.told.some((one) => one.id === event.id) && !await this.stage.took(event.id)) waiting.push(event);
    return waiting;
  }

  async quiet() {
    await until(async () => `the browser has sent everything; it keeps ${JSON.stringify(await this.waits())}`, async () => (await this.waits()).length === 0);
  }

  /* Adds one; where the browser has a visitor's cookie, until the cart names that visitor too. */
  async adds(handle) {
    await this.visit(`/products/${handle}`);
    await this.page.click('#product button');
    await this.page.waitForSelector('#added:not([hidden])');
    const visitor = await this.visitor();
    if (visitor) await until('the cart knows the visitor', () => this.page.evaluate(async (id) => (await (await fetch('/cart.js')).json()).attributes._qz === id, visitor));
  }

  /* From the cart (or by what is pressed on this page) to the thank-you page; gives the order as the shop knows it. */
  async buys({ press } = {}) {
    const { page, person } = this;
    if (press) await page.click(press);
    else await this.visit('/checkout');
    await page.waitForSelector('[name=email]:visible');
    for (const name of ['email', 'first_name', 'last_name', 'address1', 'zip', 'city']) await page.fill(`[name=${name}]`, person[name]);
    await page.click('main button');
    await page.waitForSelector('[name=rate]');
    await page.click('main button');
    await page.waitForSelector('[name=gateway]');
    await page.click('main button');
    await page.waitForSelector('h1:has-text("Thank you")');
    return (await this.stage.orders()).filter((order) => order.email === person.email).pop();
  }

  /* Safari, so many days later, by what each cookie says of its own life: what scripts wrote lives 7 days at most, and so do the
     server's where its host looks like somebody else's (`cloaked`); script storage goes with a week without a visit (contracts/sources 4.1). */
  async daysLater(days, { cloaked = false } = {}) {
    await this.visit('/cart.js'); // no snippet looks on
    const now = Date.now() / 1000, DAY = 86400, cookies = await this.context.cookies();
    const ours = (one) => /^_gwid|^_fb/.test(one.name), lives = (one) => Math.min(one.expires - now, one.httpOnly && !cloaked ? Infinity : 7 * DAY) - days * DAY;
    for (const one of cookies.filter(ours)) {
      await this.context.clearCookies({ name: one.name });
      if (lives(one) > 0) await this.context.addCookies([{ ...one, expires: now + lives(one) }]);
    }
    if (days >= 7) await this.page.evaluate(() => localStorage.clear());
  }

  async cookie(name) {
    return (await this.context.cookies()).find((one) => one.name === name)?.value;
  }

  /* The visitor this browser is, by its cookie. */
  async visitor() {
    const value = decodeURIComponent(await this.cookie('_gwid') || '');
    return /[0-7][0-9A-HJKMNP-TV-Z]{25}/.exec(value)?.[0];
  }
}

/* A test on a stage of its own; `options.consent` and `options.store` go into the config. */
export function scene(what, play, options = {}) {
  test(what, { timeout: 60000 }, async () => {
    const stage = new Stage();
    let trouble;
    try {
      await stage.open(options);
      await play(stage);
    } catch (error) {
      trouble = error;
      if (stage.gateway) error.message += `\n--- gateway\n${stage.gateway.child.said.split('\n').slice(-15).join('\n')}`;
    }
    try {
      await stage.close();
    } catch (error) {
      trouble = trouble || error;
    }
    if (trouble) throw trouble;
  });
}

export { assert };
