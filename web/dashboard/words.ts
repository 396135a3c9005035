/*
 * Machine words in a person's language: one table each. A word that is not in its table is shown as it
 * is, with spaces: something new is never hidden.
 */
const plain = (word: string): string => word.replace(/_/g, ' ');
const said = (table: Record<string, string>, word: string): string => table[word] || plain(word);

const PLATFORMS: Record<string, string> = {
  meta: 'Meta', google: 'Google Ads', tiktok: 'TikTok', ga4: 'GA4', sgtm: 'GTM server', klaviyo: 'Klaviyo', pinterest: 'Pinterest',
};
export const platform = (name: string): string => PLATFORMS[name] || name;

/* Why something was not sent, or not yet. */
const REASONS: Record<string, string> = {
  consent_denied: 'the visitor said no',
  consent_unknown: 'the visitor has not answered the consent banner',
  consent_denied_now: 'the visitor took the consent back before it was sent',
  consent_limited_unsupported: 'consent allows no identifiers, and this platform needs one',
  not_in_events: 'this destination is not set up to receive this kind of event',
  no_identifier: 'nothing in it says who it was',
  no_value: 'it has no value',
  no_transaction_id: 'it has no order number',
  no_page: 'it names no page',
  no_webhook: 'the shop never confirmed this order with a webhook',
  no_answer: 'the platform did not answer',
  not_sent: 'it could not be sent',
  bot: 'it came from a bot',
  destination_disabled: 'the destination is switched off in the config',
  too_old: 'it is older than the platform accepts',
  retrying: 'it will be tried again',
  refused: 'the platform refused it',
  expired: 'it was tried until it was too old',
  may_have_arrived: 'the answer was lost, and sending it again could count it twice',
  waits_for_order: 'it follows an order that is not sent yet',
  unmapped: 'the platform has no such event',
  orders_only: 'this destination takes orders only',
  order_not_delivered: 'it follows an order that this platform never took',
  superseded: 'a newer state of the order was sent instead',
  in_future: 'its time lies in the future',
  older_than_activation: 'it is older than this installation',
  sent_before: 'another installation had sent it before',
  unreadable: 'its webhook could not be read',
  web: 'it was not sold on this store\'s own web channels',
  dry: 'the destination is in dry mode: written, not sent',
  test: 'it is a test order',
  test_order: 'it is a test order',
  pos: 'it was sold at a till (point of sale)',
  draft: 'it is a draft order',
  renewal: 'it is a subscription renewal',
  marketplace: 'it was sold on a marketplace',
  zero: 'it is worth nothing',
  cancelled: 'it was cancelled before it was sent',
};
export const reason = (word: string): string => said(REASONS, word.replace(/^skip_/, ''));

const ORDERS: Record<string, string> = {
  none: 'new', seen_browser: 'waits for the shop', known: 'known, not placed yet', held: 'held for the browser', ready: 'about to be sent',
  sent: 'sent', adjusted: 'sent, adjusted later', dropped: 'not sent', excluded: 'excluded',
};
export const orderState = (word: string): string => said(ORDERS, word.toLowerCase());

export type Tone = 'good' | 'wait' | 'bad' | 'off';
export const toneOf = (word: string): Tone => {
  const state = word.toLowerCase();
  if (/^(delivered|live|sent|adjusted|ok|accepted|done)$/.test(state)) return 'good';
  if (/^(refused|dead|failed|expired|unknown|may_have_arrived|auth|paused)$/.test(state)) return 'bad';
  if (/^(waiting|retrying|backing_off|held|known|ready|seen_browser|none|under way|open)$/.test(state) || /^wait/.test(state)) return 'wait';
  return 'off';
};

const STATES: Record<string, string> = {
  live: 'running', backing_off: 'waiting for the platform', paused: 'paused', disabled: 'switched off',
  delivered: 'delivered', waiting: 'waiting', refused: 'refused', skipped: 'not sent', unknown: 'answer lost', dead: 'given up',
};
export const state = (word: string): string => said(STATES, word);

const SOURCES: Record<string, string> = {
  shopify: 'Shopify webhook', browser: 'snippet', pixel: 'Shopify pixel', api: 'server API', derived: 'made by sidetrack', magento: 'Magento',
};
export const source = (word: string): string => said(SOURCES, word);

const MATCHES: Record<string, string> = {
  checkout_token: 'the checkout token', cart_token: 'the cart token', note_attribute: 'the cart\'s hidden attribute', order_id: 'the order id',
  email: 'the e-mail address', phone: 'the phone number', customer_id: 'the customer id', client_id: 'Shopify\'s client id',
  visitor: 'the visitor\'s cookie', person: 'the person',
};
export const match = (word: string): string => said(MATCHES, word);

const IDENTIFIERS: Record<string, string> = {
  email: 'E-mail', phone: 'Phone', customer_id: 'Customer id', external_id: 'Customer id', first_name: 'First name', last_name: 'Last name',
  city: 'City', zip: 'Postcode', region: 'Region', country: 'Country', visitor: 'Visitor', ip: 'IP address', user_agent: 'Browser',
  name: 'Name', address: 'Address', customer: 'Customer id', agent: 'Browser', fbp: 'Meta browser id', fbc: 'Meta click', ttp: 'TikTok browser id', ttclid: 'TikTok click', gclid: 'Google click', gbraid: 'Google click (app)',
  wbraid: 'Google click (web)', ga: 'Analytics client', ga_session: 'Analytics session', kx: 'Klaviyo link', client_id: 'Shopify client',
};
export const identifier = (word: string): string => said(IDENTIFIERS, word);

/* "order_placed" -> "Order placed"; a webhook's topic stays as the shop writes it. */
export const eventName = (word: string): string => (word.includes('/') ? word : word ? word.charAt(0).toUpperCase() + plain(word).slice(1) : 'Custom event');
