/* Shopify's package is the app's to install; here only the shape of its one function is needed. */
declare module '@shopify/web-pixels-extension' {
  export function register(start: (runtime: any) => void): void;
}
