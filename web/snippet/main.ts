/*
 * The snippet: what a storefront page tells the gateway, and under which name.
 *
 * Everything that happens is an event; it waits in memory until consent lets it be kept, then goes
 * to the queue and is sent. What is where:
 *
 *   consent, cmp   may anything be kept or sent?      queue    bodies on their way, across reloads
 *   clicks, jar    click ids, ad cookies              cart     Shopify's cart; our attribute in it
 *   page           what the page is about             more     parts few pages need, loaded by need:
 *                  platforms (consent cookies), klaviyo (its calls, taken as ours), bridge (own tags),
 *                  forms (who; fetched when somebody begins to fill one in)
 *
 * For the page:  sidetrack('event', name, data)   sidetrack('identify', {email, phone, customer_id})
 *                sidetrack('consent', {analytics, marketing, preferences, sale_of_data, source, at, region})
 * and, before this script has come, the same calls in a list:
 *   window.sidetrack = window.sidetrack || function () { (sidetrack.q = sidetrack.q || []).push(arguments) }
 */
import { difference, memoryOf, mustWrite, tokenOf, viewed, watch, type Cart } from './cart';
import { adIds, analyticsIds, clicksOf, clicksTake, clicksText, fbc, fbp, subdomainIndex, type Clicks } from './clicks';
import { PURPOSES, type Core, type Json, type More, type Told } from './config';
import { consentPlatforms, consentRead, consentRecord, consentSay, consentStart, denied, may } from './consent';
import { cookie, drop, keep } from './jar';
import { aboutPage } from './page';
import { dropThere, kept, keepThere, queueClear, queueOpen, queuePump, queuePut, stamped } from './queue';
import { ULID, ulid } from './ulid';

type Waiting = [told: Told, page: Json, who: Json];
const settings = SETTINGS, page = window as unknown as Record<string, any>;
const { cookie: ours, domain, cart: attribute } = settings, CLICKS = ours + 'c', CART = ours + '.cart';
const WAITING_MOST = 30, ITEMS_MOST = 50, BODY_MOST = 20000; // of three bytes each, still below the gateway's 64 KiB
// A module has no currentScript, and what an optimizer merged has a wrong one.
const tag = document.querySelector<HTMLScriptElement>(`script[src*="${settings.collect}."]`) || (document.currentScript as HTMLScriptElement | null);
const source = tag?.src || location.href, collect = new URL(settings.collect, source), plain = (value: unknown) => JSON.parse(JSON.stringify(value || {}));
const plainFetch = fetch.bind(window), plainReplace = history.replaceState.bind(history);

let waiting: Waiting[] = [], flushing: any = 0, place = '', said = '', who: Json = {}, link = '', clicks: Clicks = {}, cartToken = '';
let tags: Json | undefined, here: Json = {}, once: Json = {}, met = '', refused = false, more: More | undefined;

/* Cookies go along when the gateway shares the page's: it sets a more lasting one. Every other attempt
   goes by the shop's own address where the store has Shopify's app proxy: blockers do not see ours there. */
async function post(body: string, keepalive: boolean, attempt = 0): Promise<Response> {
  const to = attempt & 1 && settings.proxy ? new URL(settings.proxy, location.href) : collect;
  const shared = to.hostname === location.hostname || (domain && `.${to.hostname}`.endsWith(domain.replace(/^\.?/, '.')));
  const answer = await plainFetch(to.href, { method: 'POST', body, keepalive, credentials: shared ? 'include' : 'omit' });
  if (answer.status === 200) answer.json().then(adopt, () => 0);
  return answer;
}

/* The server's own cookie knew this browser as an older visitor: we go on as that one. */
function adopt(answer: Json): void {
  const older = ULID.exec(answer.visitor as string);
  if (older && mayKnow()) visitor(older[0]);
}

function mayKnow(): boolean {
  return PURPOSES.slice(0, 2).some(may);
}

/* ---- events ---- */

/* A product that two tellers may tell of one page is heard once. */
function tell(name: string, said?: Json, by?: Json): void {
  const data = plain(said), now = Date.now(), key = name + data.items?.[0]?.product_id;
  if (by) who = { ...who, ...plain(by) };
  if (name === 'product_viewed' && once[key]) return;
  once[key] = true;
  data.items = data.items?.slice?.(0, ITEMS_MOST);
  waiting.push([{ id: ulid(now), name, at: now, data }, here, who]);
  waiting = waiting.slice(-WAITING_MOST);
  flushing = flushing || setTimeout(act, 20);
}

