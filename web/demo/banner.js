/*
 * The shop's consent banner, as a merchant's own would be: it asks through Shopify's Customer
 * Privacy API and knows nothing of who measures. /privacy has a button that brings it back.
 */
(function () {
  'use strict';
  var CHOICES = [
    ['analytics', 'Counting visits', 'which pages are read, what is searched'],
    ['marketing', 'Advertising', 'whether an ad brought you here'],
    ['preferences', 'Remembering', 'language and currency for next time']
  ];
  var box = null;

  function element(name, properties, children) {
    var made = Object.assign(document.createElement(name), properties);
    (children || []).forEach(function (child) { made.append(child); });
    return made;
  }

  function say(answer) {
    answer.sale_of_data = answer.marketing;
    window.Shopify.customerPrivacy.setTrackingConsent(answer);
    box.remove();
    box = null;
    list();
  }

  function all(yes) {
    return function () { say({ analytics: yes, marketing: yes, preferences: yes }); };
  }

  function button(text, kind, act) {
    return element('button', { type: 'button', textContent: text, className: kind, onclick: act });
  }

  function row(choose) {
    return element('div', { className: 'row' }, [button('Accept all', '', all(true)), button('Deny', 'second', all(false)), choose]);
  }

  function choose() {
    var said = window.Shopify.customerPrivacy.currentVisitorConsent();
    var set = element('fieldset', {}, CHOICES.map(function (choice) {
      var check = element('input', { type: 'checkbox', name: choice[0], checked: said[choice[0]] === 'yes' });
      return element('label', {}, [check, element('span', {}, [element('b', { textContent: choice[1] }), ', ' + choice[2]])]);
    }));
    box.lastChild.replaceWith(row(button('Save', 'second', function () {
      var answer = {};
      CHOICES.forEach(function (choice) { answer[choice[0]] = set.elements[choice[0]].checked; });
      say(answer);
    })));
    box.lastChild.before(set);
  }

  function ask() {
    if (box) return;
    box = element('section', { className: 'ask', id: 'consent' }, [
      element('h2', { textContent: 'May we measure your visit?' }),
      element('p', { textContent: 'A shop runs without that. With it, we learn what is liked and which ads are worth their money.' }),
      row(button('Choose', 'second', choose))
    ]);
    box.setAttribute('aria-label', 'Consent');
    document.body.append(box);
  }

  // What this browser keeps, on /privacy.
  function list() {
    var kept = document.getElementById('kept');
    if (!kept) return;
    var lines = document.cookie.split('; ').filter(Boolean).sort();
    Object.keys(localStorage).sort().forEach(function (key) { lines.push(key + ' (local storage, ' + localStorage[key].length + ' characters)'); });
    kept.textContent = lines.join('\n');
  }

  window.Shopify.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], function () {
    if (window.Shopify.customerPrivacy.shouldShowBanner()) ask();
  });
  var again = document.getElementById('ask-again');
  if (again) again.onclick = ask;
  window.addEventListener('load', function () { setTimeout(list, 300); });
})();
