/*
 * The first snippet: what a storefront page tells the gateway.
 *
 * It names the visitor (a ULID in a first-party cookie), keeps ad click ids and Meta's cookies
 * beside it, and sends what happened as one JSON body of text/plain, so that no CORS preflight is
 * needed (INTERFACE 5; contracts/sources 4.3). Once something is in the cart it writes the
 * visitor's id into the cart's attributes, where the order's webhook finds it again.
 *
 *   <script type="application/json" id="sidetrack-page">{"name":"product_viewed","data":{…}}</script>
 *   <script src="…" data-collect="https://t.shop.example/qzkv" data-cookie="_gwid"
 *           data-cart-attribute="_qz" data-cookie-domain=".shop.example"
 *           data-consent-default="denied"></script>
 *
 * Consent comes first. It starts when the page is parsed; until then whatever asks the visitor
 * (a consent banner) has its say, and may speak again at any time, as often as it likes:
 *
 *   sidetrack.consent({analytics: 'granted', marketing: 'denied', preferences: 'denied',
 *                      sale_of_data: 'denied', source: 'cmp:name', at: 1764000000000})
 *
 *   said        cookies and events
 *   granted     kept and sent; analytics alone keeps the visitor's id but no ad cookie or click id
 *   denied      nothing kept, nothing sent. What was kept is removed; if that was something, the
 *               gateway is told so once, as it must stop what it has not delivered yet
 *   nothing     data-consent-default decides, "denied" unless it says "granted". Denied by default
 *               the events of this page wait in memory, and go with it. Nothing is removed, since
 *               a banner that loads late may still say yes: such a banner wants this default
 *
 * The snippet does not remember the answer: who asks does, and says it on every page. Global
 * Privacy Control always means that sale_of_data is denied.
 */
