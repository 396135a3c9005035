/* The list of banners, and the little script made from it: banner.h. Selectors are from the makers'
   published markup and from what other programs click in public repositories [D]; they change with
   versions, and an old one finds nothing and clicks nothing. Each row has a page of its own in
   tests/fixtures/audit/banners.txt. Banners in a frame of another site (Sourcepoint, some of
   TrustArc's) are not reached. */
#include "banner.h"

#include "../base/json.h"

/* clang-format off */
const struct banner banner_list[] = {
    {"OneTrust", "#onetrust-accept-btn-handler", "#onetrust-reject-all-handler, .ot-pc-refuse-all-handler"},
    {"Cookiebot", "#CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll, #CybotCookiebotDialogBodyButtonAccept",
     "#CybotCookiebotDialogBodyButtonDecline, #CybotCookiebotDialogBodyLevelButtonLevelOptinDeclineAll"},
    {"Usercentrics", "#usercentrics-root >>> [data-testid=uc-accept-all-button]",
     "#usercentrics-root >>> [data-testid=uc-deny-all-button]"},
    {"Usercentrics 3", "#usercentrics-cmp-ui >>> #accept, .uc-accept-button",
     "#usercentrics-cmp-ui >>> #deny, .uc-deny-button"},
    {"Didomi", "#didomi-notice-agree-button", "#didomi-notice-disagree-button, .didomi-continue-without-agreeing"},
    {"CookieYes", ".cky-btn-accept", ".cky-btn-reject"},
    {"Osano", ".osano-cm-accept-all", ".osano-cm-denyAll, .osano-cm-deny-all, .osano-cm-deny"},
    {"Axeptio", "#axeptio_btn_acceptAll", "#axeptio_btn_dismiss"},
    {"iubenda", ".iubenda-cs-accept-btn", ".iubenda-cs-reject-btn"},
    {"Shopify", "#shopify-pc__banner__btn-accept, .shopify-pc__banner__btn-accept",
     "#shopify-pc__banner__btn-decline, .shopify-pc__banner__btn-decline"},
    {"Pandectes", "#pandectes-banner .cc-allow", "#pandectes-banner .cc-deny"},
    {"Consentmo", ".isense-cc-allow, .isense-cc-submit-consent.cc-allow", ".isense-cc-deny"},
    {"Complianz", ".cmplz-accept", ".cmplz-deny"},
    {"TrustArc", "#truste-consent-button", "#truste-consent-required"},
    {"Quantcast", ".qc-cmp2-summary-buttons [mode=primary]",
     ".qc-cmp2-summary-buttons [mode=secondary], #disagree-btn"},
    {"Borlabs", "#BorlabsCookieBox ._brlbs-btn-accept-all, #BorlabsCookieBoxButtonAccept",
     "#BorlabsCookieBox ._brlbs-refuse-btn a, #BorlabsCookieBox ._brlbs-btn-refuse"},
    {"Borlabs 3", "[data-borlabs-cookie-actions=accept-all]",
     "[data-borlabs-cookie-actions=accept-only-essential]"},
    {"consentmanager", "#cmpbntyestxt, .cmpboxbtnyes", "#cmpbntnotxt, .cmpboxbtnno"},
    {"Google's CMP", ".fc-cta-consent", ".fc-cta-do-not-consent"},
    {"Cookie Notice", "#cn-accept-cookie", "#cn-refuse-cookie"},
    {"tarteaucitron", "#tarteaucitronPersonalize2", "#tarteaucitronAllDenied2"},
    {"Termly", "[data-tid=banner-accept]", "[data-tid=banner-decline]"},
    {"CookieFirst", "[data-cookiefirst-action=accept]", "[data-cookiefirst-action=reject]"},
    {"Cookie-Script", "#cookiescript_accept", "#cookiescript_reject"},
    {"Klaro", ".klaro .cm-btn-accept-all, .klaro .cm-btn-success", ".klaro .cn-decline, .klaro .cm-btn-decline"},
    {"Cookie Consent", ".cc-window .cc-allow", ".cc-window .cc-deny"},
    {"Magento's own", "#btn-cookie-allow", NULL},
    {"sidetrack's demo shop", "#consent .row button:nth-of-type(1)", "#consent .row button:nth-of-type(2)"},
    {.name = NULL},
};
/* clang-format on */

void banner_script(struct buf *out, enum banner_act act)
{
    struct json json;
    buf_add_text(
        out, "((rows,act)=>{"
             "const seen=e=>e.getClientRects().length>0&&getComputedStyle(e).visibility!='hidden';"
             "const one=s=>{let root=document;const parts=s.split('>>>'),last=parts.pop();"
             "for(const p of parts){const e=root.querySelector(p.trim());"
             "if(!e||!e.shadowRoot)return;root=e.shadowRoot}"
             "return[...root.querySelectorAll(last.trim())].find(seen)};"
             "for(const[name,yes,no]of rows){const found=one(yes);if(!found)continue;"
             "if(act==1)found.click();"
             "if(act==2){const other=no&&one(no);if(!other)return'';other.click()}"
             "return name}return''})(");
    json_start(&json, out);
    json_open(&json, NULL, '[');
    for (const struct banner *banner = banner_list; banner->name; banner++) {
        json_open(&json, NULL, '[');
        json_put_text(&json, NULL, span_of(banner->name));
        json_put_text(&json, NULL, span_of(banner->yes));
        json_put_text(&json, NULL, span_of(banner->no));
        json_close(&json, ']');
    }
    json_close(&json, ']');
    json_end(&json);
    buf_print(out, ",%u)", (unsigned)act);
}
