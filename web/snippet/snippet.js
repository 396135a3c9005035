/*
 * The first snippet: what a storefront page tells the gateway.
 *
 * It names the visitor (a ULID in a first-party cookie), keeps ad click ids and cookies beside
 * it, asks for consent, and sends what happened as one JSON body of text/plain, so that no CORS
 * preflight is needed (INTERFACE 5; contracts/sources 4.3).
 *
 *   <script type="application/json" id="sidetrack-page">{"name":"product_viewed","data":{…}}</script>
 *   <script src="…" data-collect="https://t.shop.example/qzkv" data-cookie="_gwid"
 *           data-cart-attribute="_qz"></script>
 *
 * Once something is in the cart it writes the visitor's id into the cart's attributes, where the
 * order's webhook finds it again (contracts/sources 2.7). Without consent it sets no cookie and
 * keeps nothing; it still tells the gateway what the visitor chose, which decides what goes out.
 */
(function () {
  'use strict';
  var setup = document.currentScript.dataset;
  var DAY = 86400;

  // ---- consent: a small banner; ?consent=granted answers it for demos and tests ----

  function choice() {
    var asked = new URLSearchParams(location.search).get('consent');
    if (asked === 'granted' || asked === 'denied') {
      setCookie('_consent', asked + '.' + Date.now(), 180 * DAY);
    }
    var kept = (cookie('_consent') || '').split('.');
    return { value: kept[0] === 'granted' || kept[0] === 'denied' ? kept[0] : 'unknown', at: Number(kept[1]) || 0 };
  }

  function consent() {
    var c = choice();
    var body = { analytics: c.value, marketing: c.value, preferences: c.value, sale_of_data: 'unknown', source: 'cmp:demo' };
    if (navigator.globalPrivacyControl) body.sale_of_data = 'denied';
    if (c.at) body.at = c.at;
    return body;
  }

  function banner() {
    if (choice().value !== 'unknown') return;
    var box = document.createElement('div');
    box.style.cssText = 'position:fixed;left:16px;bottom:16px;background:#fff;border:1px solid #ccc;border-radius:8px;' +
      'padding:14px 18px;font:14px system-ui,sans-serif;box-shadow:0 4px 18px #0002';
    box.textContent = 'May we measure your visit? ';
    [['Yes', 'granted'], ['No', 'denied']].forEach(function (pair) {
      var button = document.createElement('button');
      button.textContent = pair[0];
      button.style.marginLeft = '8px';
      button.onclick = function () {
        setCookie('_consent', pair[1] + '.' + Date.now(), 180 * DAY);
        box.remove();
        send([]);
      };
      box.appendChild(button);
    });
    document.body.appendChild(box);
  }

  // ---- cookies and ids ----

  function cookie(name) {
    var found = document.cookie.split('; ').find(function (c) { return c.indexOf(name + '=') === 0; });
    return found ? decodeURIComponent(found.slice(name.length + 1)) : '';
  }

  function setCookie(name, value, seconds) {
    document.cookie = name + '=' + encodeURIComponent(value) + '; Path=/; SameSite=Lax; Max-Age=' + seconds +
      (location.protocol === 'https:' ? '; Secure' : '');
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
    var id = cookie(setup.cookie);
    if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) id = ulid();
    if (choice().value !== 'denied') setCookie(setup.cookie, id, 400 * DAY);
    return id;
  }

  // A click id in the URL wins over the one kept from an earlier page; they are never changed.
  function clickId(query, name) {
    var value = query.get(name);
    if (value && choice().value !== 'denied') setCookie('_click_' + name, value, 90 * DAY);
    return value || cookie('_click_' + name);
  }

  // Meta's cookies: fb.<dots in the domain>.<ms>.<random or fbclid> (contracts/destinations 1.7)
  function metaCookies(query) {
    if (choice().value === 'denied') return {};
    var level = Math.max(1, location.hostname.split('.').length - 1), fbclid = query.get('fbclid');
    var fbp = cookie('_fbp'), fbc = cookie('_fbc');
    if (!fbp) fbp = 'fb.' + level + '.' + Date.now() + '.' + Math.floor(Math.random() * 2147483647);
    if (fbclid && fbc.split('.')[3] !== fbclid) fbc = 'fb.' + level + '.' + Date.now() + '.' + fbclid;
    setCookie('_fbp', fbp, 90 * DAY);
    if (fbc) setCookie('_fbc', fbc, 90 * DAY);
    return { fbp: fbp, fbc: fbc };
  }

  function ids() {
    var query = new URLSearchParams(location.search), all = metaCookies(query);
    ['gclid', 'gbraid', 'wbraid', 'ttclid'].forEach(function (name) { all[name] = clickId(query, name); });
    all.kx = clickId(query, '_kx');
    all.ga = cookie('_ga');
    all.ttp = cookie('_ttp');
    var stream = document.cookie.match(/(?:^|; )_ga_[A-Z0-9]+=([^;]*)/);
    if (stream) all.ga_session = decodeURIComponent(stream[1]);
    Object.keys(all).forEach(function (name) { if (!all[name]) delete all[name]; });
    return all;
  }

  // ---- sending ----

  function event(name, data) {
    return { id: ulid(), name: name, at: Date.now(), data: data || {} };
  }

  function send(events) {
    var body = {
      v: 1, visitor: visitor(), sent_at: Date.now(), consent: consent(),
      page: { url: location.href, referrer: document.referrer, title: document.title, language: navigator.language },
      ids: ids(), events: events
    };
    fetch(setup.collect, { method: 'POST', body: JSON.stringify(body), keepalive: true, credentials: 'omit' })
      .catch(function () { /* a blocked or failed beacon is the webhook's case */ });
  }

  // ---- the cart: what themes do through /cart/add.js, seen from outside ----

  var plainFetch = window.fetch;
  window.fetch = function (url, options) {
    var answer = plainFetch.apply(this, arguments);
    if (!/\/cart\/add\.js/.test(String(url && url.url || url))) return answer;
    var asked = {};
    try { asked = JSON.parse(options.body); } catch (e) { /* a form: the whole line is told */ }
    return answer.then(function (response) {
      if (!response.ok) return response;
      return response.clone().json().then(function (cart) {
        added(cart, asked);
        return mark(cart);
      }).catch(function () {}).then(function () { return response; });
    });
  };

  function money(minor, currency) {
    var digits = new Intl.NumberFormat('en', { style: 'currency', currency: currency }).resolvedOptions().maximumFractionDigits;
    var text = String(minor);
    while (text.length <= digits) text = '0' + text;
    return digits ? text.slice(0, -digits) + '.' + text.slice(-digits) : text;
  }

  function added(cart, asked) {
    var line = cart.items.find(function (item) { return String(item.variant_id) === String(asked.id); });
    if (!line) return;
    send([event('product_added_to_cart', {
      currency: cart.currency, value: money(line.price * (asked.quantity || 1), cart.currency),
      items: [{
        product_id: String(line.product_id), variant_id: String(line.variant_id), sku: line.sku,
        name: line.product_title, price: money(line.price, cart.currency), quantity: asked.quantity || 1,
        url: new URL(line.url, location.href).href, image: new URL(line.image, location.href).href,
        brand: line.vendor, categories: [line.product_type]
      }]
    })]);
  }

  function mark(cart) {
    var name = setup.cartAttribute, attributes = {};
    if (choice().value === 'denied' || (cart.attributes || {})[name] === visitor()) return;
    attributes[name] = visitor();
    return plainFetch('/cart/update.js', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ attributes: attributes })
    });
  }

  // ---- this page ----

  var told = document.getElementById('sidetrack-page'), events = [event('page_viewed')];
  if (told) {
    var page = JSON.parse(told.textContent);
    (page.data.items || []).forEach(function (item) {
      item.url = new URL(item.url, location.href).href;
      item.image = new URL(item.image, location.href).href;
    });
    events.push(event(page.name, page.data));
  }
  banner();
  send(events);
})();
