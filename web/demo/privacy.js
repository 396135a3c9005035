/*
 * Shopify's Customer Privacy API, played (contracts/sources 7.2): Shopify.loadFeatures() brings
 * Shopify.customerPrivacy, setTrackingConsent() remembers and tells `visitorConsentCollected` on the
 * document. The shop stands in Germany: no answer means no.
 *
 *   _consent = "yyny.<ms>"   analytics, marketing, preferences, sale of data: y, n or - (not asked)
 *
 * ?consent=granted and ?consent=denied are an answer too, for scripts and screenshots.
 */
(function () {
  'use strict';
  var PURPOSES = ['analytics', 'marketing', 'preferences', 'sale_of_data'];
  var shopify = window.Shopify = window.Shopify || {};

  function read() {
    var found = /(?:^|; )_consent=([yn-]{4})\.(\d+)/.exec(document.cookie), said = {};
    PURPOSES.forEach(function (purpose, i) {
      said[purpose] = found ? { y: 'yes', n: 'no', '-': '' }[found[1][i]] : '';
    });
    return said;
  }

  function allowed() {
    var said = read();
    return {
      analyticsAllowed: said.analytics === 'yes', marketingAllowed: said.marketing === 'yes', preferencesAllowed: said.preferences === 'yes',
      saleOfDataAllowed: said.sale_of_data !== 'no' && !navigator.globalPrivacyControl,
      firstPartyMarketingAllowed: said.marketing === 'yes', thirdPartyMarketingAllowed: said.marketing === 'yes'
    };
  }

  function remember(answer) {
    var said = read();
    var letters = PURPOSES.map(function (purpose) {
      var yes = answer[purpose];
      return yes === undefined ? { yes: 'y', no: 'n', '': '-' }[said[purpose]] : yes ? 'y' : 'n';
    }).join('');
    document.cookie = '_consent=' + letters + '.' + Date.now() + '; Path=/; SameSite=Lax; Max-Age=' + 180 * 86400;
  }

  var api = {
    analyticsProcessingAllowed: function () { return allowed().analyticsAllowed; },
    marketingAllowed: function () { return allowed().marketingAllowed; },
    preferencesProcessingAllowed: function () { return allowed().preferencesAllowed; },
    saleOfDataAllowed: function () { return allowed().saleOfDataAllowed; },
    currentVisitorConsent: read,
    getRegion: function () { return 'DEBE'; },
    shouldShowBanner: function () { return read().marketing === ''; },
    setTrackingConsent: function (answer, done) {
      remember(answer);
      document.dispatchEvent(new CustomEvent('visitorConsentCollected', { detail: allowed() }));
      if (done) done();
    }
  };

  // In life a script is fetched, so that the answer is never there at once.
  shopify.loadFeatures = function (features, done) {
    setTimeout(function () {
      if (features.some(function (one) { return one.name === 'consent-tracking-api'; })) shopify.customerPrivacy = api;
      if (done) done();
    });
  };

  var asked = new URLSearchParams(location.search).get('consent');
  if (asked === 'granted' || asked === 'denied') {
    var yes = asked === 'granted';
    remember({ analytics: yes, marketing: yes, preferences: yes, sale_of_data: yes });
  }
})();
