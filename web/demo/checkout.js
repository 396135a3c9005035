/*
 * The checkout: one document whose steps are swapped in, as Shopify's is, so that the pixel's
 * sandbox lives from the first step to the thank-you page. A step's form says by data-step where it
 * is sent, by data-tells which of the pixel's events follow once the shop has taken it, and by
 * data-then what is sent after those.
 */
(function () {
  'use strict';

  function show(html, url) {
    var next = new DOMParser().parseFromString(html, 'text/html');
    document.title = next.title;
    document.querySelector('main').replaceWith(next.querySelector('main'));
    history.pushState(null, '', url);
    window.scrollTo(0, 0);
    if (window.demoPixels) window.demoPixels.page(JSON.parse(next.getElementById('web-pixels').textContent));
  }

  function go(path) {
    return fetch(path, { headers: { Accept: 'text/html' } }).then(function (answer) {
      return answer.text().then(function (html) { show(html, answer.url); });
    });
  }

  function send(path, form) {
    var body = JSON.stringify(Object.fromEntries(new FormData(form)));
    return fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: body }).then(function (answer) {
      if (!answer.ok) throw new Error('the shop answered ' + answer.status);
    });
  }

  document.addEventListener('submit', function (submit) {
    var form = submit.target, asks = form.dataset, button = form.querySelector('button');
    if (!asks.step) return;
    submit.preventDefault();
    button.disabled = true;
    send(asks.step, form)
      .then(function () { if (window.demoPixels) return window.demoPixels.checkout(asks.tells.split(' ')); }) // a blocker may have it
      .then(function () { if (asks.then) return send(asks.then, form); })
      .then(function () { return go(asks.next); })
      .catch(function () { button.disabled = false; });
  });
  window.addEventListener('popstate', function () { location.reload(); });
})();
