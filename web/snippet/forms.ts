/*
 * Who somebody says to be in a form: an e-mail address, maybe a phone number, nothing else. A form
 * with a password is never read, whatever else is in it.
 */
import type { Json } from './config';

/* What a form tells, as [event name, who]; null when it names nobody. Shopify's sign-up form is its
   contact form with a hidden tag; others say it in a name. */
export function formTells(form: HTMLFormElement): [string, Json] | null {
  const find = (selector: string) => form.querySelector<HTMLInputElement>(selector)?.value.trim();
  const email = find('[type=email],[name*=email i]'), phone = find('[type=tel],[name*=phone i]');
  const named = /^\S+@\S+\.\S\S+$/.test(email || '');
  if (find('[type=password]') !== undefined || !(named || phone)) return null;
  const label = [form.id, form.className, form.getAttribute('action'), find('[name="contact[tags]"]')].join();
  return [named && /newsletter|subscri/i.test(label) ? 'subscribed' : 'form_submitted', { email: named ? email : undefined, phone }];
}

export function watchForms(heard: (name: string, data: Json, who: Json) => void): void {
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement, told = formTells(form);
    if (told) heard(told[0], { form: form.id }, told[1]);
  }, true);
}
