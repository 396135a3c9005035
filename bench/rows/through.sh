# shellcheck shell=bash
# End to end: the mix of browsing and orders, through a gateway to an nginx that says yes as all the platforms do, over
# TLS. The same to a plain Node forwarder (peers/forwarder.mjs), in the same run.

# What each destination needs to be told; those that are not here are not measured.
declare -A settings=(
    [meta]='pixel_id: "1", access_token: t'
    [klaviyo]='private_key: k, native_integration: false, active_on_site: true'
    [tiktok]='pixel_code: C0BENCH, access_token: t'
    [ga4]='measurement_id: G-BENCH, api_secret: s'
    [google]='customer_id: "1234567890", conversion_action: "1", refresh_token: r, client_id: i, client_secret: s,
        oauth_url: "https://127.0.0.1:SINK/token"'
)
# Where a platform takes batches: not GA4, and of Klaviyo what goes in bulk.
batched="meta google tiktok klaviyo"
klaviyo_bulk=', events: [page_viewed, product_viewed, product_added_to_cart, cart_viewed]'
everything="meta google tiktok klaviyo ga4"

# outlets NAMES [KLAVIYO'S MORE [EVERYBODY'S MORE]]: the destinations of a store, at the sink
outlets() {
    local name list=""
    for name in $1; do
        list="$list${list:+, }
        { $name: { ${settings[$name]//SINK/$sink_port}, base_url: \"https://127.0.0.1:$sink_port\"${3:-}"
        [ "$name" != klaviyo ] || list="$list${2:-}"
        list="$list } }"
    done
    echo "$list"
}

# ---- the sink ----

make_certificate() { # once a run; the gateway's TLS trusts the system's list, so it gets it in a mount of its own
    sink_port=$(free_port)
    mkdir -p "$work/tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$work/tls/key" -out "$work/tls/cert" 2>/dev/null
    cat /etc/ssl/certs/ca-certificates.crt "$work/tls/cert" >"$work/tls/bundle"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nmount --bind %s /etc/ssl/certs/ca-certificates.crt && exec "$@"\n' "$work/tls/bundle" >"$work/tls/trusting"
    chmod +x "$work/tls/trusting"
}

start_sink() { # an nginx that says yes to every platform's requests, on $sink_port; pid in $sink
    mkdir -p "$work/sink"
    : >"$work/sink/access"
    nginx_conf sink "server {
        listen 127.0.0.1:$sink_port ssl backlog=1024; ssl_certificate $work/tls/cert; ssl_certificate_key $work/tls/key;
        access_log $work/sink/access line; default_type application/json;
        location /api/ { return 202 ''; }
        location /open_api/ { return 200 '{\"code\":0,\"message\":\"OK\",\"request_id\":\"A\"}'; }
        location /mp/ { return 204; }
        location /token { return 200 '{\"access_token\":\"a\",\"expires_in\":3599,\"token_type\":\"Bearer\"}'; }
        location /v1/ { return 200 '{\"requestId\":\"r\"}'; }
        location / { return 200 '{\"events_received\":1,\"messages\":[],\"fbtrace_id\":\"A\"}'; }
    }"
    start_nginx sink "${client[@]}"
    sink=$started
}

# ---- the mix ----

mix_of() { # STORES: templates in $mix, five a store; 80 % browsing, 20 % orders as signed webhooks of 8 KB
    local store name
    rm -rf "$work/mix"
    mkdir -p "$work/mix"
    mix=()
    for ((store = 0; store < $1; store++)); do
        for name in browse-1 browse-2 browse-3 browse-4 order; do
            sed "s/shop0\.bench/shop$store.bench/g; s/^Host: t0\./Host: t$store./
                s/bench0\.myshopify/bench$store.myshopify/" "bench/requests/$name.http" >"$work/mix/$name.$store"
            mix+=("$work/mix/$name.$store")
        done
    done
}

# Over when for two seconds the sink has heard nothing and PID has done no more than its chores (a fiftieth of a core);
# at most $patience seconds.
until_calm() { # NAME PID
    local turn calm=0 heard=-1 done=0 heard_now done_now
    for ((turn = 0; turn < 2 * patience; turn++)); do
        sleep 0.5
        heard_now=$(wc -l <"$work/sink/access") done_now=$(ticks "$2")
        if [ "$heard_now" = "$heard" ] && [ $((done_now - done)) -le 1 ]; then calm=$((calm + 1)); else calm=0; fi
        [ $calm -lt 4 ] || return 0
        heard=$heard_now done=$done_now
    done
    say "$1: not done after $patience s"
    put "$1.unfinished" "$patience"
}

# through NAME PID PORT STORES LOAD'S ARGUMENTS…: the mix, until everything is delivered. Puts NAME.events, .rate,
# .cpu (us an event), .requests, .handshakes, .stores.
through() {
    local name=$1 pid=$2 port=$3 stores=$4 before after out ok
    shift 4
    before=$(ticks "$pid")
    out=$("${client[@]}" "$work/load" -p "$port" -c 64 -k hush "$@" "${mix[@]}")
    [ "$(jq '.sent - .ok' <<<"$out")" = 0 ] || { say "$name: $out"; put errors 1; }
    until_calm "$name" "$pid"
    after=$(ticks "$pid")
    ok=$(jq .ok <<<"$out")
    put "$name.events" "$ok"
    put "$name.rate" "$(jq .rate <<<"$out")"
    put "$name.cpu" "$(number "($after - $before) * 10000 / $ok")"
    put "$name.requests" "$(wc -l <"$work/sink/access")"
    put "$name.handshakes" "$(awk '{ print $4 }' "$work/sink/access" | sort -u | wc -l)"
    put "$name.stores" "$stores"
}

through_gateway() { # NAME STORES OUTLETS LOAD'S ARGUMENTS…
    local name=$1 stores=$2 many
    rm -rf "$work/many"
    gateway_conf many "$stores" "$3"
    shift 3
    mix_of "$stores"
    start_sink
    wrap=(unshare -m "$work/tls/trusting")
    [ "$(id -u)" = 0 ] || wrap=(unshare -rm "$work/tls/trusting")
    start_gateway many --unpaced # the platforms' rate limits are not this sink's
    wrap=()
    many=$started
    through "$name" "$many" "$listen" "$stores" "$@"
    put "$name.deliveries" "$(deliveries)"
    stop "$many"
    stop "$sink"
}

deliveries() { # what became of the rows, by the gateway's own count
    curl -s -m 5 "http://$admin/metrics" |
        sed -n 's/^sidetrack_deliveries_total{.*destination="\(.*\)",verdict="\(.*\)"} \(.*\)/\1 \2 \3/p' |
        awk '{ n[$1 " " $2] += $3 } END { for (k in n) print k, n[k] }' | sort | paste -sd';' | sed 's/;/, /g'
}

paths() { # what the sink was asked, as a table
    echo "| requests to | number | mean KB |"
    echo "|---|---|---|"
    awk '{ n[$1]++; bytes[$1] += $3 } END { for (p in n) printf "| `%s` | %d | %.1f |\n", p, n[p], bytes[p] / n[p] / 1000 }' \
        "$work/sink/access" | sort
}

# ---- the rows ----

cpu_rows() { # what can be batched, then everything: the difference is what cannot
    local round
    for ((round = 1; round <= (rounds + 1) / 2; round++)); do
        say "end to end, round $round: $events events, 20 stores: batches ($batched)"
        through_gateway through.batched 20 "$(outlets "$batched" "$klaviyo_bulk")" -n "$events" -s 60
        say "end to end, round $round: all ($everything)"
        through_gateway through.all 20 "$(outlets "$everything")" -n "$events" -s 60
    done
    paths >"$work/paths"
}

# Lag: from an event's arrival to the platform's acceptance, each event and destination of its own, by the gateway's book
# of requests.
lag_rows() {
    local rate
    for rate in $lags; do
        say "lag at $rate/s, 20 stores, for $lag_seconds s"
        through_gateway "lag.$rate" 20 "$(outlets "$everything")" -r "$rate" -s "$lag_seconds"
        node bench/lag.mjs "$work/many/db" | while read -r line; do put "lag.$rate.$line"; done
    done
}

peer_rows() { # the same requests to the forwarder; it tells its own lag at the end
    local what node
    for what in cpu lag; do
        mix_of 20
        start_sink
        rm -f "$work/peer"
        "${server[@]}" env NODE_EXTRA_CA_CERTS="$work/tls/cert" node bench/peers/forwarder.mjs 0 "https://127.0.0.1:$sink_port" hush \
            >"$work/peer" 2>"$work/peer.log" &
        node=$!
        children+=("$node")
        for _ in {1..100}; do [ ! -s "$work/peer" ] || break; sleep 0.1; done
        say "Node forwarder, $what"
        if [ $what = cpu ]; then
            through peer "$node" "$(head -1 "$work/peer")" 20 -n "$peer_events" -s 60
        else
            through peer.lag "$node" "$(head -1 "$work/peer")" 20 -r 1000 -s "$lag_seconds"
        fi
        stop "$node"
        [ ! -s "$work/peer.log" ] || say "forwarder: $(tail -3 "$work/peer.log")"
        [ $what = cpu ] || sed 1d "$work/peer" | while read -r line; do put "peer.lag.$line"; done
        stop "$sink"
    done
}

through_rows() {
    make_certificate
    cpu_rows
    lag_rows
    peer_rows
}
