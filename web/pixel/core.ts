/*
 * Shopify's web pixel: what its runtime tells goes to the gateway as it is (contracts/sources 2.2 to
 * 2.5, INTERFACE 5), with what only a pixel can say beside it: the privacy flags of that moment, the
 * client id, the checkout's and the cart's tokens, and the visitor from the top frame's cookies. The
 * same core serves the custom pixel that a merchant pastes and the app pixel of an extension.
 *
 * Shopify runs a pixel only when the purposes it names are allowed; a withdrawal that comes later is
 * heard by customerPrivacy, and nothing is sent after it.
 */
type Json = Record<string, any>;

export interface Runtime {
  analytics: { subscribe(name: string, heard: (event: Json) => void): unknown };
  browser: { cookie: { get(name: string): Promise<string> } };
  init: { customerPrivacy?: Json; data?: Json };
  customerPrivacy?: { subscribe(name: string, heard: (event: Json) => void): unknown };
}

const COOKIES: [string, string][] = [['fbp', '_fbp'], ['fbc', '_fbc'], ['ga', '_ga'], ['ttp', '_ttp'], ['ttclid', 'ttclid'], ['epik', '_epik']];
const ULID = /[0-7][0-9A-HJKMNP-TV-Z]{25}/;
const KEEPALIVE_MOST = 60000;

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/* A runtime whose cookies cannot be read has none. */
async function cookieOf(runtime: Runtime, name: string): Promise<string> {
  try {
    return unescaped((await runtime.browser.cookie.get(name)) || '');
  } catch {
    return '';
  }
}

/* The visitor: our cookie, else what the snippet wrote into the cart, which the checkout keeps. */
function visitorOf(kept: string, event: Json, attribute: string): string | undefined {
  const attributes: Json[] = event.data?.checkout?.attributes || event.data?.cart?.attributes || [];
  const written = attributes.find((pair) => pair.key === attribute)?.value || '';
  return (ULID.exec(kept) || ULID.exec(written) || [])[0];
}

/* The body of one event. */
export async function pixelBody(runtime: Runtime, event: Json, privacy: Json, cookie: string, attribute: string): Promise<Json> {
  const ids: Json = { client_id: event.clientId }, checkout = event.data?.checkout;
  for (const [name, of] of COOKIES) ids[name] = (await cookieOf(runtime, of)) || undefined;
  ids.checkout_token = checkout?.token || undefined;
  ids.cart_token = (event.data?.cart || runtime.init.data?.cart)?.id || undefined;
  const customer = runtime.init.data?.customer;
  return {
    v: 1, sent_at: Date.now(), visitor: visitorOf(await cookieOf(runtime, cookie), event, attribute), ids, privacy, pixel: event,
    who: customer?.id ? { customer_id: customer.id, email: customer.email || undefined, phone: customer.phone || undefined } : undefined,
  };
}

/* Starts it. A body that finds no gateway is tried twice more; then the webhook must suffice. `tags`
   hears of each event that was sent (tags.ts). */
export function pixelStart(runtime: Runtime, collect: string, cookie: string, attribute: string, tags?: (event: Json, privacy: Json, ga: string) => void): void {
  let privacy: Json = runtime.init.customerPrivacy || {};
  runtime.customerPrivacy?.subscribe('visitorConsentCollected', (event) => (privacy = event.customerPrivacy));

  function send(body: string, tries: number): void {
    const again = () => void (tries > 1 && setTimeout(() => send(body, tries - 1), 2000));
    fetch(collect, { method: 'POST', body, keepalive: body.length < KEEPALIVE_MOST, credentials: 'omit' })
      .then((answer) => (answer.status === 429 || answer.status >= 500) && again(), again);
  }

  const tell = async (event: Json) => {
    if (/^(alert_displayed|ui_extension_errored)$/.test(event.name)) return;
    const body = await pixelBody(runtime, event, privacy, cookie, attribute);
    if (privacy.analyticsProcessingAllowed === false && privacy.marketingAllowed === false) return;
    send(JSON.stringify(body), 3);
    try {
      tags?.(event, privacy, body.ids.ga || '');
    } catch { /* a tag's own trouble */ }
  };
  runtime.analytics.subscribe('all_standard_events', tell);
  runtime.analytics.subscribe('all_custom_events', tell);
}
