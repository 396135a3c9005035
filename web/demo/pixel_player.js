/*
 * The demo shop's checkout has no Shopify around it. This plays what would be there: the web
 * pixel runtime, which gives every event its envelope (contracts/sources 2.3), and our custom
 * pixel, which sends it to the gateway as {"v":1,"pixel":…,"privacy":…,"visitor":…,"ids":…}.
 * As in life, a pixel that asks for consent is not run before the shop's banner has a yes.
 *
 *   <script src="…" data-collect="…" data-cookie="_gwid" data-checkout="/checkouts/cn/TOKEN"
 *           data-events="page_viewed checkout_started"></script>
 */
(function () {
  'use strict';
  var setup = document.currentScript.dataset, seq = 0;

  function cookie(name) {
    var found = document.cookie.split('; ').find(function (c) { return c.indexOf(name + '=') === 0; });
    return found ? decodeURIComponent(found.slice(name.length + 1)) : '';
  }

  function clientId() {
    var id = localStorage.getItem('shopify_client_id') || crypto.randomUUID();
    localStorage.setItem('shopify_client_id', id);
    return id;
  }

  function place() {
    var l = location;
    return { href: l.href, hash: l.hash, host: l.host, hostname: l.hostname, origin: l.origin, pathname: l.pathname, port: l.port, protocol: l.protocol, search: l.search };
  }

  function envelope(name, data) {
    return {
      id: 'sh-' + crypto.randomUUID(), name: name, type: 'standard', seq: ++seq, clientId: clientId(),
      timestamp: new Date().toISOString(), data: data,
      context: {
        document: { location: place(), referrer: document.referrer, characterSet: document.characterSet, title: document.title },
        navigator: { language: navigator.language, cookieEnabled: navigator.cookieEnabled, languages: navigator.languages, userAgent: navigator.userAgent },
        window: {
          innerHeight: innerHeight, innerWidth: innerWidth, outerHeight: outerHeight, outerWidth: outerWidth, pageXOffset: pageXOffset, pageYOffset: pageYOffset,
          location: place(), origin: location.origin, screen: { height: screen.height, width: screen.width }, screenX: screenX, screenY: screenY, scrollX: scrollX, scrollY: scrollY
        }
      }
    };
  }

  function publish(name) {
    if (cookie('_consent').indexOf('granted') !== 0) return Promise.resolve();
    var data = name === 'page_viewed' ? Promise.resolve({})
      : fetch(setup.checkout + '/pixel.json').then(function (r) { return r.json(); });
    return data.then(function (d) {
      var ids = { fbp: cookie('_fbp'), fbc: cookie('_fbc'), ga: cookie('_ga'), client_id: clientId() };
      Object.keys(ids).forEach(function (key) { if (!ids[key]) delete ids[key]; });
      var body = {
        v: 1, pixel: envelope(name, d), ids: ids,
        privacy: { analyticsProcessingAllowed: true, marketingAllowed: true, preferencesProcessingAllowed: true, saleOfDataAllowed: !navigator.globalPrivacyControl }
      };
      if (cookie(setup.cookie)) body.visitor = cookie(setup.cookie);
      return fetch(setup.collect, { method: 'POST', body: JSON.stringify(body), keepalive: true, credentials: 'omit' });
    }).catch(function () { /* the webhook must suffice */ });
  }

  function post(step, body) {
    return fetch(setup.checkout + step, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  }

  var form = document.getElementById('checkout');
  if (form) {
    form.onsubmit = function (submit) {
      submit.preventDefault();
      post('/contact', Object.fromEntries(new FormData(form)))
        .then(function () { return publish('checkout_contact_info_submitted'); })
        .then(function () { return publish('payment_info_submitted'); })
        .then(function () { return post('/complete', {}); })
        .then(function () { location = setup.checkout + '/thank-you'; });
    };
  }
  setup.events.split(' ').reduce(function (before, name) {
    return before.then(function () { return publish(name); });
  }, Promise.resolve());
})();
