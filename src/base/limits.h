/*
 * Every ceiling on what a stranger can size, in one list. Contracts and DESIGN give the
 * figures; a comment names the one that is not ours.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KIB 1024u
#define MIB (1024u * KIB)

/* HTTP in */
#define LIMIT_HEADER_BYTES      (16 * KIB)
#define LIMIT_HEADER_COUNT      100u
#define LIMIT_TARGET_BYTES      (8 * KIB)
#define LIMIT_COLLECT_BODY      (64 * KIB)
#define LIMIT_WEBHOOK_BODY      (4 * MIB)
#define LIMIT_API_BODY          (4 * MIB)
#define LIMIT_ADMIN_BODY        (64 * KIB)
#define LIMIT_ADMIN_UPLOAD      (16 * MIB) /* a recording for an audit; of an admin only */
#define LIMIT_READ_DEADLINE_MS  10000u     /* whole header, then whole body */
#define LIMIT_IDLE_DEADLINE_MS  75000u     /* keep-alive between requests */
#define LIMIT_WRITE_DEADLINE_MS 20000u
#define LIMIT_CONNECTIONS       10000u /* per process */
#define LIMIT_RESPONSE_BYTES    (8 * MIB)

/* JSON */
#define LIMIT_JSON_DEPTH 24u
/* Nodes in one document; an order of 1,000 lines, all fulfilled and refunded, has 260,000. */
#define LIMIT_JSON_VALUES 300000u

/* Events */
#define LIMIT_BATCH_EVENTS 100u /* in one collect body */
#define LIMIT_API_EVENTS   1000u
#define LIMIT_ITEMS        2000u /* line items kept in one event */
#define LIMIT_ID_BYTES     128u  /* event ids */
#define LIMIT_TOKEN_BYTES  255u  /* cart and checkout tokens (sources 1.8) */
#define LIMIT_TEXT_BYTES   2048u /* names, titles, cookies, click ids, agents */
#define LIMIT_URL_BYTES    8192u
#define LIMIT_CUSTOM_BYTES (8 * KIB) /* unknown members kept under custom */
#define LIMIT_EVENT_BYTES  (2 * MIB) /* canonical JSON of one event */
#define LIMIT_CATEGORIES   20u
#define LIMIT_AHEAD_MS     (24 * 3600 * INT64_C(1000)) /* event time ahead of ours */

/* Memory */
#define LIMIT_REQUEST_ARENA (64 * MIB)
#define LIMIT_BATCH_ARENA   (256 * MIB)
#define LIMIT_CONFIG_ARENA  (64 * MIB)
#define LIMIT_QUEUE_BYTES   (64 * MIB) /* waiting for RECORD: beyond it 503 */
#define LIMIT_QUEUE_PARCELS 20000u
#define LIMIT_LOG_LINE      (8 * KIB)

#define LIMIT_SNIPPET_BYTES (64 * KIB) /* the script of one store */

/* A capture: what a browser was seen doing (audit/) */
#define LIMIT_CAPTURE_EXCHANGES 6000u
#define LIMIT_CAPTURE_HITS      4000u
#define LIMIT_CAPTURE_COOKIES   400u
#define LIMIT_CAPTURE_BODY      (256 * KIB) /* of a request, read for hits; the rest is cut */
#define LIMIT_HAR_BYTES         (512 * MIB)
#define LIMIT_HAR_ENTRY         (48 * MIB) /* one request with its answer; bigger ones are counted */
#define LIMIT_HAR_BODIES        300u       /* of pages and scripts, kept while it is read */
#define LIMIT_HAR_BODY_BYTES    (128 * MIB) /* all of them */
#define LIMIT_CDP_MESSAGE       (8 * MIB)

/* Out */
#define LIMIT_ANSWER_BYTES (1 * MIB) /* of a platform's answer; the rest is cut */
#define LIMIT_ANSWER_KEPT  2048u     /* of an answer, in batch rows and letters */
#define LIMIT_SEND_MS      30000u    /* one whole outgoing request */
#define LIMIT_CONNECT_MS   10000u

/* The audit of a stranger's shop (contracts/sources 8.1) */
#define LIMIT_AUDIT_REQUESTS    10u       /* of the static way, redirects counted */
#define LIMIT_AUDIT_HOPS        5u        /* redirects of one request */
#define LIMIT_AUDIT_REQUEST_MS  10000u    /* each */
#define LIMIT_AUDIT_SECONDS     60u       /* all of it */
#define LIMIT_AUDIT_BODY        (5 * MIB) /* after decompression; the rest is not read */
#define LIMIT_AUDIT_HEADERS     200u
#define LIMIT_AUDIT_ARENA       (1024 * MIB)
#define LIMIT_AUDIT_HTML        (256 * MIB) /* what taking one page apart may cost */
#define LIMIT_AUDIT_HTML_MS     1500u       /* and how long it may take */
#define LIMIT_AUDIT_PAGES       8u
#define LIMIT_AUDIT_SCRIPTS     400u
#define LIMIT_AUDIT_LINKS       4000u
#define LIMIT_AUDIT_SIGHTINGS   1000u
#define LIMIT_AUDIT_COOKIES     200u
#define LIMIT_AUDIT_PIXELS      64u
#define LIMIT_AUDIT_HOSTS       12u
#define LIMIT_AUDIT_MATCH_STEPS 200000u /* of one pattern at one text */
#define LIMIT_AUDIT_MATCH_DEPTH 1000u

#endif
