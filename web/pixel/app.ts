/*
 * The app pixel: the same in an extension of type web_pixel_extension, whose settings are set by
 * webPixelCreate for each shop. Copy web/pixel into the app's extensions/, beside the TOML.
 */
import { register } from '@shopify/web-pixels-extension';
import { pixelStart, type Runtime } from './core';

register((runtime: Runtime & { settings: Record<string, string> }) => {
  const { endpoint, cookie, attribute } = runtime.settings;
  pixelStart(runtime, endpoint!, cookie || '_gwid', attribute || '_qz');
});
