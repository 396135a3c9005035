/* The merchant's buttons: each posts one action and shows the orders as they are then. */
(function () {
  'use strict';
  document.querySelector('table').onclick = function (click) {
    var action = click.target.dataset.action, done = document.getElementById('done');
    if (!action) return;
    click.target.disabled = true;
    fetch(action, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })
      .then(function (answer) { return answer.json(); })
      .then(function (said) {
        if (!said.error) return location.reload();
        done.hidden = false;
        done.textContent = said.detail;
      });
  };
})();
