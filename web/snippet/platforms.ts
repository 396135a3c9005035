/*
 * Consent platforms that are known by Google's consent mode, TCF's API, GPP's API or what they keep in the
 * browser (contracts/sources 7.3, 7.4, 7.6). The core loads this part when it sees that one is there; until then nothing is kept or sent.
 */
import type { Add, Word } from './cmp';
import { PURPOSES, type Purpose } from './config';
import { cookie } from './jar';

type Page = Record<string, any>;

export function decoded(base64: string): string {
  try {
    return atob(base64.replace(/-/g, '+').replace(/_/g, '/'));
  } catch {
    return '';
  }
}

export type Purposes = (n: number) => boolean;

/* The purposes of a TC string's core segment: bits 152 to 175, the first is purpose 1. */
export function tcPurposes(text: string): Purposes | null {
  const core = decoded(text.split('.')[0]!);
  if (core.length < 22 || core.charCodeAt(0) >> 2 !== 2) return null;
  return (n) => ((core.charCodeAt((151 + n) >> 3) >> (7 - ((151 + n) & 7))) & 1) === 1;
}

let heard: any, listening = false;

/* Asks the TCF API to say when something changes, once. */
function listenToTcf(page: Page, changed: () => void): void {
  if (!page.__tcfapi || listening) return;
  listening = true;
  page.__tcfapi('addEventListener', 2, (data: unknown, ok: boolean) => {
    if (ok) heard = data;
    changed();
  });
}

function tcf(page: Page, add: Add): void {
  const api = page.__tcfapi;
  let may: Purposes | null = null, open = false;
  if (heard && heard.gdprApplies !== false) {
    may = (n) => !!heard.purpose?.consents?.[n];
    open = heard.eventStatus === 'cmpuishown';
  } else if (!api) {
    may = tcPurposes(cookie('euconsent-v2'));
  }
  if (!may) return;
  const word = (yes: boolean): Word => (yes ? 'granted' : open ? 'pending' : 'denied');
  add('analytics', word(may(1) && (may(7) || may(8))), 'tcf');
  add('marketing', word(may(1) && may(3) && may(4) && may(7)), 'tcf');
}

/* ---- IAB's Global Privacy Platform, its sections for the United States ---- */

let sections: unknown, asking: unknown;

/* Each answer and each later change brings all sections; in them 1 is "opted out", 2 "asked, and did not". */
function gpp(page: Page, add: Add, changed: () => void): void {
  if (page.__gpp && asking !== page.__gpp) {
    asking = page.__gpp;
    const hear = (data: any) => {
      sections = (data?.pingData || data)?.parsedSections;
      changed();
    };
    page.__gpp('addEventListener', hear);
    page.__gpp('ping', hear);
  }
  const said = (JSON.stringify(sections) || '').match(/"((Sale|Sharing|TargetedAdvertising)OptOut":[12]|Gpc":true)/g);
  if (said) add('sale_of_data', said.some((one) => /1$|true$/.test(one)) ? 'denied' : 'granted', 'gpp');
}

/* ---- Google's consent mode ---- */

const MODES: [Purpose, string][] = [
  ['analytics', 'analytics_storage'], ['marketing', 'ad_storage'], ['marketing', 'ad_user_data'], ['preferences', 'personalization_storage'],
  ['sale_of_data', 'ad_personalization'],
];

interface Mode {
  default?: boolean;
  regional?: boolean; // a default for this visitor's region: it goes above the general one
  update?: boolean;
}
let layer: unknown, read = 0, told: Record<string, Mode> = {};

/* Does a default for these regions hold here? Where nobody knows the region, only a no does. */
function holds(regions: string[], here: string | undefined, yes: boolean): boolean {
  return here ? regions.some((one) => here.startsWith(one.replace('-', ''))) : !yes;
}

/* gtag('consent', 'default' | 'update', {…}) as it lies in the dataLayer, whether or not a script of
   Google's ever comes for it. Each entry is read once, however long the list grows. */
function consentCalls(page: Page): void {
  const list = page.dataLayer;
  if (list !== layer) told = {};
  if (list !== layer || list?.length < read) read = 0; // its head was cut off: what was read is read again at most
  layer = list;
  if (!Array.isArray(list)) return;
  for (; read < list.length; read++) {
    const words = list[read], said = words?.[2];
    if (words?.[0] !== 'consent' || !said) continue;
    for (const [, signal] of MODES) {
      const yes = said[signal] === 'granted', mode = (told[signal] = told[signal] || {});
      if (!yes && said[signal] !== 'denied') continue;
      if (words[1] === 'update') mode.update = yes;
      else if (!said.region) mode.default = yes;
      else if (holds([].concat(said.region), page.Shopify?.customerPrivacy?.getRegion?.(), yes)) mode.regional = yes;
    }
  }
}

/* What Google's script made of it goes first: it knows the region. */
function consentMode(page: Page, add: Add): void {
  consentCalls(page);
  for (const [purpose, signal] of MODES) {
    const kept = page.google_tag_data?.ics?.entries?.[signal], mode: Mode = kept?.default === undefined && kept?.update === undefined ? told[signal] || {} : kept;
    const answered = mode.update !== undefined, yes = answered ? mode.update : mode.regional ?? mode.default;
    if (yes !== undefined) add(purpose, answered ? (yes ? 'granted' : 'denied') : yes ? 'allowed' : 'pending', 'gcm');
  }
}

/* ---- cookies of consent platforms ---- */

function stored(key: string): string {
  try {
    return localStorage.getItem(key) || '';
  } catch {
    return '';
  }
}

type Row = [name: string, text: () => string, analytics: RegExp, marketing: RegExp, preferences?: RegExp];

/* Usercentrics keeps a word for each service, under the ids of its catalogue: Google Analytics and GA4;
   Meta, Google Ads, its remarketing. Newer versions say it in consent mode's words, too. A shop
   that has none of these: a yes is a yes to all. */
const COUNTS = /^(HkocEodjb7|87JYasXPF)$/, ADVERTISES = /^(ko1w5PpFl|twMyStLkn|B1Hk_zoTX|S1_9Vsuj-Q)$/;

function usercentrics(): string {
  if (stored('uc_user_interaction') !== 'true') return '';
  const modes = stored('uc_gcm') || stored('ucData');
  if (/"adStorage"/.test(modes)) return modes;
  try {
    const services: { id: string; status: boolean }[] = JSON.parse(stored('uc_settings')).services;
    const all = (of: RegExp) => {
      const known = services.filter((one) => of.test(one.id));
      return (known[0] ? known : services).every((one) => one.status);
    };
    return services[0] ? `"analyticsStorage":"${all(COUNTS)}","adStorage":"${all(ADVERTISES)}"` : '';
  } catch {
    return '';
  }
}

const didomi = () => (/"purposes":(\{[^}]*\})/.exec(decoded(cookie('didomi_token'))) || [])[1] || '';

