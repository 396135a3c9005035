import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { adIds, analyticsIds, clicksOf, clicksTake, clicksText, fbc, gclOf, subdomainIndex, type Clicks } from '../../web/snippet/clicks';
import { jar, openPage } from './page';

beforeEach(() => openPage());
const NOW = 1764000000000, DAY = 86400000;
const take = (clicks: Clicks, query: string, now = NOW) => clicksTake(clicks, new URLSearchParams(query), now);

test('ids keep their case and characters, through the cookie and back', () => {
  const clicks: Clicks = {};
  take(clicks, 'gclid=Cj0KCQ-_aB&ttclid=E.C.P.x&_kx=abc%3D.Xy~1%25&gad_source=1&utm_source=x&evil=1');
  assert.deepEqual(Object.keys(clicks), ['gclid', 'ttclid', '_kx', 'gad_source']);
  assert.equal(clicks._kx!.value, 'abc=.Xy~1%');
  assert.deepEqual(clicksOf(clicksText(clicks), NOW), clicks);
});

test('a known click keeps the time it was first seen; another takes its place', () => {
  const clicks: Clicks = {};
  take(clicks, 'fbclid=IwAR1', NOW);
  take(clicks, 'fbclid=IwAR1', NOW + DAY);
  assert.equal(clicks.fbclid!.at, NOW);
  take(clicks, 'fbclid=IwAR2', NOW + DAY);
  assert.deepEqual(clicks.fbclid, { value: 'IwAR2', at: NOW + DAY });
});

test('clicks are forgotten after ninety days; blanks, controls and giants are none', () => {
  assert.deepEqual(clicksOf(`gclid.${NOW}.A`, NOW + 90 * DAY), {});
  const clicks: Clicks = {};
  take(clicks, `gclid=&wbraid=a%20b&gbraid=%07x&msclkid=${'x'.repeat(401)}`);
  assert.deepEqual(clicks, {});
});

test('fbc is made of a click that was seen, and only then', () => {
  const clicks: Clicks = { fbclid: { value: 'IwAR.x-Y', at: 1596403881668 } };
  assert.equal(fbc(clicks, '', 1), 'fb.1.1596403881668.IwAR.x-Y');
  assert.equal(fbc(clicks, 'fb.1.1.IwAR.x-Y.AQ', 1), 'fb.1.1.IwAR.x-Y.AQ', "Meta's own cookie for the same click stays");
  assert.equal(fbc(clicks, 'fb.1.1.IwOther', 1), 'fb.1.1596403881668.IwAR.x-Y');
  assert.equal(fbc({}, '', 1), '');
});

test('the index counts the dots of the domain the cookie is set on', () => {
  assert.equal(subdomainIndex('.acme.example', 'www.acme.example'), 1);
  assert.equal(subdomainIndex('', 'www.acme.example'), 2);
  assert.equal(subdomainIndex('.acme.co.uk', 'x'), 2);
});

test("Google's cookies, classic and newer", () => {
  assert.equal(gclOf('GCL.1764000000.Cj0KCQ-_x'), 'Cj0KCQ-_x');
  assert.equal(gclOf('2.1.kCj0KCQ-_x$i1764000000$u1'), 'Cj0KCQ-_x');
  assert.equal(gclOf('2.1.i1764000000$kCj0x'), 'Cj0x');
  assert.equal(gclOf('nonsense'), '');
});

test('what the URL said wins over the cookies of tags; the rest goes along', () => {
  jar.set('_gcl_aw', 'GCL.1.old');
  jar.set('_gcl_gb', 'GCL.1.wb');
  jar.set('_fbp', 'fb.1.1596403881668.1116446470');
  jar.set('_ttp', '2ttp');
  jar.set('_epik', 'dj0y');
  jar.set('__kla_id', btoa(JSON.stringify({ cid: 'x', $exchange_id: 'enc.site' })));
  const clicks: Clicks = {};
  assert.equal(adIds(clicks).gclid, 'old');
  take(clicks, 'gclid=New&gad_source=1&gad_campaignid=22&msclkid=ms1');
  assert.deepEqual(adIds(clicks), {
    fbp: 'fb.1.1596403881668.1116446470', ttp: '2ttp', gclid: 'New', wbraid: 'wb', kx: 'enc.site',
    gad: { gad_source: '1', gad_campaignid: '22' }, clicks: { msclkid: 'ms1' }, epik: 'dj0y',
  });
});

test('the session is that of the stream cookie', () => {
  jar.set('_ga', 'GA1.1.111.222');
  jar.set('_ga_ABC123', 'GS2.1.s1764000000$o3$g1$t1764000100$j60');
  assert.deepEqual(analyticsIds(), { ga: 'GA1.1.111.222', ga_session: 'GS2.1.s1764000000$o3$g1$t1764000100$j60' });
});
