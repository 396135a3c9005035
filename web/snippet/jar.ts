/*
 * Cookies of this page. Values are percent-encoded when written and decoded once when read; one
 * that others wrote and that does not decode is given as it stands.
 */
function all(): string {
  try {
    return document.cookie;
  } catch {
    return ''; // a page that may have none
  }
}

export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/* The value of the first cookie whose name fits; '' when there is none. */
export function cookie(name: string | RegExp): string {
  for (const pair of all().split('; ')) {
    const at = pair.indexOf('='), found = pair.slice(0, at);
    if (found === name || (name as RegExp).test?.(found)) return unescaped(pair.slice(at + 1));
  }
  return '';
}

function write(name: string, value: string, seconds: number, domain: string): void {
  try {
    document.cookie = `${name}=${encodeURIComponent(value)};Path=/;SameSite=Lax;Max-Age=${seconds}` +
      (domain && `;Domain=${domain}`) + (location.protocol === 'https:' ? ';Secure' : '');
  } catch { /* then it is not kept */ }
}

export const DAY = 86400;

export function keep(name: string, value: string, days: number, domain: string): void {
  write(name, value, days * DAY, domain);
}

/* With and without the domain: it may have been configured after the cookie was made. */
export function drop(name: string, domain: string): void {
  if (!cookie(name)) return;
  write(name, '', 0, domain);
  write(name, '', 0, '');
}