function act(): void {
  clearTimeout(flushing);
  flushing = 0;
  consentRead();
  if (denied('marketing')) withdrawAds();
  if (denied('marketing') && denied('analytics')) return forget();
  if (!place || !mayKnow()) return;
  if (refused) tell('page_viewed'); // a yes that follows a no is for this page, too
  refused = false;
  const id = visitor(), ids = knownIds();
  let group: Waiting[] = [], room = 0;
  for (const one of waiting.splice(0)) {
    const [last] = group, size = JSON.stringify(one).length;
    if (last && (last[1] !== one[1] || last[2] !== one[2] || room < size)) {
      send(id, ids, group);
      group = [];
    }
    room = (group[0] ? room : BODY_MOST) - size;
    group.push(one);
  }
  if (group[0]) send(id, ids, group);
}

function bodyOf(id: string, ids: Json, page: Json, who: Json, events: Told[]): string {
  return JSON.stringify({ v: 1, visitor: id, consent: consentRecord(), page, ids, who, events, webdriver: navigator.webdriver });
}

function send(id: string, ids: Json, group: Waiting[]): void {
  const told = group.map((one) => (tags ? { ...one[0], data: { ...one[0].data, tags } } : one[0]));
  queuePut(told[0]!.id, bodyOf(id, ids, group[0]![1], group[0]![2], told));
  if (more) told.forEach(more.told);
}

/* ---- ids ---- */

function visitor(older?: string): string {
  const value = cookie(ours), known = ULID.exec(value), id = older || (known ? known[0] : met || ulid(Date.now()));
  keep(ours, known?.[0] === id ? value : `v1.${id}.${Math.floor(Date.now() / 1000)}`, 400, domain);
  if (met !== id) {
    met = id;
    lookAtCart(); // one filled before the yes does not know the visitor yet
  }
  return id;
}

function knownIds(): Json {
  const ids: Json = may('analytics') ? analyticsIds() : {}, now = Date.now();
  if (may('marketing')) {
    const index = subdomainIndex(domain, location.hostname), before = cookie('_fbc');
    clicks = { ...clicksOf(cookie(CLICKS), now), ...clicks };
    const fresh = fbc(clicks, before, index), text = clicksText(clicks);
    if (text) keep(CLICKS, text, 90, domain);
    if (!cookie('_fbp')) keep('_fbp', fbp(index, now), 90, domain);
    if (fresh !== before) keep('_fbc', fresh, 90, domain);
    Object.assign(ids, adIds(clicks));
  }
  if (cartToken) ids.cart_token = cartToken;
  if (link) ids.link = link;
  return ids;
}

/* ---- taking back ---- */

function withdrawAds(): void {
  ['_fbp', '_fbc', CLICKS].forEach((name) => drop(name, domain));
  clicks = {};
}

function forget(): void {
  const known = ULID.exec(cookie(ours)), now = Date.now();
  waiting = [];
  refused = true;
  queueClear();
  drop(ours, domain);
  met = '';
  if (!known) return;
  dropThere(CART);
  // The gateway must stop what it has not delivered yet. Nothing may be kept for it: it is tried as long as this page lives.
  const body = bodyOf(known[0], {}, here, {}, [{ id: ulid(now), name: 'consent_withdrawn', at: now, data: {} }]);
  const tellIt = (attempt: number): unknown => post(stamped(body), true, attempt).catch(() => setTimeout(tellIt, 3000, attempt + 1));
  tellIt(0);
  if (attribute) withCart((cart) => (cart.attributes || {})[attribute] && writeCart(''));
}

/* ---- the cart ---- */

/* One after another: a look that came before a write has ended would see what is no longer so. */
let looking: Promise<unknown> = Promise.resolve(), changed = false, named = false;

function cartUrl(path: string): string {
  return (page.Shopify?.routes?.root || '/') + path;
}

function withCart(then: (cart: Cart) => unknown): void {
  looking = looking.then(() => plainFetch(cartUrl('cart.js'))).then((answer) => answer.json()).then(then).catch(() => 0);
}

function writeCart(value: string): unknown {
  return plainFetch(cartUrl('cart/update.js'), {
    method: 'POST', keepalive: true, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ attributes: { [attribute]: value } }),
  });
}

function lookAtCart(): void {
  if (attribute && mayKnow())
    withCart((cart) => {
      cartToken = tokenOf(cart);
      // What was in it before we knew it was not added now.
      const before = kept(CART);
      if (before || changed) for (const [name, data] of difference(before, cart)) tell(name, data);
      keepThere(CART, memoryOf(cart));
      needMore(cart.item_count);
      named = !!met && cart.item_count > 0;
      return named && mustWrite(cart, attribute, met) && writeCart(met);
    });
}

/* ---- parts few pages need ---- */

const PLATFORMS = /Optanon|CookieC|cookieyes|didomi|axept|cmplz|_iub_|pandect|usprivacy|euconsent/;
let asked = false;

