/*
 * What the gateway writes into the snippet when it serves it (src/sources/snippet.c): the store's
 * own names and rules. SETTINGS stands for that JSON object; it occurs once in the built script.
 */
import type { Platforms } from './cmp';

export type Purpose = 'analytics' | 'marketing' | 'preferences' | 'sale_of_data';
export const PURPOSES: Purpose[] = ['analytics', 'marketing', 'preferences', 'sale_of_data'];

export interface Settings {
  collect: string; // path of the collect endpoint, on the host this script came from
  proxy?: string; // path on the shop's own host that Shopify's app proxy leads to the gateway
  cookie: string; // name of the visitor's cookie; everything else kept here begins with it
  domain: string; // of the cookies; '' = this host only
  cart: string; // cart attribute; '' = no Shopify shop
  link: string; // parameter of our signed links
  consent: { default: string; regions: Record<string, string> }; // regions: where a row may say so
  bridge?: string[]; // of meta, tiktok, google: tags to fire with the server's ids
  purchase?: 'order_id' | 'order_number' | 'order_name'; // Google's transaction_id; none: no purchase is fired
  product?: Record<string, string>; // by tag: rule for ids of products, where it is not the variant's
}

declare global {
  const SETTINGS: Settings;
}

export type Json = Record<string, unknown>;
/* One event of INTERFACE 5. */
export interface Told {
  id: string;
  name: string;
  at: number;
  data: Json;
}

/* What the first part lends to the second (more.ts), and what it gets for it. */
export interface Core {
  page: Record<string, any>;
  settings: Settings;
  may(purpose: Purpose): boolean;
  tell(name: string, data: Json, who?: Json): void;
  tagged(tags: Json): void; // goes with every later event
  visitor(): string; // '' until one may be known
  write(): void; // into the cart, now, unless it is there
}
export interface More {
  platforms: Platforms;
  told(event: Told): void; // called for each event that was sent
}
