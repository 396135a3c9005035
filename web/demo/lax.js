/*
 * Inside the pixel's sandbox: the globals a custom pixel finds there (contracts/sources 2.2), on
 * messages to pixels.js in the page above. This document has an opaque origin: its own cookies and
 * storage throw, and what it fetches says Origin: null.
 */
(function () {
  'use strict';
  var init = JSON.parse(window.name), listeners = [], waiting = {}, last = 0;

  function ask(room, act) {
    return function () {
      var id = ++last, words = Array.prototype.slice.call(arguments);
      return new Promise(function (done) {
        waiting[id] = done;
        parent.postMessage({ ask: id, room: room, act: act, words: words }, '*');
      });
    };
  }

  function room(name, acts) {
    return acts.reduce(function (made, act) {
      made[act] = ask(name, act);
      return made;
    }, {});
  }

  function subscribe(name, heard) {
    var listener = { name: name, heard: heard };
    listeners.push(listener);
    return function () {
      var at = listeners.indexOf(listener);
      if (at >= 0) listeners.splice(at, 1);
      return at >= 0;
    };
  }

  function wants(name, event) {
    return name === event.name || name === 'all_events' || name === 'all_' + event.type + '_events';
  }

  window.addEventListener('message', function (message) {
    var said = message.data;
    if (message.source !== parent) return;
    if (said.answer) {
      waiting[said.answer](said.value);
      delete waiting[said.answer];
    }
    if (said.privacy)
      listeners.forEach(function (one) {
        if (one.name === 'visitorConsentCollected') one.heard({ customerPrivacy: said.privacy });
      });
    if (said.event)
      listeners.forEach(function (one) { if (wants(one.name, said.event)) one.heard(said.event); });
  });

  window.analytics = { subscribe: subscribe };
  window.browser = {
    cookie: room('cookie', ['get', 'set']),
    localStorage: room('localStorage', ['getItem', 'setItem', 'removeItem', 'clear', 'key', 'length']),
    sessionStorage: room('sessionStorage', ['getItem', 'setItem', 'removeItem', 'clear', 'key', 'length']),
    sendBeacon: function (url, body) { return fetch(url, { method: 'POST', body: body, keepalive: true }).then(function () { return true; }); }
  };
  window.init = init;
  window.customerPrivacy = { subscribe: subscribe };
  window.api = { analytics: window.analytics, browser: window.browser, init: init, customerPrivacy: window.customerPrivacy };
  window.addEventListener('load', function () { parent.postMessage({ ready: true }, '*'); });
})();
