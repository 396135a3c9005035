/*
 * What every outgoing transfer of this program keeps to, whoever makes it: the gateway's calls
 * (call.c), its mail (mail.c), the audit's looks at strangers' shops (audit/fetch.c).
 *
 * Schemes only from the list given; no redirect followed (whoever wants one asks again, so that
 * each hop is judged); no proxy from the environment (the config file says where bytes go), no
 * .netrc, no user in a URL; TLS verified, name included; no signals, since there are threads.
 */
#ifndef NET_RULES_H
#define NET_RULES_H

/* `easy`: a CURL. `schemes`: "http,https". `ca_file`: NULL, the system's. Both are copied. */
void rules_set(void *easy, const char *schemes, const char *ca_file);

#endif
