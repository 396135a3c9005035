/*
 * The last moment at which a cart can learn whose it is: once a checkout has opened it has its own
 * copy of the attributes, and what is written later is lost (contracts/sources 2.7). Who is quick, or
 * whose cart another tool has just replaced, must not be too early for us:
 *
 *   a finger goes down on a way to the checkout    the attribute is written then, a click's length ahead
 *   a cart's form is sent                          it carries the attribute itself, as any theme's may
 *   a permalink, /cart/VARIANT:QUANTITY            bypasses the cart: the link carries it
 *
 * Nothing is delayed or prevented.
 */
import type { Core } from './config';

const WAYS = '[href*="/checkout"],[name=checkout],[href*="/cart/"],form[action*="/checkout"] [type=submit]';

/* A cart permalink that also says whose cart it is; '' for any other link. */
export function named(link: string, attribute: string, visitor: string): string {
  try {
    const url = new URL(link, location.href);
    if (url.hostname !== location.hostname || !/\/cart\/\d+:\d/.test(url.pathname)) return '';
    url.searchParams.set(`attributes[${attribute}]`, visitor);
    return url.href;
  } catch {
    return '';
  }
}

export function watchCheckout(attribute: string, core: Pick<Core, 'visitor' | 'write'>): void {
  const pressed = (event: Event) => {
    const way = (event.target as Element | null)?.closest?.<HTMLAnchorElement>(WAYS), visitor = core.visitor();
    if (!way || !visitor) return;
    const better = way.href && named(way.href, attribute, visitor);
    if (better) way.href = better;
    else core.write();
  };
  for (const name of ['pointerdown', 'click']) document.addEventListener(name, pressed, true);
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement, visitor = core.visitor(), name = `attributes[${attribute}]`;
    // A form's own field may be called action; so the attribute is asked.
    if (!visitor || !/\/(cart|checkout)\/?([?#]|$)/.test(form.getAttribute('action') || '')) return;
    let field = form.querySelector<HTMLInputElement>(`[name="${name}"]`);
    if (!field) form.append((field = Object.assign(document.createElement('input'), { type: 'hidden', name })));
    field.value = visitor;
  }, true);
}
