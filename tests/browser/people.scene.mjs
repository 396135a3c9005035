/* Who it was: two people on one computer, Klaviyo's own calls, an account. */
import { assert, people, scene, until } from './kit.mjs';

/* Addresses of the people whom Klaviyo has this of, in the order of its coming. */
async function whose(stage, metric) {
  return (await stage.got('klaviyo', metric)).map((one) => {
    const found = /"email":"([^"]+)"/.exec(JSON.stringify(one));
    return found && found[1];
  });
}

scene('two people on one computer: two orders, two people, each their own', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/');
  await anna.says('Accept all');
  await anna.adds('wool-throw');
  await anna.tells('product_added_to_cart');
  await anna.buys();
  await anna.tells('checkout_completed', 1);
  await stage.everyOrderOnce();

  anna.person = people.bruno; // her brother, at the same browser
  await anna.adds('oak-board');
  await anna.tells('product_added_to_cart', 2);
  await anna.buys();
  await anna.tells('checkout_completed', 2);
  await stage.everyOrderOnce();
  assert.deepEqual((await whose(stage, 'Placed Order')).sort(), [people.anna.email, people.bruno.email]);
  const first = await stage.says('show', 'person', people.anna.email), second = await stage.says('show', 'person', people.bruno.email);
  assert.ok(!first.includes(people.bruno.email), first);
  assert.ok(!second.includes(people.anna.email), second);
});

scene('Klaviyo\'s calls are taken as ours, and the address in them names who it is', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/');
  await anna.says('Accept all');
  await anna.tells('page_viewed');
  await anna.page.evaluate((email) => {
    window._learnq = window._learnq || [];
    window._learnq.push(['identify', { $email: email }]);
    window._learnq.push(['track', 'Viewed Product', { ProductName: 'Wool Throw', ProductID: '7234590736497', Price: '129.00' }]);
    window._learnq.push(['track', 'Asked a Question', { topic: 'moths' }]);
  }, anna.person.email);
  await anna.tells('product_viewed');
  await until('Klaviyo has both of her', async () => await stage.count('klaviyo', 'Viewed Product') === 1 && await stage.count('klaviyo', 'Asked a Question') === 1);
  assert.deepEqual(await whose(stage, 'Viewed Product'), [anna.person.email]);
  await stage.nothingWrong();
});

scene('who is logged in is known by the shop\'s own number', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/account/register');
  await anna.says('Accept all');
  for (const [name, value] of [['email', anna.person.email], ['password', 'a secret'], ['first_name', 'Anna']]) await anna.page.fill(`[name="customer[${name}]"]`, value);
  await anna.page.click('main button');
  await anna.page.waitForURL('**/account');
  await anna.visit('/products/wool-throw');
  await anna.tells('product_viewed');
  const story = await stage.says('show', 'person', anna.person.email);
  assert.ok(story.includes(await anna.visitor()), story);
});

scene('a link in a mail, opened on another device: one person, two visitors', async (stage) => {
  const anna = await stage.shopper('anna'), phone = await stage.shopper('anna');
  await anna.visit('/products/wool-throw?gclid=Cj0desk');
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  await anna.page.fill('#newsletter [type=email]', anna.person.email);
  await anna.page.click('#newsletter button');
  await until('the gateway knows who subscribed', () => stage.says('show', 'person', anna.person.email).then((story) => story.includes('subscribed')));

  const link = (await stage.says('link', anna.person.email)).trim().split('\n').pop();
  await phone.visit(`/products/oak-board?${link.replace(/^.*\?/, '')}`);
  await phone.says('Accept all');
  await phone.tells('product_viewed');
  assert.equal(new URL(phone.page.url()).search, '', 'the link is out of the address bar');
  assert.notEqual(await phone.visitor(), await anna.visitor());
  const story = await stage.says('show', 'person', anna.person.email);
  for (const one of [anna, phone]) assert.ok(story.includes(await one.visitor()), story);

  await phone.adds('oak-board');
  await phone.buys();
  await phone.tells('checkout_completed');
  /* She has a name before she checks out, so the pixel and the webhook both tell of it, under one unique_id. */
  await stage.everyOrderOnce({ klaviyo: 1 });
  await stage.holds({ klaviyo: { 'Checkout Started': 1, 'Placed Order': 1 } });
});
