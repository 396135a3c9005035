/*
 * The custom pixel: text to paste under Settings > Customer events. Its lax sandbox has the runtime's
 * names as globals; the lines before this text say `collect`, `cookie` and `attribute`.
 */
import { pixelStart, type Runtime } from './core';

declare const collect: string, cookie: string, attribute: string;
declare const analytics: Runtime['analytics'], browser: Runtime['browser'], init: Runtime['init'], customerPrivacy: Runtime['customerPrivacy'];

pixelStart({ analytics, browser, init, customerPrivacy }, collect, cookie, attribute);