/* Group 1 of each expression is the answer. A platform whose cookie tells rules before it tells an
   answer is only read once the visitor has answered. */
const ROWS: Row[] = [
  ['onetrust', () => cookie('OptanonAlertBoxClosed') && cookie('OptanonConsent'), /C0002:(\d)/, /C0004:(\d)/, /C0003:(\d)/],
  ['cookiebot', () => cookie('CookieConsent'), /statistics:(\w+)/, /marketing:(\w+)/, /preferences:(\w+)/],
  ['cookieyes', () => (/action:yes/.test(cookie('cookieyes-consent')) ? cookie('cookieyes-consent') : ''),
    /analytics:(\w+)/, /advertisement:(\w+)/, /functional:(\w+)/],
  ['usercentrics', usercentrics, /"analyticsStorage":"(\w+)/, /"adStorage":"(\w+)/],
  ['didomi', didomi, /"(\w+)":\[[^\]]*(?:analy|measure|audience)/, /"(\w+)":\[[^\]]*(?:advert|_ads|market)/],
  ['axeptio', () => (/completed":true/.test(cookie('axeptio_cookies')) ? cookie('axeptio_cookies') : ''),
    /"(?:google_analytics|matomo|analytics|ga4?)":(\w+)/i, /"(?:google_ads|facebook_pixel|facebook|tiktok|meta|marketing)":(\w+)/i],
  ['complianz', () => cookie(/^cmplz_st/) && `s:${cookie('cmplz_statistics')} m:${cookie('cmplz_marketing')} p:${cookie('cmplz_preferences')}`,
    /s:(\w+)/, /m:(\w+)/, /p:(\w+)/],
  ['iubenda', () => cookie(/^_iub_cs-\d+$/).replace(/"consent":(\w+).*/, '$&"4":$1,"5":$1,"3":$1'), /"4":(\w+)/, /"5":(\w+)/, /"3":(\w+)/],
];
const YES = /^(1|true|yes|allow|granted|enabled)$/;

export function platforms(add: Add, page: Page, changed: () => void): void {
  listenToTcf(page, changed);
  tcf(page, add);
  consentMode(page, add);
  gpp(page, add, changed);
  for (const [name, text, ...expressions] of ROWS) {
    const said = text();
    expressions.forEach((expression, i) => {
      const found = said && expression && expression.exec(said);
      if (found) add(PURPOSES[i]!, YES.test(found[1]!) ? 'granted' : 'denied', `cmp:${name}`);
    });
  }
  // Pandectes tells what is refused, as bits: 1 preferences, 2 analytics, 4 marketing.
  const pandectes = /"preferences":(\d)/.exec(decoded(cookie('_pandectes_gdpr')));
  if (pandectes)
    [2, 4, 1].forEach((bit, i) => add(PURPOSES[i]!, Number(pandectes[1]) & bit ? 'denied' : 'granted', 'cmp:pandectes'));
  const usprivacy = /^1.([YN])/.exec(cookie('usprivacy'));
  if (usprivacy) add('sale_of_data', usprivacy[1] === 'Y' ? 'denied' : 'granted', 'usprivacy');
}
