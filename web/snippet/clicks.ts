/*
 * Click ids and ad cookies (contracts/destinations 0.5, 1.7, 2.9, 6.8). Ids are opaque: decoded once,
 * never lowered, trimmed or cut. The URL wins over what was kept, and what we kept from a URL wins
 * over other tags' cookies. Each is kept with the time it was first seen, 90 days, in one cookie:
 * "gclid.1764000000000.Cj0…~fbclid.…".
 */
import { cookie, unescaped } from './jar';
import type { Json } from './config';

const NAMES = /^(gclid|gbraid|wbraid|ttclid|epik|_kx|fbclid|dclid|msclkid|ScCid|rdt_cid|li_fat_id|twclid|gad_\w+)$/;
const MOST = 8, DAYS_90 = 90 * 86400000;

export interface Click {
  value: string;
  at: number;
}
export type Clicks = Record<string, Click>;

export function clicksOf(text: string, now: number): Clicks {
  const clicks: Clicks = {};
  for (const part of text.split('~')) {
    const found = /^(\w+)\.(\d+)\.(.+)$/.exec(part);
    if (found && now - +found[2]! < DAYS_90) clicks[found[1]!] = { at: +found[2]!, value: unescaped(found[3]!) };
  }
  return clicks;
}

/* No more than a cookie holds: the oldest are left out. */
export function clicksText(clicks: Clicks): string {
  const parts = Object.entries(clicks).sort((a, b) => b[1].at - a[1].at)
    .map(([name, click]) => `${name}.${click.at}.${click.value.replace(/%/g, '%25').replace(/~/g, '%7E')}`);
  return parts.slice(0, MOST).join('~');
}

/* Takes what the URL carries; a click that is known keeps its time. */
export function clicksTake(clicks: Clicks, query: URLSearchParams, now: number): void {
  query.forEach((value, name) => {
    if (NAMES.test(name) && /^[!-~]{1,400}$/.test(value) && clicks[name]?.value !== value) clicks[name] = { value, at: now };
  });
}

/* The number of dots in the domain a cookie is set on. */
export function subdomainIndex(domain: string, host: string): number {
  return (domain || host).replace(/^\./, '').split('.').length - 1;
}

/* Meta's fbc for a click we saw, unless the cookie names that click already; '' without a click. */
export function fbc(clicks: Clicks, known: string, index: number): string {
  const click = clicks.fbclid;
  if (!click || known.split('.').slice(3).join('.').startsWith(click.value)) return known;
  return `fb.${index}.${click.at}.${click.value}`;
}

export function fbp(index: number, now: number): string {
  return `fb.${index}.${now}.${(Math.random() * 2147483647) | 0}`;
}

/* Google's click cookies: GCL.<s>.<id>, or parts by '$' of which k is the id. */
export function gclOf(text: string): string {
  const found = /^GCL\.\d+\.(.+)|(?:^[\d.]*|\$)k([^$]+)/.exec(text);
  return (found && (found[1] || found[2])) || '';
}

/* Klaviyo's own cookie: base64 of JSON; $exchange_id is what the parameter _kx carries. */
export function klaviyoOf(text: string): Json {
  try {
    return JSON.parse(atob(text)) as Json;
  } catch {
    return {};
  }
}

/* Cookies of tags we have no destination for yet; they travel under their own names. */
const OTHERS = ['_uetmsclkid', '_uetvid', '_scid', '_rdt_uuid', 'li_fat_id', '_twclid', '_gcl_au'];
const OURS = /^(gclid|gbraid|wbraid|ttclid|epik|_kx|fbclid)$/;

/* `ids` of INTERFACE 5, marketing's part. Empty ones are left out. */
export function adIds(clicks: Clicks): Json {
  const kept = (name: string) => clicks[name]?.value || '', gad: Json = {}, others: Json = {};
  for (const name of OTHERS) others[name] = cookie(name);
  for (const name in clicks) if (!OURS.test(name)) (/^gad_/.test(name) ? gad : others)[name] = kept(name);
  return full({
    fbp: cookie('_fbp'), fbc: cookie('_fbc'), ttp: cookie('_ttp'),
    gclid: kept('gclid') || gclOf(cookie(/^(_gcl_aw|FPGCLAW)$/)), gbraid: kept('gbraid'),
    wbraid: kept('wbraid') || gclOf(cookie(/^(_gcl_gb|FPGCLGB)$/)),
    ttclid: kept('ttclid') || cookie('ttclid'),
    epik: kept('epik') || cookie('_epik'),
    kx: kept('_kx') || klaviyoOf(cookie('__kla_id')).$exchange_id,
    gad: full(gad), clicks: full(others),
  });
}

/* Analytics' part. */
export function analyticsIds(): Json {
  return full({ ga: cookie('_ga'), ga_session: cookie(/^_ga_[A-Z0-9]+$/) });
}

function full(all: Json): Json {
  for (const name in all) if (!all[name] || JSON.stringify(all[name]) === '{}') delete all[name];
  return all;
}
