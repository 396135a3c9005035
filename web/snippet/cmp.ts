/*
 * What the page's own consent tools say, whichever there are (contracts/sources 7.2; consent
 * mode, TCF and the cookies of 7.6 are in platforms.ts). Nothing is asked here and nothing is decided; it
 * is read, and read again as long as the page lives.
 *
 * Several tools may speak, and not all of them for the visitor: a consent mode's default or a law's
 * "no banner needed here" is a rule, not an answer. So a word has a rank, and the highest wins:
 *
 *   denied   the visitor said no            what was kept is removed
 *   granted  the visitor said yes
 *   pending  a rule says not yet            nothing is kept or sent, events wait for the answer
 *   allowed  a rule says nobody need ask
 */
import type { Purpose } from './config';
import { PURPOSES } from './config';

export type Word = 'allowed' | 'pending' | 'granted' | 'denied';
export const RANK: Word[] = ['allowed', 'pending', 'granted', 'denied'];

export type Words = Partial<Record<Purpose, Word>>;
export interface Said {
  words: Words;
  source?: string;
  region?: string;
  at?: number;
}

type Page = Record<string, any>;

/* ---- APIs on the page ---- */

function shopify(page: Page, add: Add): void {
  const api = page.Shopify?.customerPrivacy;
  if (!api?.analyticsProcessingAllowed) {
    // On its way; a blocker may keep it away for good.
    if (Date.now() - asked.shopify < 3000) PURPOSES.forEach((purpose) => add(purpose, 'pending', 'shopify_cpa'));
    return;
  }
  const said = api.currentVisitorConsent?.() || {};
  PURPOSES.forEach((purpose, i) => {
    const asks = ['analyticsProcessing', 'marketing', 'preferencesProcessing', 'saleOfData'][i] + 'Allowed';
    if (!api[asks]) return;
    const yes = api[asks](), spoken = said[purpose];
    add(purpose, spoken ? (yes ? 'granted' : 'denied') : yes ? 'allowed' : 'pending', 'shopify_cpa');
  });
}

export type Add = (purpose: Purpose, word: Word, source: string) => void;
export type Platforms = (add: Add, page: Page, changed: () => void) => void;

/* The highest word for each purpose, and who said the highest of all. */
export function readPage(page: Page, platforms: Platforms, changed: () => void): Said {
  const words: Words = {};
  let source: string | undefined, top = -1;
  const add: Add = (purpose, word, by) => {
    const rank = RANK.indexOf(word);
    if (rank > RANK.indexOf(words[purpose]!)) words[purpose] = word;
    if (rank > top) {
      top = rank;
      source = by;
    }
  };
  shopify(page, add);
  platforms(add, page, changed);
  return { words, source, region: page.Shopify?.customerPrivacy?.getRegion?.()?.slice(0, 2) };
}

/* Asks Shopify for its API, once; readPage() sees it when it has come. */
export const asked = { shopify: 0 };

export function listen(page: Page, changed: () => void): void {
  if (page.Shopify?.loadFeatures && !page.Shopify.customerPrivacy && !asked.shopify) {
    asked.shopify = Date.now();
    page.Shopify.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], changed);
  }
}
