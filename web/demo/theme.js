/*
 * What a theme does: variants, the cart by Shopify's Ajax API, the number in the header. It tells
 * nobody anything; who measures looks on from outside.
 */
(function () {
  'use strict';

  function post(path, body) {
    return fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body) })
      .then(function (answer) {
        if (!answer.ok) throw new Error(path + ' answered ' + answer.status);
        return answer.json();
      });
  }

  function count() {
    return fetch('/cart.js').then(function (answer) { return answer.json(); }).then(function (cart) {
      document.getElementById('count').textContent = cart.item_count || '';
    });
  }

  function variantChosen(form) {
    var chosen = form.elements.id.value, price = form.querySelector('input[value="' + chosen + '"]').dataset;
    document.getElementById('price').textContent = price.price;
    document.querySelector('.photo').style.setProperty('--tint', price.tint);
    document.getElementById('now').href = '/cart/' + chosen + ':' + form.elements.quantity.value;
    if (location.search !== '?variant=' + chosen) history.replaceState(history.state, '', '?variant=' + chosen);
  }

  var product = document.getElementById('product');
  if (product) {
    product.onchange = function () { variantChosen(product); };
    product.onsubmit = function (submit) {
      var button = product.querySelector('button'), said = document.getElementById('added');
      submit.preventDefault();
      button.disabled = true;
      post('/cart/add.js', { id: Number(product.elements.id.value), quantity: Number(product.elements.quantity.value) })
        .then(count)
        .then(function () { said.hidden = false; })
        .catch(function () { said.hidden = false; said.textContent = 'That did not work; the cart may be full.'; })
        .then(function () { button.disabled = false; });
    };
  }

  var cart = document.getElementById('lines');
  if (cart) {
    cart.onchange = function (change) {
      post('/cart/change.js', { id: Number(change.target.dataset.line), quantity: Number(change.target.value) })
        .then(function () { location.reload(); }, function () { location.reload(); });
    };
    cart.onclick = function (click) {
      if (!click.target.dataset.remove) return;
      post('/cart/change.js', { id: Number(click.target.dataset.remove), quantity: 0 }).then(function () { location.reload(); });
    };
  }
  count();
})();
