# shellcheck shell=bash
# What many rows do: a gateway is filled through its own door, level by level, and measured at each: rates, acks, memory,
# and how long it takes to be ready after a kill -9 under load.

resident() { awk -v key="$1:" '$1 == key { print $2 / 1024 }' "/proc/$big/status"; } # MB

start_big() {
    start_gateway big
    big=$started big_port=$listen
}

fill() { # LEVEL, HAVE: as many more as are missing, at full rate
    local left=$(($1 - $2)) out
    say "writing $left rows"
    out=$("${client[@]}" "$work/load" -p "$big_port" -c 256 -n "$left" -s 900 bench/requests/event.http)
    [ "$(jq '.sent - .ok' <<<"$out")" = 0 ] || { say "filling: $out"; put errors 1; }
    sleep 2
}

rows_now() { sqlite3 -readonly "$work/big/db" 'SELECT ifnull(max(seq) - min(seq) + 1, 0) FROM journal'; }

kill_and_start() { # LEVEL
    local during from to
    "${client[@]}" "$work/load" -p "$big_port" -c 64 -r 5000 -s 2 bench/requests/event.http >/dev/null 2>&1 &
    during=$!
    sleep 1
    kill -9 "$big"
    wait "$big" 2>/dev/null || true
    wait "$during" 2>/dev/null || true
    from=$(date +%s%N)
    "${server[@]}" "$gateway" serve -c "$work/big.yaml" 2>>"$work/big/log" &
    big=$!
    children+=("$big")
    to=$("$work/load" -p "$big_port" -s 30 -R)
    put "ready.$1" "$(number "($to - $from) / 1e9")"
}

grown_rows() { # the levels in $levels, ascending
    local level round
    start_plain
    gateway_conf big 1 ''
    sed -i "s/^listen: .*/listen: 127.0.0.1:$(free_port)/" "$work/big.yaml" # it is found again there after a kill
    start_big
    put memory.empty "$(resident VmRSS)"
    for level in $levels; do
        fill "$level" "$(rows_now)"
        put "rows.$level" "$(rows_now)"
        put "bytes.$level" "$(cat "$work"/big/db* | wc -c)"
        ingest "$level" 1 "$rounds"
        acks "$level" "$big_port" "$rounds"
        put "memory.$level" "$(resident VmRSS)"
        put "memory.$level.anonymous" "$(resident RssAnon)"
        put "memory.$level.most" "$(resident VmHWM)"
        for ((round = 1; round <= (rounds + 1) / 2; round++)); do
            say "kill -9 under load and start again, round $round"
            kill_and_start "$level"
        done
    done
    stop "$big"
    stop "$plain"
    rm -rf "$work/big"
}
