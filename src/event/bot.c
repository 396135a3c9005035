/*
 * See bot.h. The words are looked for anywhere in the User-Agent, whatever their case, first row
 * first. What a User-Agent is was decided for the last few hundred of them is remembered per
 * thread: a store sees the same ones all day.
 */
#include "bot.h"

#include "../base/hash.h"

enum agent_kind {
    AGENT_UNKNOWN,
    AGENT_BROWSER,
    AGENT_CRAWLER,
    AGENT_HEADLESS,
    AGENT_LIBRARY,
    AGENT_ODD,
    AGENT_NONE
};

static const struct {
    const char *word; /* lower case */
    enum agent_kind kind;
} words[] = {
    /* automation that says so */
    {"headlesschrome", AGENT_HEADLESS},
    {"headlessshell", AGENT_HEADLESS},
    {"phantomjs", AGENT_HEADLESS},
    {"slimerjs", AGENT_HEADLESS},
    {"playwright", AGENT_HEADLESS},
    {"puppeteer", AGENT_HEADLESS},
    {"selenium", AGENT_HEADLESS},
    {"cypress/", AGENT_HEADLESS},
    {"jsdom/", AGENT_HEADLESS},
    /* crawlers: most have one of the first four; "cubot" is a phone and is asked before "bot" */
    {"cubot", AGENT_BROWSER},
    {"bot", AGENT_CRAWLER},
    {"crawl", AGENT_CRAWLER},
    {"spider", AGENT_CRAWLER},
    {"slurp", AGENT_CRAWLER},
    {"mediapartners-google", AGENT_CRAWLER},
    {"google-inspectiontool", AGENT_CRAWLER},
    {"google-read-aloud", AGENT_CRAWLER},
    {"google-safety", AGENT_CRAWLER},
    {"google web preview", AGENT_CRAWLER},
    {"googleother", AGENT_CRAWLER},
    {"feedfetcher", AGENT_CRAWLER},
    {"storebot-google", AGENT_CRAWLER},
    {"bingpreview", AGENT_CRAWLER},
    {"facebookexternalhit", AGENT_CRAWLER},
    {"facebookcatalog", AGENT_CRAWLER},
    {"meta-externalagent", AGENT_CRAWLER},
    {"meta-externalfetcher", AGENT_CRAWLER},
    {"whatsapp/", AGENT_CRAWLER}, /* the link preview; its in-app browser does not say so */
    {"skypeuripreview", AGENT_CRAWLER},
    {"embedly", AGENT_CRAWLER},
    {"vkshare", AGENT_CRAWLER},
    {"iframely", AGENT_CRAWLER},
    {"chatgpt-user", AGENT_CRAWLER},
    {"perplexity-user", AGENT_CRAWLER},
    {"claude-user", AGENT_CRAWLER},
    {"ia_archiver", AGENT_CRAWLER},
    {"baiduspider", AGENT_CRAWLER},
    {"bytespider", AGENT_CRAWLER},
    {"screaming frog", AGENT_CRAWLER},
    {"chrome-lighthouse", AGENT_CRAWLER},
    {"ptst/", AGENT_CRAWLER}, /* WebPageTest */
    {"gtmetrix", AGENT_CRAWLER},
    {"pingdom", AGENT_CRAWLER},
    {"statuscake", AGENT_CRAWLER},
    {"site24x7", AGENT_CRAWLER},
    {"newrelicsynthetics", AGENT_CRAWLER},
    {"datadogsynthetics", AGENT_CRAWLER},
    {"nessus", AGENT_CRAWLER},
    {"nikto", AGENT_CRAWLER},
    {"wappalyzer", AGENT_CRAWLER},
    {"sidetrack-audit", AGENT_CRAWLER}, /* our own: what it does in a shop is no visit */
    /* no browser at all */
    {"python", AGENT_LIBRARY},
    {"curl/", AGENT_LIBRARY},
    {"wget/", AGENT_LIBRARY},
    {"go-http-client", AGENT_LIBRARY},
    {"java/", AGENT_LIBRARY},
    {"apache-httpclient", AGENT_LIBRARY},
    {"libwww-perl", AGENT_LIBRARY},
    {"axios/", AGENT_LIBRARY},
    {"node-fetch", AGENT_LIBRARY},
    {"undici", AGENT_LIBRARY},
    {"okhttp/", AGENT_LIBRARY},
    {"guzzlehttp", AGENT_LIBRARY},
    {"ruby", AGENT_LIBRARY},
    {"scrapy", AGENT_LIBRARY},
    {"postmanruntime", AGENT_LIBRARY},
    {"insomnia/", AGENT_LIBRARY},
    {"httpie/", AGENT_LIBRARY},
};

