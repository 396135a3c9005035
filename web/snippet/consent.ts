/*
 * Consent, asked before anything is kept or sent (contracts/sources 7). cmp.ts reads what the page's
 * tools say; the merchant's own word, sidetrack('consent', {…}), goes above them; where nobody says
 * anything the store's default for the region stands. Global Privacy Control always means that
 * sale_of_data is denied.
 */
import { readPage, listen, type Platforms, type Said, type Word } from './cmp';
import { PURPOSES, type Json, type Purpose, type Settings } from './config';

let own: Said = { words: {} }, page: Said = own, seen = '', at = 0;
let rules: Settings['consent'], changed: () => void, platforms: Platforms = () => undefined;

export function consentStart(consent: Settings['consent'], onChange: () => void): void {
  rules = consent;
  changed = onChange;
}

/* The part that reads platforms' cookies, or what stands in for it until it has come. */
export function consentPlatforms(read: Platforms): void {
  platforms = read;
}

/* The merchant's word: {analytics: 'granted', …, source, at, region}. */
export function consentSay(word: Json): void {
  own = { words: { ...own.words }, source: (word.source as string) || 'cmp:own', at: (word.at as number) || Date.now(), region: (word.region as string) || own.region };
  for (const purpose of PURPOSES) {
    const value = word[purpose];
    if (value === 'granted' || value === 'denied') own.words[purpose] = value;
  }
  consentRead();
}

/* Reads the page again; whoever waits is told when something changed. */
export function consentRead(): void {
  listen(window, consentRead);
  page = readPage(window, platforms, consentRead);
  const now = JSON.stringify([page, own]);
  if (now === seen) return;
  seen = now;
  at = Date.now();
  changed();
}

function wordOf(purpose: Purpose): Word | undefined {
  return own.words[purpose] || page.words[purpose];
}

export function may(purpose: Purpose): boolean {
  return /granted|allowed/.test(wordOf(purpose) || rules.regions[own.region || page.region || ''] || rules.default);
}

export function denied(purpose: Purpose): boolean {
  return wordOf(purpose) === 'denied';
}

/* The record of INTERFACE 5; undefined members are left out by JSON. */
export function consentRecord(): Json {
  const record: Json = { source: own.source || page.source, at: own.at || at, region: own.region || page.region };
  for (const purpose of PURPOSES) {
    const word = wordOf(purpose);
    record[purpose] = !word || word === 'pending' ? 'unknown' : word === 'allowed' ? 'granted' : word;
  }
  if ((navigator as any).globalPrivacyControl) record.sale_of_data = 'denied';
  return record;
}