/* Loads the second part once something of it is needed. */
function needMore(written?: unknown): void {
  let platform = page.__tcfapi || page.__gpp || page.google_tag_data?.ics;
  try {
    platform = platform || PLATFORMS.test(document.cookie) || localStorage.uc_user_interaction || page.dataLayer?.some((words: any) => words?.[0] === 'consent');
  } catch { /* nothing kept, no such platform */ }
  if (platform && !more) consentPlatforms((add) => PURPOSES.forEach((purpose) => add(purpose, 'pending', 'cmp')));
  if (asked || !(written || platform || settings.bridge || page.klaviyo || page._learnq || page._klOnsite || (attribute && document.querySelector('[href*="/cart/"]')))) return;
  asked = true;
  import(source.replace(/[?#].*|$/, '/2')).catch(() => 0);
}

function takeMore(part: (core: Core) => More): void {
  more = part({
    page, settings, may, tell, tagged: (states) => (tags = states), visitor: () => (mayKnow() ? met : ''),
    write() {
      if (!named) writeCart(met);
      named = true;
    },
  });
  consentPlatforms(more.platforms);
  consentRead();
}

/* ---- pages ---- */

/* Takes the signed link out of the address bar, so that it is not passed on with the address. */
function takeLink(query: URLSearchParams): void {
  const value = query.get(settings.link), url = new URL(location.href);
  if (!value) return;
  link = value;
  url.searchParams.delete(settings.link);
  plainReplace(history.state, '', url);
}

function pageView(): void {
  const query = new URLSearchParams(location.search), before = place ? location.origin + place : document.referrer;
  clicksTake(clicks, query, Date.now());
  takeLink(query);
  place = location.pathname + location.search;
  here = { url: location.href.slice(0, 4000), referrer: before, title: document.title.slice(0, 300), language: navigator.language };
  once = {};
  const about = aboutPage(page, query, said);
  said = about.said;
  tell('page_viewed', {}, about.who);
  for (const [name, data] of about.events) tell(name, data);
  if (attribute && /\/cart$/.test(location.pathname)) withCart((cart) => tell('cart_viewed', viewed(cart)));
  if (kept(CART)) lookAtCart();
}

function look(any?: boolean): void {
  const path = location.pathname;
  if (any ? path + location.search !== place : path !== place.split('?')[0]) pageView();
}

function watchPages(): void {
  const moved = (any: boolean) => setTimeout(look, 50, any); // the title comes after the address
  for (const name of ['pushState', 'replaceState'] as const) {
    const plain = history[name];
    history[name] = function (this: History, ...words: Parameters<History['pushState']>) {
      plain.apply(this, words);
      moved(name === 'pushState');
    };
  }
  addEventListener('popstate', () => moved(true));
  addEventListener('pageshow', (event) => event.persisted && pageView());
}

/* ---- what the page calls ---- */

function call(verb: string, first: any, second?: any): void {
  try {
    if (verb === 'event') tell(first, second);
    else if (verb === 'consent') consentSay(plain(first));
    else if (verb === 'identify') tell('form_submitted', { form: 'identify' }, first);
  } catch { /* what cannot be told is not; never in the page's way */ }
}

/* Consent platforms say little when they are answered; so it is read again after each click. */
function later(...times: number[]): void {
  for (const ms of times)
    setTimeout(() => {
      needMore();
      consentRead();
      look(); // somebody put the browser's own pushState back
    }, ms);
}

function start(): void {
  if (page.sidetrack?.more || page.Shopify?.designMode) return; // included twice; the theme's editor
  const before = page.sidetrack?.q || [];
  let above: any;
  try {
    above = page.top !== page && page.top.sidetrack;
  } catch { /* a page of another origin: ours is by itself */ }
  if (above?.more) { // a page in a page is no visit of its own
    page.sidetrack = above;
    for (const words of before) above(...words);
    return;
  }
  page.sidetrack = Object.assign(call, { more: takeMore });
  needMore();
  pageView();
  for (const words of before) call(words[0], words[1], words[2]);
  watchPages();
  let soon: any;
  if (attribute)
    watch(() => {
      changed = true;
      clearTimeout(soon);
      soon = setTimeout(lookAtCart, named ? 100 : 0);
    });
  later(0, 300, 1000, 4000, 15000);
  addEventListener('click', () => later(300, 2000), true);
  addEventListener('focusin', needMore);
  addEventListener('input', needMore, true);
  document.addEventListener('visitorConsentCollected', consentRead);
  document.addEventListener('visibilitychange', act);
  addEventListener('pagehide', act);
  addEventListener('online', () => queuePump(true));
  queuePump();
}

function ready(): void {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
}

queueOpen(ours + '.q', ours + '.q' + settings.collect + '.', post);
consentStart(settings.consent, act);
if ((document as any).prerendering) document.addEventListener('prerenderingchange', ready, { once: true });
else ready();