static enum agent_kind look(span agent)
{
    char text[512];
    size_t len = agent.len < sizeof text ? agent.len : sizeof text;
    for (size_t i = 0; i < len; i++)
        text[i] =
            (char)(agent.ptr[i] >= 'A' && agent.ptr[i] <= 'Z' ? agent.ptr[i] | 0x20 : agent.ptr[i]);
    /* An app's window on the web may name the app's library behind the browser's own words. */
    bool is_window = span_starts(agent, "Mozilla/5.0 (") && memmem(text, len, "applewebkit", 11);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (!(is_window && words[i].kind == AGENT_LIBRARY) &&
            memmem(text, len, words[i].word, strlen(words[i].word)))
            return words[i].kind;
    return span_starts(agent, "Mozilla/5.0 (") ? AGENT_BROWSER : AGENT_ODD;
}

static enum agent_kind kind_of(span agent)
{
    static _Thread_local struct {
        uint64_t hash;
        enum agent_kind kind;
    } known[512];
    if (span_empty(agent))
        return AGENT_NONE;
    uint64_t hash = hash_quick(agent);
    size_t place = hash % COUNT_OF(known);
    if (known[place].hash != hash || known[place].kind == AGENT_UNKNOWN) {
        known[place].hash = hash;
        known[place].kind = look(agent);
    }
    return known[place].kind;
}

struct bot bot_judge(struct arena *arena, span agent, const struct bot_hints *hints)
{
    enum agent_kind kind = kind_of(agent);
    const struct {
        bool holds;
        int score;
        const char *word;
    } all[] = {
        {kind == AGENT_CRAWLER, 100, "crawler"},
        {kind == AGENT_HEADLESS, 90, "headless"},
        {kind == AGENT_LIBRARY, 90, "library"},
        {hints->automated, 80, "automated"},
        {hints->fast, 70, "fast"},
        {kind == AGENT_NONE, 60, "no_agent"},
        {kind == AGENT_ODD, 50, "odd_agent"},
        {hints->hosted, 40, "hosted"},
    };
    struct bot bot = {0};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (!all[i].holds)
            continue;
        span word = span_of(all[i].word);
        bot.score += all[i].score;
        bot.why =
            span_empty(bot.why) ? word : arena_print(arena, "%.*s+%s", SPAN_ARG(bot.why), word.ptr);
    }
    if (bot.score > 100)
        bot.score = 100;
    return bot;
}

bool bot_hosted(span network)
{
    /* As the organisations are written in ASN files. Access providers that also host are left out.
     */
    static const char *const hosts[] = {
        "amazon",       "aws",     "google-cloud", "google cloud", "microsoft",  "azure",
        "digitalocean", "hetzner", "ovh",          "linode",       "akamai",     "vultr",
        "choopa",       "contabo", "scaleway",     "oracle",       "alibaba",    "tencent",
        "leaseweb",     "m247",    "datacamp",     "cloudflare",   "fastly",     "ionos",
        "hostinger",    "equinix", "shopify",      "hosting",      "datacenter", "data center",
    };
    if (span_empty(network))
        return false; /* nobody gave us a file of networks */
    char text[128];
    size_t len = network.len < sizeof text ? network.len : sizeof text;
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(network.ptr[i] >= 'A' && network.ptr[i] <= 'Z' ? network.ptr[i] | 0x20
                                                                        : network.ptr[i]);
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        if (memmem(text, len, hosts[i], strlen(hosts[i])))
            return true;
    return false;
}

bool bot_counts_view(const struct event *event)
{
    return event->name == EVENT_PAGE_VIEWED || event->name == EVENT_PRODUCT_VIEWED ||
           event->name == EVENT_COLLECTION_VIEWED;
}
