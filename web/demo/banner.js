/*
 * The demo shop's consent banner: what a merchant's own consent platform does, in small. It asks,
 * remembers the answer in a cookie of its own (`_consent`, "granted.<ms>"), and says it to the
 * snippet on every page. /privacy asks again and lists what this browser keeps; for scripts,
 * ?consent=granted and ?consent=denied are an answer too.
 */
(function () {
  'use strict';
  var kept = document.getElementById('kept');

  function answer() {
    return /(?:^|; )_consent=(granted|denied)\.(\d+)/.exec(document.cookie);
  }

  function say() {
    var found = answer();
    if (!found) return;
    window.sidetrack.consent({
      analytics: found[1], marketing: found[1], preferences: found[1], source: 'cmp:demo', at: Number(found[2])
    });
  }

  function remember(value) {
    document.cookie = '_consent=' + value + '.' + Date.now() + '; Path=/; SameSite=Lax; Max-Age=' + 180 * 86400;
  }

  function list() {
    if (kept) kept.textContent = document.cookie.split('; ').sort().join('\n');
  }

  function ask() {
    var box = document.createElement('div');
    box.id = 'consent';
    box.style.cssText = 'position:fixed;left:16px;bottom:16px;background:#fff;border:1px solid #ccc;border-radius:8px;' +
      'padding:14px 18px;font:14px system-ui,sans-serif;box-shadow:0 4px 18px #0002';
    box.textContent = 'May we measure your visit? ';
    [['Yes', 'granted'], ['No', 'denied']].forEach(function (pair) {
      var button = document.createElement('button');
      button.textContent = pair[0];
      button.style.marginLeft = '8px';
      button.onclick = function () {
        remember(pair[1]);
        say();
        list();
        if (!kept) box.remove();
      };
      box.appendChild(button);
    });
    document.body.appendChild(box);
  }

  var asked = new URLSearchParams(location.search).get('consent');
  if (asked === 'granted' || asked === 'denied') remember(asked);
  say();
  if (kept || !answer()) ask();
  window.addEventListener('load', list);
})();
