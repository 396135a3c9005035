/*
 * Klaviyo's calls, so that a shop need not be instrumented again (contracts/destinations 6.8):
 *
 *   klaviyo.push(['track', name, properties]), klaviyo.track(…), identify, trackViewedItem
 *   _learnq.push([…])       the same in its older form
 *   _klOnsite               where Klaviyo's stub lays them until klaviyo.js has come
 *
 * A real klaviyo.js loses nothing: every call goes through unchanged, and first. It replaces these
 * globals when it arrives, so they are properties here which put a listener around what is set.
 * A list of words that was heard once is not heard again when it passes from the stub to the library.
 */
import type { Json } from './config';

export type KlaviyoCall = { name: string; data: Json } | { who: Json };

type Heard = (words: unknown[]) => void;
const CALLS = ['track', 'identify', 'trackViewedItem'];

export function listenToKlaviyo(page: Record<string, any>, heard: Heard): void {
  const known = new WeakSet<object>(), ours = new WeakSet<object>();
  const nested: object[] = [];
  let depth = 0;

  function hear(words: unknown): void {
    if (!Array.isArray(words) || known.has(words) || !CALLS.includes(words[0])) return;
    known.add(words);
    try {
      heard(words);
    } catch { /* never in the shop's way */ }
  }

  /* Calls the original and then tells, but only of the outermost call: the stub's pushes again. */
  function around(original: Function, self: unknown, tell: (args: unknown[]) => void) {
    return (...args: unknown[]) => {
      depth++;
      try {
        return original.apply(self, args);
      } finally {
        if (--depth > 0) {
          nested.push(...args.filter(Array.isArray));
        } else {
          tell(args);
          nested.splice(0).forEach((one) => known.add(one));
        }
      }
    };
  }

  function wrapped(target: any): any {
    if (!target || (typeof target !== 'object' && typeof target !== 'function') || ours.has(target)) return target;
    if (Array.isArray(target)) target.forEach(hear);
    const proxy = new Proxy(target, {
      get(object, key) {
        const value = Reflect.get(object, key);
        if (typeof value !== 'function') return value;
        if (key === 'push') return around(value, object, (args) => args.forEach(hear));
        if (CALLS.includes(key as string)) return around(value, object, (args) => hear([key, ...args]));
        return value;
      },
    });
    ours.add(proxy);
    return proxy;
  }

  for (const name of ['_learnq', '_klOnsite', 'klaviyo']) {
    let value = wrapped(page[name]);
    try {
      Object.defineProperty(page, name, { configurable: true, enumerable: true, get: () => value, set: (given) => (value = wrapped(given)) });
    } catch {
      page[name] = value; // declared with `var` before us: listened to until somebody replaces it
    }
  }
  // Nobody loaded Klaviyo: its old queue is ours alone.
  page._learnq = page._learnq || [];
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null || value === '' ? undefined : String(value);
}

/* 59.9, "59.90", "€ 1.234,50" -> "59.9", "59.90", "1234.50"; undefined when it is no amount. */
export function amount(value: unknown): string | undefined {
  const bare = String(value ?? '').replace(/[^\d.,]/g, '');
  if (/^\d+(\.\d+)?$/.test(bare)) return bare;
  const [, whole, cents] = /^(.*?)(?:[.,](\d\d?))?$/.exec(bare)!, digits = whole!.replace(/\D/g, '');
  return digits ? (cents ? `${digits}.${cents}` : digits) : undefined;
}

function item(p: any): Json {
  const meta = p.Metadata || {};
  const categories = p.Categories || p.AddedItemCategories;
  return {
    product_id: text(p.ProductID ?? p.ItemId ?? p.AddedItemProductID), sku: text(p.SKU ?? p.AddedItemSKU),
    name: text(p.ProductName ?? p.Title ?? p.AddedItemProductName), price: amount(p.Price ?? meta.Price ?? p.AddedItemPrice),
    quantity: Number(p.AddedItemQuantity) || 1, url: text(p.URL ?? p.Url ?? p.AddedItemURL), image: text(p.ImageURL ?? p.ImageUrl ?? p.AddedItemImageURL),
    brand: text(p.Brand ?? meta.Brand), categories: Array.isArray(categories) ? categories.map(String) : undefined,
  };
}

const OURS: Record<string, string> = Object.assign(Object.create(null), { // 'constructor' is none of them
  'Viewed Product': 'product_viewed',
  'Added to Cart': 'product_added_to_cart',
  'Started Checkout': 'checkout_started',
  'Checkout Started': 'checkout_started',
  'Viewed Collection': 'collection_viewed',
  'Submitted Search': 'search_submitted',
});

/* A call in our words: what happened, or who it is; null for what we have no use for. */
export function klaviyoCall(words: unknown[]): KlaviyoCall | null {
  const [call, first, second] = words as [string, any, any];
  if (call === 'identify') {
    const p = first || {};
    return { who: { email: text(p.$email ?? p.email), phone: text(p.$phone_number ?? p.phone_number), customer_id: text(p.$id ?? p.external_id) } };
  }
  if (call === 'trackViewedItem') return first ? { name: 'product_viewed', data: { items: [item(first)] } } : null;
  if (typeof first !== 'string' || !first || first === '__activity_Active on Site' || first === 'Active on Site') return null;
  const name = OURS[first], p = second || {};
  if (name === 'product_viewed' || name === 'product_added_to_cart') {
    const one = item(p);
    return { name, data: { items: [one], value: amount(p.$value) ?? one.price, currency: text(p.Currency) } };
  }
  if (name === 'search_submitted') return { name, data: { query: text(p['Search Terms'] ?? p.SearchTerms ?? p.query) } };
  if (name === 'collection_viewed') return { name, data: { collection: { id: text(p.CollectionID), title: text(p.CollectionName) } } };
  return { name: name || first, data: { ...p, value: amount(p.$value), $value: undefined, $event_id: undefined } };
}
