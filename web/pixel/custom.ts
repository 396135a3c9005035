/*
 * The custom pixel: text to paste under Settings > Customer events. Its lax sandbox has the runtime's
 * names as globals; the lines before this text say `collect`, `cookie` and `attribute`, and `tags`
 * where the store has them (`sidetrack describe pixel`).
 */
import { pixelStart, type Runtime } from './core';
import { tagsStart, type Tags } from './tags';

declare const collect: string, cookie: string, attribute: string, tags: Tags | undefined;
declare const analytics: Runtime['analytics'], browser: Runtime['browser'], init: Runtime['init'], customerPrivacy: Runtime['customerPrivacy'];

const own = typeof tags === 'undefined' ? undefined : tagsStart(window, tags);
pixelStart({ analytics, browser, init, customerPrivacy }, collect, cookie, attribute, own);
