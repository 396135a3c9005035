/*
 * The checkout: one document whose steps are swapped in, as Shopify's is, so that the pixel's
 * sandbox lives from the first step to the thank-you page. A step's form says by data-step where it
 * is sent, and by data-tells which of the pixel's events follow once the shop has taken it.
 */
(function () {
  'use strict';

  function show(html, url) {
    var next = new DOMParser().parseFromString(html, 'text/html');
    document.title = next.title;
    document.querySelector('main').replaceWith(next.querySelector('main'));
    history.pushState(null, '', url);
    window.scrollTo(0, 0);
    window.demoPixels.page(JSON.parse(next.getElementById('web-pixels').textContent));
  }

  function go(path) {
    return fetch(path, { headers: { Accept: 'text/html' } }).then(function (answer) {
      return answer.text().then(function (html) { show(html, answer.url); });
    });
  }

  function fields(form) {
    return Object.fromEntries(new FormData(form));
  }

  document.addEventListener('submit', function (submit) {
    var form = submit.target, step = form.dataset.step;
    if (!step) return;
    submit.preventDefault();
    var button = form.querySelector('button');
    button.disabled = true;
    fetch(step, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(fields(form)) })
      .then(function (answer) {
        if (!answer.ok) throw new Error('the shop answered ' + answer.status);
        return window.demoPixels.checkout(form.dataset.tells.split(' '));
      })
      .then(function () { return go(form.dataset.next); })
      .catch(function () { button.disabled = false; });
  });
  window.addEventListener('popstate', function () { location.reload(); });
})();
