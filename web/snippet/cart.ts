/*
 * Shopify's cart, seen from outside (contracts/sources 2.7). Themes change it in many ways: fetch,
 * XMLHttpRequest, plain forms, sections. So nobody's request is read; when one may have changed the
 * cart, the cart is fetched and compared with what it was. The difference is what was added or
 * removed, and it is the same whichever way a theme went. What it was is kept for all tabs; a new
 * token is a new cart.
 *
 * The same look sees whether our attribute is still in the cart. It is written only then: a cart must
 * exist (writing to none would make one) and hold something, and another value must be in it.
 * Addresses go as they stand; the gateway knows the page they are relative to.
 */
import type { Json } from './config';

export interface Line {
  variant_id: number;
  product_id: number;
  quantity: number;
  final_price?: number;
  price: number;
  sku: string | null;
  product_title: string;
  url: string | null;
  image: string | null;
  vendor: string;
  product_type: string;
}
export interface Cart {
  token: string;
  item_count: number;
  total_price?: number;
  currency: string;
  items: Line[];
  attributes: Record<string, string | null> | null;
}
export interface Memory {
  token: string;
  lines: Record<string, [quantity: number, item: Json]>;
}

/* Shopify writes hundredths, whatever the currency: 980 yen are 98000, 1.250 dinars are 125. (Liquid and
   the Ajax API give Money#cents of Shopify's own money library, which is value * 100 cut to a whole number,
   whatever subunit the currency has; its themes divide by 100.) A third decimal, 1.255, is cut there, not here. */
export function units(hundredths?: number): string | undefined {
  return hundredths! >= 0 ? String(hundredths! / 100) : undefined;
}

export function itemOf(line: Partial<Line>): Json {
  return {
    product_id: line.product_id, variant_id: line.variant_id, sku: line.sku, name: line.product_title, price: units(line.final_price ?? line.price),
    url: line.url, image: line.image, brand: line.vendor, categories: line.product_type && [line.product_type],
  };
}

export function memoryOf(cart: Cart): Memory {
  const lines: Memory['lines'] = {};
  for (const line of cart.items) {
    const known = lines[line.variant_id];
    lines[line.variant_id] = [(known ? known[0] : 0) + line.quantity, itemOf(line)];
  }
  return { token: tokenOf(cart), lines };
}

export function tokenOf(cart: Cart): string {
  return cart.token.replace(/\?.*/, '');
}

function change(cart: Cart, item: Json, quantity: number): Json {
  const hundredths = Math.round(+item.price! * 100) * quantity;
  return { currency: cart.currency, value: units(hundredths), items: [{ ...item, quantity }] };
}

/* What was added and removed since `before`, as [event name, data]. */
export function difference(before: Memory | null, cart: Cart): [string, Json][] {
  const now = memoryOf(cart), old = before && before.token === now.token ? before.lines : {}, told: [string, Json][] = [];
  for (const id of new Set([...Object.keys(old), ...Object.keys(now.lines)])) {
    const more = (now.lines[id]?.[0] || 0) - (old[id]?.[0] || 0);
    const item = (now.lines[id] || old[id])![1];
    if (more) told.push([`product_${more > 0 ? 'added_to' : 'removed_from'}_cart`, change(cart, item, Math.abs(more))]);
  }
  return told;
}

export function viewed(cart: Cart): Json {
  const items = cart.items.map((line) => ({ ...itemOf(line), quantity: line.quantity }));
  return { currency: cart.currency, value: units(cart.total_price), items };
}

/* Must our attribute be written into a cart that holds something? */
export function mustWrite(cart: Cart, attribute: string, visitor: string): boolean {
  return (cart.attributes || {})[attribute] !== visitor;
}

const CHANGES = /\/cart\/(add|change|update|clear)(\.js)?(\?|$)/;

/* Calls `changed` after a request that may have changed the cart. Nothing about the request or its
   answer is touched; what the page gets is what it would have got. */
export function watch(changed: () => void): void {
  const plain = window.fetch;
  window.fetch = function (this: unknown, ...words: Parameters<typeof fetch>) {
    const answer = plain.apply(this as Window, words);
    try {
      const url = (words[0] as Request).url || String(words[0]);
      if (CHANGES.test(url)) answer.then((response) => response.ok && changed(), () => undefined);
    } catch { /* never in the page's way */ }
    return answer;
  } as typeof fetch;
  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (this: XMLHttpRequest, ...words: any[]) {
    if (CHANGES.test(String(words[1]))) this.addEventListener('load', () => this.status < 400 && changed());
    return (open as any).apply(this, words);
  } as typeof open;
  // Themes that use Shopify's standard actions replace all attributes.
  document.addEventListener('shopify:cart:attributes-update', changed);
}
