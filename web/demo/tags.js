/*
 * Stand-ins for Meta's pixel and Google's tag, for the audit to find (`sidetrack shop --tags …`):
 * they tell of page, product and cart what the real ones tell, by the same requests, but only to
 * the audit's own browser, which answers them itself. Any other browser sends nothing: the demo
 * shop must not talk to platforms.
 *
 *   <script src=/tags.js data-asks=yes></script>   holds everything back until marketing is allowed
 *
 * Each copy on a page is a tag of its own, with ids of its own: two copies count everything twice.
 */
(function () {
  'use strict';
  var audited = /sidetrack-audit/.test(navigator.userAgent);
  var asks = document.currentScript.dataset.asks === 'yes', allowed = !asks;
  var waiting = [], pixel = '', stream = '', mode = null;

  function send(url, pairs) {
    var query = Object.keys(pairs).filter(function (key) { return pairs[key] !== undefined; })
      .map(function (key) { return encodeURIComponent(key) + '=' + encodeURIComponent(pairs[key]); }).join('&');
    if (audited) new Image().src = url + '?' + query;
    else console.info('the audit would see ' + url + '?' + query);
  }

  function tell(act) {
    if (allowed) act();
    else waiting.push(act);
  }

  function meta(name, money) {
    var id = crypto.randomUUID();
    tell(function () {
      send('https://www.facebook.com/tr/', { id: pixel, ev: name, dl: location.href, rl: document.referrer, if: false, ts: Date.now(), eid: id,
        'cd[value]': money.value, 'cd[currency]': money.currency });
    });
  }

  function google(name, money) {
    if (stream)
      tell(function () {
        send('https://region1.google-analytics.com/g/collect', { v: 2, tid: stream, cid: '1.1', en: name, dl: location.href, gcs: mode ? 'G111' : undefined,
          gcd: mode ? '13r3r3r3r5' : undefined, 'epn.value': money.value, cu: money.currency });
      });
  }

  window.fbq = function (act, what) {
    if (act === 'init') pixel = what;
    if (act === 'track') meta(what, {});
  };

  // What was pushed before this file came, and what comes later.
  function heard(words) {
    if (words[0] === 'consent') mode = words[2];
    if (words[0] === 'config') {
      stream = words[1];
      google('page_view', {});
    }
  }
  if (!window.gtagHeard && window.dataLayer) {
    window.gtagHeard = true;
    window.dataLayer.forEach(heard);
  }

  function consented() {
    if (allowed || !window.Shopify.customerPrivacy.marketingAllowed()) return;
    allowed = true;
    waiting.splice(0).forEach(function (act) { act(); });
  }

  document.addEventListener('DOMContentLoaded', function () {
    var said = document.getElementById('sidetrack-page'), page = said ? JSON.parse(said.textContent) : {};
    var item = page.data && page.data.items && page.data.items[0];
    var money = item ? { value: item.price, currency: page.data.currency } : {};
    if (page.name === 'product_viewed') {
      meta('ViewContent', money);
      google('view_item', money);
      document.getElementById('product').addEventListener('submit', function () {
        meta('AddToCart', money);
        google('add_to_cart', money);
      });
    }
    document.addEventListener('visitorConsentCollected', consented);
    window.Shopify.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], consented);
  });
})();