(function () {
  'use strict';
  var setup = document.currentScript.dataset;
  var DAY = 86400, WAITING_MOST = 20;
  var ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
  var CLICK_IDS = ['gclid', 'gbraid', 'wbraid', 'ttclid', '_kx'];
  var AD_COOKIES = ['_fbp', '_fbc'].concat(CLICK_IDS.map(function (name) { return '_click_' + name; }));
  var said = {}, started = false, waiting = [];

  // ---- consent: asked before anything is kept or sent ----

  function may(purpose) {
    return (said[purpose] || setup.consentDefault) === 'granted';
  }

  function mayKnowVisitor() {
    return may('analytics') || may('marketing');
  }

  function consent(word) {
    ['analytics', 'marketing', 'preferences', 'sale_of_data'].forEach(function (purpose) {
      if (word[purpose] === 'granted' || word[purpose] === 'denied') said[purpose] = word[purpose];
    });
    said.source = word.source;
    said.at = word.at || Date.now();
    if (started) act();
  }

  function act() {
    if (said.marketing === 'denied') drop(AD_COOKIES);
    if (said.marketing === 'denied' && said.analytics === 'denied') forget();
    if (!mayKnowVisitor()) return;
    var id = visitor(), known = ids();
    if (waiting.length) send(id, known, waiting.splice(0));
  }

  function forget() {
    var id = cookie(setup.cookie);
    waiting = [];
    drop([setup.cookie]);
    if (!ULID.test(id)) return;
    send(id, {}, [event('consent_withdrawn')]);
    withCart(function (cart) {
      if ((cart.attributes || {})[setup.cartAttribute]) return writeCart('');
    });
  }

  // ---- cookies and ids ----

  function cookie(name) {
    var found = document.cookie.split('; ').find(function (c) { return c.indexOf(name + '=') === 0; });
    return found ? decodeURIComponent(found.slice(name.length + 1)) : '';
  }

  function write(name, value, seconds, domain) {
    document.cookie = name + '=' + encodeURIComponent(value) + '; Path=/; SameSite=Lax; Max-Age=' + seconds +
      (domain ? '; Domain=' + domain : '') + (location.protocol === 'https:' ? '; Secure' : '');
  }

  function keep(name, value, seconds) {
    write(name, value, seconds, setup.cookieDomain);
  }

  // With and without the domain: it may have been configured after the cookie was made.
  function drop(names) {
    names.filter(cookie).forEach(function (name) {
      write(name, '', 0, setup.cookieDomain);
      write(name, '', 0, '');
    });
  }

  function ulid() {
    var digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ', time = Date.now(), text = '';
    for (var i = 0; i < 10; i++) {
      text = digits[time % 32] + text;
      time = Math.floor(time / 32);
    }
    crypto.getRandomValues(new Uint8Array(16)).forEach(function (byte) { text += digits[byte % 32]; });
    return text;
  }

  function visitor() {
    var id = cookie(setup.cookie), met = ULID.test(id);
    if (!met) id = ulid();
    keep(setup.cookie, id, 400 * DAY);
    // A cart that was filled before the yes does not know the visitor yet.
    if (!met) withCart(function (cart) { if (cart.item_count) return writeCart(id); });
    return id;
  }

  // A click id in the URL wins over the one kept from an earlier page; they are never changed.
  function clickId(query, name) {
    var value = query.get(name);
    if (value) keep('_click_' + name, value, 90 * DAY);
    return value || cookie('_click_' + name);
  }

  // Meta's cookies: fb.<dots in the cookie's domain>.<ms>.<random or fbclid> (contracts/destinations
  // 1.7). Those that are there stay as they are: Meta's own pixel may have made them.
  function metaCookies(query) {
    var domain = (setup.cookieDomain || location.hostname).replace(/^\./, '');
    var start = 'fb.' + (domain.split('.').length - 1) + '.' + Date.now() + '.';
    var fbclid = query.get('fbclid');
    if (!cookie('_fbp')) keep('_fbp', start + Math.floor(Math.random() * 2147483647), 90 * DAY);
    if (fbclid && cookie('_fbc').split('.')[3] !== fbclid) keep('_fbc', start + fbclid, 90 * DAY);
  }

  function ids() {
    var query = new URLSearchParams(location.search), all = {}, stream;
    if (may('marketing')) {
      metaCookies(query);
      all = { fbp: cookie('_fbp'), fbc: cookie('_fbc'), ttp: cookie('_ttp') };
      CLICK_IDS.forEach(function (name) { all[name.replace('_', '')] = clickId(query, name); });
    }
    if (may('analytics')) {
      stream = document.cookie.match(/(?:^|; )_ga_[A-Z0-9]+=([^;]*)/);
      all.ga = cookie('_ga');
      all.ga_session = stream && decodeURIComponent(stream[1]);
    }
    Object.keys(all).forEach(function (name) { if (!all[name]) delete all[name]; });
    return all;
  }

  // ---- sending ----

  function event(name, data) {
    return { id: ulid(), name: name, at: Date.now(), data: data || {} };
  }

  function tell(events) {
    waiting = waiting.concat(events).slice(0, WAITING_MOST);
    act();
  }

  function send(id, known, events) {
    var word = {
      analytics: said.analytics || 'unknown', marketing: said.marketing || 'unknown',
      preferences: said.preferences || 'unknown',
      sale_of_data: navigator.globalPrivacyControl ? 'denied' : said.sale_of_data || 'unknown'
    };
    if (said.source) word.source = said.source;
    if (said.at) word.at = said.at;
    var body = {
      v: 1, visitor: id, sent_at: Date.now(), consent: word,
      page: { url: location.href, referrer: document.referrer, title: document.title, language: navigator.language },
      ids: known, events: events
    };
    plainFetch(setup.collect, { method: 'POST', body: JSON.stringify(body), keepalive: true, credentials: 'omit' })
      .catch(function () { /* a blocked or failed beacon is the webhook's case */ });
  }

  // ---- the cart: what themes do through /cart/add.js, seen from outside ----

  var plainFetch = window.fetch.bind(window);
  window.fetch = function (url, options) {
    var answer = plainFetch.apply(null, arguments);
    if (!/\/cart\/add\.js/.test(String(url && url.url || url))) return answer;
    return answer.then(function (response) {
      if (!response.ok) return response;
      return response.clone().json().then(function (cart) {
        added(cart, JSON.parse(options.body));
        if (mayKnowVisitor() && (cart.attributes || {})[setup.cartAttribute] !== visitor()) return writeCart(visitor());
      }).catch(function () { /* not JSON: nothing is told */ }).then(function () { return response; });
    });
  };

  function withCart(then) {
    if (!setup.cartAttribute) return;
    plainFetch('/cart.js').then(function (r) { return r.json(); }).then(then).catch(function () { /* no cart here */ });
  }

  function writeCart(id) {
    var attributes = {};
    attributes[setup.cartAttribute] = id;
    return plainFetch('/cart/update.js', {
      method: 'POST', keepalive: true, headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ attributes: attributes })
    });
  }

  function money(minor, currency) {
    var digits = new Intl.NumberFormat('en', { style: 'currency', currency: currency }).resolvedOptions().maximumFractionDigits;
    var text = String(minor);
    while (text.length <= digits) text = '0' + text;
    return digits ? text.slice(0, -digits) + '.' + text.slice(-digits) : text;
  }

  function absolute(url) {
    return url ? new URL(url, location.href).href : undefined;
  }

  function added(cart, asked) {
    var line = cart.items.find(function (item) { return String(item.variant_id) === String(asked.id); });
    if (!line) return;
    tell([event('product_added_to_cart', {
      currency: cart.currency, value: money(line.price * (asked.quantity || 1), cart.currency),
      items: [{
        product_id: String(line.product_id), variant_id: String(line.variant_id), sku: line.sku,
        name: line.product_title, price: money(line.price, cart.currency), quantity: asked.quantity || 1,
        url: absolute(line.url), image: absolute(line.image), brand: line.vendor, categories: [line.product_type]
      }]
    })]);
  }

  // ---- this page ----

  function start() {
    var told = document.getElementById('sidetrack-page'), events = [event('page_viewed')];
    if (told) {
      var page = JSON.parse(told.textContent);
      (page.data.items || []).forEach(function (item) {
        item.url = absolute(item.url);
        item.image = absolute(item.image);
      });
      events.push(event(page.name, page.data));
    }
    started = true;
    tell(events);
  }

  window.sidetrack = { consent: consent };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
