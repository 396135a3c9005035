# "name value" lines of bench/run -> the table. Several values of a name: rounds, in order.
{ n[$1]++; value[$1, n[$1]] = $2 }

function best_high(name,   i, best) {
    best = value[name, 1]
    for (i = 2; i <= n[name]; i++) if (value[name, i] > best) best = value[name, i]
    return best
}
function best_low(name,   i, best) {
    best = value[name, 1]
    for (i = 2; i <= n[name]; i++) if (value[name, i] < best) best = value[name, i]
    return best
}
function over(a, b) { return b + 0 > 0 ? a / b : 0 }
# "least–most" of one name, or of the quotients of two, round by round.
function spread(name, under, format,   i, v, least, most) {
    for (i = 1; i <= n[name]; i++) {
        v = under == "" ? value[name, i] : over(value[name, i], value[under, i])
        if (i == 1 || v < least) least = v
        if (i == 1 || v > most) most = v
    }
    return sprintf(format "–" format, least, most)
}
# More is better when `sign` is 1, less when it is -1.
function judge(got, wanted, sign,   short) {
    if (got + 0 <= 0) return "not measured"
    short = sign > 0 ? (wanted - got) / wanted : (got - wanted) / wanted
    return short <= 0 ? "met" : sprintf("short by %.0f %%", short * 100)
}
function row(what, measured, ratio, spread_, limit, bar, aim, got, bar_value, aim_value, sign) {
    printf "| %s | %s | %s | %s | %s | %s | %s | %s; aim %s |\n", what, measured, ratio, spread_, limit, bar, aim,
        judge(got, bar_value, sign), judge(got, aim_value, sign)
}
function ingest(connections, limit, bar, aim,   o, g) {
    o = best_high("ours" connections ".rate"); g = best_high("nginx" connections ".rate")
    row("durable ingest, 700-byte event, " connections " connections",
        sprintf("%.0f/s against %.0f/s", o, g), sprintf("%.2f", over(o, g)),
        spread("ours" connections ".rate", "nginx" connections ".rate", "%.2f"), limit, "≥ " bar, "≥ " aim, over(o, g), bar, aim, 1)
}
function cpu(connections, bar, aim,   o, g) {
    o = best_low("ours" connections ".cpu"); g = best_low("nginx" connections ".cpu")
    row("CPU per event, durable ingest, " connections " connections",
        sprintf("%.1f µs against %.1f µs", o, g), sprintf("%.1f×", over(o, g)),
        spread("ours" connections ".cpu", "nginx" connections ".cpu", "%.1f"), "1.9×", "≤ 4×", "≤ 2.5×", over(o, g), 4, 2.5, -1)
}

END {
    print "| what | measured | ratio | spread of rounds | limit | first bar | aim | verdict |"
    print "|---|---|---|---|---|---|---|---|"
    ingest(64, "0.40", 0.25, 0.36)
    ingest(256, "0.50", 0.30, 0.45)
    cpu(64)
    cpu(256)
    g = best_low("nginx64.cpu")
    events = value["both.events", 1]
    few = over(value["batched.requests", 1], value["batched.events", 1])
    many = over(value["both.requests", 1], events)
    b = best_low("batched.cpu"); e = best_low("both.cpu")
    row("CPU per event end to end, TLS out, where platforms take batches (Meta, Google, TikTok, Klaviyo bulk)",
        sprintf("%.1f µs against %.1f µs; %.3f requests an event", b, g, few),
        sprintf("%.1f×", over(b, g)), spread("batched.cpu", "", "%.0f") " µs", "2.5×", "≤ 7×", "≤ 3.5×", over(b, g), 7, 3.5, -1)
    single = over(e - b, many - few)
    row("added by each request that cannot be batched (GA4; Klaviyo order lines), all of " destinations,
        sprintf("%.1f µs a request: %.1f µs an event at %.3f requests", single, e, many),
        sprintf("%.1f×", over(single, g)), spread("both.cpu", "", "%.0f") " µs an event", "4.4×", "≤ 7×", "≤ 5×", over(single, g), 7, 5, -1)
    row("ack p99 at half of the top rate", sprintf("%.1f ms at %d/s (p50 %.1f; nginx p99 %.1f)", best_low("ours.p99"), value["half.rate", 1],
        best_low("ours.p50"), best_low("nginx.p99")), "", spread("ours.p99", "", "%.1f") " ms", "5 ms", "≤ 50 ms", "≤ 10 ms", best_low("ours.p99"), 50, 10, -1)
    millions = sprintf("%.1f M", value["grown.rows", 1] / 1e6)
    row("resident memory with " millions " events", sprintf("%.0f MB (%.0f anonymous, peak %.0f; empty %.0f)", value["memory.grown", 1],
        value["memory.anonymous", 1], value["memory.most", 1], value["memory.empty", 1]), "", "one process", "", "≤ 100 MB (5 M)", "≤ 40 MB", value["memory.grown", 1], 100, 40, -1)
    o = best_high("grown.rate"); z = best_high("empty.rate")
    row("throughput at " millions " rows over that at 0, 256 connections", sprintf("%.0f/s against %.0f/s", o, z), sprintf("%.2f", over(o, z)),
        spread("grown.rate", "empty.rate", "%.2f"), "1.0", "≥ 0.7 (5 M)", "≥ 0.9", over(o, z), 0.7, 0.9, 1)
    row("ready after kill -9 under load, " millions " rows", sprintf("%.3f s", best_low("ready")), "", spread("ready", "", "%.3f") " s", "", "≤ 2 s (5 M)", "≤ 0.3 s", best_low("ready"), 2, 0.3, -1)

    print ""
    printf "End to end: %d events (80 %% browsing, 20 %% orders as signed webhooks of 8 KB) of %d stores, so that the rate caps of one do not hold it up, taken in at %.0f/s; %d requests out over %d TLS connections. Rows by the gateway's own count: %s.\n\n",
        events, value["both.stores", 1], value["both.rate", 1], value["both.requests", 1], value["both.handshakes", 1], deliveries
    for (c = 64; c <= 256; c *= 4)
        printf "%d connections: nginx answers a bare GET %.0f/s, %.1f µs (ours over it: %.2f of the rate, %.1f× the CPU). Its share of core 0 in each round: nginx %s %%, ours %s %%; where nginx had less than about 95 %%, others or the load generator held it back and its rate is too low. CPU-bound rates (1 s / CPU): nginx %.0f/s, ours %.0f/s, ratio %.2f.\n\n",
            c, best_high("bare" c ".rate"), best_low("bare" c ".cpu"), over(best_high("ours" c ".rate"), best_high("bare" c ".rate")), over(best_low("ours" c ".cpu"), best_low("bare" c ".cpu")),
            spread("nginx" c ".core", "", "%.0f"), spread("ours" c ".core", "", "%.0f"), over(1e6, best_low("nginx" c ".cpu")), over(1e6, best_low("ours" c ".cpu")), over(best_low("nginx" c ".cpu"), best_low("ours" c ".cpu"))
    printf "4 KiB + fdatasync on this disk, p50: %s ms before and after. Journal of %s: %.0f bytes a row.\n", spread("sync.p50", "", "%.2f"), millions, over(value["grown.bytes", 1], value["grown.rows", 1])
    if (n["errors"]) printf "\n**%d measurements had refused or failed requests: see the log of the run.**\n", n["errors"]
}
