/*
 * The merchant's own tags, told by us: what fires in the browser then has the very name and id the
 * gateway sends, and the platform counts both once (contracts/destinations 0.1, 1.8, 3.6). Nothing is
 * loaded here: fbq, ttq and gtag are the merchant's, and fire only what is named below.
 *
 * A tag whose library did not come is one that a blocker stopped (or a network): its stub is there
 * and still holds our call some seconds later. That is told to the gateway with the page's events.
 */
import type { Json, Told } from './config';

type Page = Record<string, any>;

/* name: [Meta, TikTok, Google]; '' = not told there, * = a name of our own at Meta (trackCustom). As the gateway's tables have them. */
const NAMES: Record<string, [string, string, string]> = Object.assign(Object.create(null), {
  page_viewed: ['PageView', '', ''],
  product_viewed: ['ViewContent', 'ViewContent', 'view_item'],
  collection_viewed: ['ViewContent', 'ViewContent', 'view_item_list'],
  search_submitted: ['Search', 'Search', 'search'],
  product_added_to_cart: ['AddToCart', 'AddToCart', 'add_to_cart'],
  product_removed_from_cart: ['*RemoveFromCart', '', 'remove_from_cart'],
  cart_viewed: ['*ViewCart', '', 'view_cart'],
  product_added_to_wishlist: ['AddToWishlist', 'AddToWishlist', 'add_to_wishlist'],
  checkout_started: ['InitiateCheckout', 'InitiateCheckout', 'begin_checkout'],
  checkout_shipping_info_submitted: ['', '', 'add_shipping_info'],
  payment_info_submitted: ['AddPaymentInfo', 'AddPaymentInfo', 'add_payment_info'],
  checkout_completed: ['Purchase', 'Purchase', 'purchase'],
  subscribed: ['Lead', 'Lead', 'generate_lead'],
  account_created: ['CompleteRegistration', 'CompleteRegistration', 'sign_up'],
  subscription_started: ['Subscribe', 'Subscribe', 'subscribe'],
});

/* The id of a sale is the order's, which the gateway mints from the checkout's token. */
export function saleId(data: Json): string {
  const token = data.checkout_token, id = data.order_id;
  return token ? `o_${token}` : id ? `o_${id}` : '';
}

/* Under which id platforms know a product: by the store's rule, else the first id it has. The same as
   shop_product_id() of event/shop.c: a word, or a template that is all filled in or not used. */
export function productId(item: Record<string, any>, rule = 'variant_id'): string {
  const ids = [item.variant_id, item.product_id, item.sku].map((id) => String(id || ''));
  const of = (word: string) => ids[['variant_id', 'product_id', 'sku'].indexOf(word)] || '';
  let holes = 0;
  const filled = rule.replace(/\{([^}]*)(\}|$)/g, (_, word, closed) => (closed && of(word)) || (holes++, ''));
  return (/\{/.test(rule) ? !holes && filled : of(rule)) || ids.find(Boolean) || '';
}

/* Fires what the page has of `tags` for one event. `purchase` says which of the order's ids Google
   knows a sale by; none: sales are not told, since the gateway's come at another time. `products` are
   the rules for ids of products, by tag: those of the destination behind it. */
export function fire(page: Page, tags: string[], told: Told, purchase?: string, products: Record<string, string> = {}): void {
  const names = NAMES[told.name], sale = told.name === 'checkout_completed', id = sale ? saleId(told.data) : told.id;
  if (!names || !id || (sale && !purchase)) return;
  const transaction = sale && told.data[purchase!] ? String(told.data[purchase!]) : '';
  const { currency, items = [], query, collection } = told.data as any, value = Number(told.data.value) || 0;
  const common: Json = currency ? { currency, value } : {};
  const contents = (tag: string, key: string, price: string): Json[] =>
    items.map((item: any) => ({ [key]: productId(item, products[tag]), quantity: item.quantity || 1, [price]: Number(item.price) || undefined }));
  const ad: Json = { ...common };
  if (query) ad.search_string = query;
  if (items[0] || collection) ad.content_type = collection ? 'product_group' : 'product';
  if (collection) ad.content_name = collection.title;
  if (tags.includes('meta') && page.fbq && names[0]) {
    const list = contents('meta', 'id', 'item_price');
    page.fbq(names[0][0] === '*' ? 'trackCustom' : 'track', names[0].replace('*', ''), items[0] ? { ...ad, content_ids: list.map((one) => one.id), contents: list } : ad, { eventID: id });
  }
  if (tags.includes('tiktok') && page.ttq && names[1])
    page.ttq.track(names[1], items[0] ? { ...ad, contents: contents('tiktok', 'content_id', 'price') } : ad, { event_id: id });
  if (tags.includes('google') && page.gtag && names[2] && (!sale || transaction))
    page.gtag('event', names[2], {
      ...common, ...(query ? { search_term: query } : {}), ...(sale ? { transaction_id: transaction } : {}), items: contents('google', 'item_id', 'price'),
      ...(collection ? { item_list_id: collection.id, item_list_name: collection.title } : {}),
    });
}

/* What became of each: fired, blocked, or absent (the page has no such tag). Asked some seconds
   after the page has loaded. */
export function tagStates(page: Page, tags: string[]): Json {
  const { fbq, ttq, gtag } = page, states: Json = {};
  const known: Record<string, [unknown, boolean]> = {
    meta: [fbq, fbq?.callMethod],
    tiktok: [ttq, !(Array.isArray(ttq) && ttq.length)],
    google: [gtag, page.google_tag_manager],
  };
  for (const tag of tags) states[tag] = !known[tag]![0] ? 'absent' : known[tag]![1] ? 'fired' : 'blocked';
  return states;
}
