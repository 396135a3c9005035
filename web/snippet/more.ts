/*
 * The second part of the snippet, which the first (main.ts) loads when the page has a consent
 * platform that is not asked there, Klaviyo's calls, tags to bridge, a cart with something in it, or a form
 * that is being filled in.
 */
import { fire, tagStates } from './bridge';
import { watchCheckout } from './checkout';
import type { Core, More, Told } from './config';
import { watchForms } from './forms';
import { klaviyoCall, listenToKlaviyo } from './klaviyo';
import { platforms } from './platforms';

const SETTLED = 4000; // ms after which a tag's library has come or never will

function more(core: Core): More {
  const { page, settings, may, tell, tagged } = core;
  listenToKlaviyo(page, (words) => {
    const call = klaviyoCall(words);
    if (!call) return;
    if ('who' in call) tell('form_submitted', { form: 'klaviyo' }, call.who);
    else if (!settings.cart || !/added_to_cart|checkout/.test(call.name)) tell(call.name, call.data); // the cart is looked at already
  });
  watchForms(tell);
  if (settings.cart) watchCheckout(settings.cart, core);
  const bridge = settings.bridge || [];
  if (bridge[0]) setTimeout(() => tagged(tagStates(page, bridge)), SETTLED);
  return {
    platforms,
    told(event: Told) {
      try {
        fire(page, bridge.filter((tag) => may(tag === 'google' ? 'analytics' : 'marketing')), event, settings.purchase, settings.product);
      } catch { /* a tag's own trouble */ }
    },
  };
}

(window as any).sidetrack.more(more);
