/*
 * Shopify's web pixel manager, played (contracts/sources 2): it makes the envelopes of 2.3 around
 * what the page tells, and runs the merchant's custom pixel in a lax sandbox, an iframe without
 * allow-same-origin, so that the pixel has neither this page's DOM nor its cookies but what
 * `browser` hands out. lax.js is the other side of the messages.
 *
 *   <script type="application/json" id="web-pixels">{"init":{…},"events":[["page_viewed",{}],…]}</script>
 *
 * The pixel runs once analytics and marketing are allowed, and then gets the events of this page
 * that came before. Ids are made here, one per event, the same for every pixel.
 */
(function () {
  'use strict';
  var seq = 0, told = [], frame = null, ready = false;
  var toldPage = JSON.parse(document.getElementById('web-pixels').textContent);
  var KEY = 'shopify_client_id';

  function clientId() {
    if (!localStorage.getItem(KEY)) localStorage.setItem(KEY, crypto.randomUUID());
    return localStorage.getItem(KEY);
  }

  function place() {
    var l = location;
    return { href: l.href, hash: l.hash, host: l.host, hostname: l.hostname, origin: l.origin, pathname: l.pathname, port: l.port, protocol: l.protocol, search: l.search };
  }

  function context() {
    return {
      document: { location: place(), referrer: document.referrer, characterSet: document.characterSet, title: document.title },
      navigator: { language: navigator.language, cookieEnabled: navigator.cookieEnabled, languages: navigator.languages.slice(), userAgent: navigator.userAgent },
      window: {
        innerHeight: innerHeight, innerWidth: innerWidth, outerHeight: outerHeight, outerWidth: outerWidth, pageXOffset: pageXOffset, pageYOffset: pageYOffset,
        location: place(), origin: location.origin, screen: { height: screen.height, width: screen.width }, screenX: screenX, screenY: screenY, scrollX: scrollX, scrollY: scrollY
      }
    };
  }

  function privacy() {
    var api = window.Shopify.customerPrivacy;
    return {
      analyticsProcessingAllowed: api.analyticsProcessingAllowed(), marketingAllowed: api.marketingAllowed(),
      preferencesProcessingAllowed: api.preferencesProcessingAllowed(), saleOfDataAllowed: api.saleOfDataAllowed()
    };
  }

  function publish(name, data, type) {
    var event = { id: 'sh-' + crypto.randomUUID(), name: name, type: type || 'standard', seq: ++seq, clientId: null, timestamp: new Date().toISOString(), context: context() };
    event[type === 'custom' ? 'customData' : 'data'] = data;
    told.push(event);
    flush();
  }

  function flush() {
    if (!ready) return;
    told.splice(0).forEach(function (event) {
      event.clientId = clientId(); // kept from the first yes on, not before
      frame.contentWindow.postMessage({ event: event }, '*');
    });
  }

  // ---- what `browser` may do, on the top frame's storage ----

  function setCookie(name, value) {
    document.cookie = value === undefined ? name : name + '=' + value;
    return '';
  }

  function getCookie(name) {
    if (name === undefined) return document.cookie;
    var found = document.cookie.split('; ').find(function (c) { return c.indexOf(name + '=') === 0; });
    return found ? found.slice(name.length + 1) : '';
  }

  function storage(area) {
    return {
      getItem: function (key) { return area.getItem(key); }, setItem: function (key, value) { area.setItem(key, value); },
      removeItem: function (key) { area.removeItem(key); }, clear: function () { area.clear(); },
      key: function (i) { return area.key(i); }, length: function () { return area.length; }
    };
  }

  var rooms = {
    cookie: { get: getCookie, set: setCookie }, localStorage: storage(localStorage), sessionStorage: storage(sessionStorage)
  };

  window.addEventListener('message', function (message) {
    var asked = message.data;
    if (!frame || message.source !== frame.contentWindow) return;
    if (asked.ready) {
      ready = true;
      flush();
    } else {
      frame.contentWindow.postMessage({ answer: asked.ask, value: rooms[asked.room][asked.act].apply(null, asked.words) }, '*');
    }
  });

  // ---- when it may run ----

  function run() {
    var now = privacy();
    if (frame) frame.contentWindow.postMessage({ privacy: now }, '*');
    if (frame || !now.analyticsProcessingAllowed || !now.marketingAllowed) return;
    frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts allow-forms');
    frame.name = JSON.stringify(Object.assign({ context: context(), customerPrivacy: now }, toldPage.init));
    frame.src = '/web-pixels/sandbox';
    frame.hidden = true;
    document.body.append(frame);
  }

  function page(tells) {
    tells.events.forEach(function (one) { publish(one[0], one[1]); });
  }

  window.Shopify.analytics = { publish: function (name, data) { publish(name, data, 'custom'); } };
  window.demoPixels = {
    page: page,
    // The checkout as it stands, told under each of these names.
    checkout: function (names) {
      return fetch(toldPage.checkout).then(function (answer) { return answer.json(); }).then(function (data) {
        names.forEach(function (name) { publish(name, data); });
      });
    }
  };
  document.addEventListener('visitorConsentCollected', run);
  window.Shopify.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], function () {
    page(toldPage);
    run();
  });
})();
