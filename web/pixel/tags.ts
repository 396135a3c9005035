/*
 * The merchant's own tags at the checkout (an option of the custom pixel). The checkout's page runs no
 * theme, and a pixel cannot reach that page's globals (contracts/sources 2.5); but the lax sandbox is a
 * document of its own and may load scripts (2.1). So the tags are loaded here, inside the sandbox,
 * and told what the snippet's bridge tells on the storefront, for the checkout's events only, with the
 * ids the gateway sends: Shopify's event id, and for the sale o_ + the checkout's token.
 *
 * What that does not give: the sandbox has an opaque origin, so a tag keeps no cookies here and sees
 * none of the store's (no _fbp); the gateway's copy of the event has those. A strict sandbox (the app
 * pixel) loads nothing and has no tags. Nothing is loaded without the purposes, nor before the first
 * event that is told.
 */
import { fire } from '../snippet/bridge';
import type { Settings } from '../snippet/config';

type Json = Record<string, any>;
export interface Tags {
  meta?: string; // pixel id
  tiktok?: string; // pixel code
  google?: string; // G-…, or AW-…/label for a conversion of Google Ads
  purchase?: Settings['purchase']; // as in the snippet's settings; none: no sale is fired
  value?: 'total' | 'subtotal' | 'net';
  product?: Settings['product']; // as in the snippet's settings
}

const OURS = ['checkout_started', 'payment_info_submitted', 'checkout_completed'];

function load(src: string): void {
  const script = document.createElement('script');
  script.async = true;
  script.src = src;
  document.head.append(script);
}

function startMeta(page: Json, id: string, limited: boolean): void {
  const fbq: any = function (...words: unknown[]) {
    if (fbq.callMethod) fbq.callMethod(...words);
    else fbq.queue.push(words);
  };
  Object.assign(fbq, { push: fbq, loaded: true, version: '2.0', queue: [] });
  page.fbq = page._fbq = fbq;
  load('https://connect.facebook.net/en_US/fbevents.js');
  fbq('set', 'autoConfig', false, id); // no clicks or forms of a sandbox
  if (limited) fbq('dataProcessingOptions', ['LDU'], 0, 0);
  fbq('init', id);
}

function startTikTok(page: Json, id: string): void {
  const script = 'https://analytics.tiktok.com/i18n/pixel/events.js', ttq: any = [];
  ttq.methods = ['page', 'track', 'identify', 'instances', 'debug', 'on', 'off', 'once', 'ready', 'alias', 'group', 'enableCookie', 'disableCookie', 'holdConsent', 'revokeConsent', 'grantConsent'];
  ttq.setAndDefer = (on: any, name: string) => (on[name] = (...words: unknown[]) => on.push([name, ...words]));
  ttq.instance = (of: string) => {
    const one = ttq._i[of] || [];
    ttq.methods.forEach((name: string) => ttq.setAndDefer(one, name));
    return one;
  };
  ttq.methods.forEach((name: string) => ttq.setAndDefer(ttq, name));
  Object.assign(ttq, { _i: { [id]: Object.assign([], { _u: script }) }, _t: { [id]: Date.now() }, _o: { [id]: {} } });
  page.TiktokAnalyticsObject = 'ttq';
  page.ttq = ttq;
  load(`${script}?sdkid=${id}&lib=ttq`);
}

function startGoogle(page: Json, id: string, privacy: Json, event: Json, ga: string): void {
  const word = (yes: unknown) => (yes ? 'granted' : 'denied'), sale = privacy.marketingAllowed && privacy.saleOfDataAllowed !== false;
  page.dataLayer = page.dataLayer || [];
  page.gtag = function () {
    page.dataLayer.push(arguments);
  };
  page.gtag('consent', 'default', {
    analytics_storage: word(privacy.analyticsProcessingAllowed), ad_storage: word(privacy.marketingAllowed), ad_user_data: word(privacy.marketingAllowed), ad_personalization: word(sale),
  });
  page.gtag('js', new Date());
  page.gtag('config', id.split('/')[0], {
    send_page_view: false, page_location: event.context?.document?.location?.href, page_referrer: event.context?.document?.referrer,
    client_id: ga.split('.').slice(2).join('.') || undefined, // who the storefront's tag knows
  });
  load(`https://www.googletagmanager.com/gtag/js?id=${id.split('/')[0]}`);
}

/* Shopify's checkout in the snippet's words. Ids may be gids; amounts are numbers here. */
export function toldOf(event: Json, value: Tags['value']): { id: string; name: string; at: number; data: Json } {
  const checkout = event.data.checkout, amount = (money: Json) => Number(money?.amount) || 0, total = amount(checkout.totalPrice);
  const worth = value === 'subtotal' ? amount(checkout.subtotalPrice)
    : value === 'net' ? Math.max(0, total - amount(checkout.totalTax) - amount(checkout.shippingLine?.price)) : total;
  const digits = (id: unknown) => String(id ?? '').replace(/.*\//, '');
  return {
    id: event.id, name: event.name, at: Date.parse(event.timestamp),
    data: {
      checkout_token: checkout.token || undefined, order_id: digits(checkout.order?.id) || undefined, currency: checkout.currencyCode, value: Math.round(worth * 1000) / 1000,
      items: (checkout.lineItems || []).map((line: Json) => ({
        variant_id: digits(line.variant?.id), product_id: digits(line.variant?.product?.id), sku: line.variant?.sku, quantity: line.quantity,
        price: line.variant?.price?.amount,
      })),
    },
  };
}

/* Gives what is called for each event of the pixel. `ga`: the cookie _ga of the top frame. */
export function tagsStart(page: Json, tags: Tags): (event: Json, privacy: Json, ga: string) => void {
  return (event, privacy, ga) => {
    if (!OURS.includes(event.name) || !event.data?.checkout) return;
    const limited = privacy.saleOfDataAllowed === false, may: string[] = [];
    if (tags.meta && privacy.marketingAllowed) may.push('meta');
    if (tags.tiktok && privacy.marketingAllowed && !limited) may.push('tiktok'); // its pixel knows no limited use
    if (tags.google && privacy.analyticsProcessingAllowed) may.push('google');
    if (may.includes('meta') && !page.fbq) startMeta(page, tags.meta!, limited);
    if (may.includes('tiktok') && !page.ttq) startTikTok(page, tags.tiktok!);
    if (may.includes('google') && !page.gtag) startGoogle(page, tags.google!, privacy, event, ga);
    const told = toldOf(event, tags.value), { currency, value } = told.data, sale = told.name === 'checkout_completed';
    if (!tags.google?.includes('/')) fire(page, may, told, tags.purchase, tags.product);
    else {
      fire(page, may.filter((tag) => tag !== 'google'), told, tags.purchase, tags.product);
      const transaction = tags.purchase && told.data[tags.purchase];
      if (sale && transaction && may.includes('google') && privacy.marketingAllowed) page.gtag('event', 'conversion', { send_to: tags.google, currency, value, transaction_id: transaction });
    }
  };
}
