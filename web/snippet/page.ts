/*
 * What the page is about. A page may say it itself, for one event and for who is logged in:
 *
 *   <script type="application/json" id="sidetrack-page">{"name":"product_viewed","data":{…},"who":{…}}</script>
 *
 * Otherwise, on a Shopify theme, it is read from what Shopify puts into every page's head
 * (ShopifyAnalytics.meta, __st) and from the address.
 */
import { itemOf } from './cart';
import type { Json } from './config';

export interface About {
  events: [string, Json][];
  who: Json;
  said: string; // the page's own words; they are not heard twice
}

function meta(property: string): string | undefined {
  return document.querySelector<HTMLMetaElement>(`meta[property="${property}"]`)?.content;
}

function product(all: any, query: URLSearchParams): [string, Json] {
  const p = all.product, variants: any[] = p.variants || [];
  const variant = variants.find((one) => one.id == query.get('variant')) || variants[0] || {};
  const item = itemOf({
    product_id: p.id, variant_id: variant.id, sku: variant.sku, price: variant.price, url: location.pathname, image: meta('og:image'), vendor: p.vendor, product_type: p.type,
    product_title: (variant.name || '').replace(` - ${variant.public_title}`, '') || meta('og:title'),
  });
  return ['product_viewed', { currency: all.currency, value: item.price, items: [item] }];
}

export function aboutPage(page: Record<string, any>, query: URLSearchParams, before: string): About {
  const said = document.getElementById('sidetrack-page')?.textContent || '';
  const all = page.ShopifyAnalytics?.meta || {}, place = all.page || {}, events: About['events'] = [];
  const customer = place.customerId || page.__st?.cid;
  let own: any = {};
  try {
    if (said !== before) own = JSON.parse(said) || {};
  } catch { /* nothing, or not of this form: the page is read as if it said nothing */ }
  const { name, data, who } = own;
  if (name) events.push([name, data]);
  else if (all.product && /\/products\//.test(location.pathname)) events.push(product(all, query));
  else if (place.pageType === 'collection') events.push(['collection_viewed', { collection: { id: place.resourceId, title: meta('og:title') || document.title } }]);
  else if (place.pageType === 'searchresults') events.push(['search_submitted', { query: query.get('q') }]);
  return { said, events, who: customer ? { customer_id: customer, ...who } : who };
}
