# shellcheck shell=bash
# What else the gateway has to do while it takes events: acks with and without it, in turns. The gateway has a past of
# $busy events of the mix, orders with their halves and five destinations in dry mode (encoded and decided on, not sent),
# so that reports have something to tell and the checks of retention something to ask.

chores_conf() { # RETENTION
    gateway_conf busy 1 "$(outlets "$everything" '' ', mode: dry')" "$1"
}

start_busy() { # RETENTION
    chores_conf "$1"
    start_gateway busy
    busy_pid=$started
}

book() { sqlite3 -readonly "$work/busy/db" "$1"; }
first_row() { book 'SELECT ifnull(min(seq), 0) FROM journal'; }
old_rows() { book "SELECT count(*) FROM journal WHERE received_at < (unixepoch() - 86400) * 1000"; }
wal_turns() { od -An -j12 -N4 -tu4 --endian=big "$work/busy/db-wal" 2>/dev/null | tr -d ' ' || echo 0; } # checkpoints that emptied it

fill_busy() {
    mix_of 1
    start_busy 90d
    say "a past of $busy events"
    "${client[@]}" "$work/load" -p "$listen" -c 64 -k hush -n "$busy" -s 300 "${mix[@]}" >/dev/null
    for _ in {1..600}; do # until everything has been decided on
        [ "$(book 'SELECT min(low) FROM bookmark')" -lt "$(book 'SELECT max(seq) FROM journal')" ] || break
        sleep 0.5
    done
    token=$("$gateway" token make bench --viewer -c "$work/busy.yaml")
    stop "$busy_pid"
}

age() { # all but the newest tenth becomes two days old: more than a retention of one
    sqlite3 "$work/busy/db" "PRAGMA synchronous = OFF; UPDATE journal SET received_at = received_at - 172800000, at = at - 172800000
        WHERE seq < (SELECT min(seq) + (max(seq) - min(seq)) * 9 / 10 FROM journal) AND received_at > (SELECT max(received_at) FROM journal) - 86400000;" >/dev/null
}

look() { # tab|reports: somebody looks; pid in $looking
    "${client[@]}" node bench/dashboard.mjs "$admin" "$token" "$1" >"$work/looked" 2>"$work/looked.log" &
    looking=$!
    children+=("$looking")
    sleep 0.5
}

looked() { # NAME: what the last one saw
    stop "$looking"
    while read -r line; do put "$1.$line"; done <"$work/looked"
    [ ! -s "$work/looked.log" ] || { say "$1: $(head -3 "$work/looked.log")"; put errors 1; }
}

full_load() { wait_acks "$1" -p "$listen" -c 256 -k hush -s $((seconds + 2)) "${mix[@]}"; }

# Retention walks rows that are past their time, three reports are asked without a pause through the API, and the command
# line reports once a second; the log is checkpointed once a second in both halves, as always.
chores() { # ROUND
    local from cli before
    say "full load, round $1: by itself"
    start_busy 90d
    full_load chores.without
    stop "$busy_pid"
    say "full load, round $1: with retention and reports"
    age
    from=$(first_row)
    start_busy 1d
    look reports
    before=$(wal_turns)
    (
        trap 'exit 0' TERM
        while :; do
            for what in recovery delivery match; do "$gateway" report $what -c "$work/busy.yaml" >/dev/null 2>&1; done
            echo >>"$work/reported"
            sleep 1
        done
    ) &
    cli=$!
    children+=("$cli")
    full_load chores.with
    stop "$cli"
    looked chores.api
    put chores.deleted $(($(first_row) - from))
    put chores.left "$(old_rows)"
    put chores.checkpoints $(($(wal_turns) - before))
    put chores.cli "$(wc -l <"$work/reported")"
    : >"$work/reported"
    stop "$busy_pid"
}

with_dashboard() { # ROUND
    say "half load, round $1: without and with a dashboard open"
    wait_acks dashboard.without -p "$listen" -c 64 -k hush -r "$half" -s $((seconds + 2)) "${mix[@]}"
    look tab
    wait_acks dashboard.with -p "$listen" -c 64 -k hush -r "$half" -s $((seconds + 2)) "${mix[@]}"
    looked dashboard.tab
}

beside_rows() {
    local round
    sink_port=9 # nothing is sent
    fill_busy
    : >"$work/reported"
    for ((round = 1; round <= rounds; round++)); do chores "$round"; done
    half=$(($(best_of chores.without.rate) / 2))
    put dashboard.half $half
    start_busy 90d
    for ((round = 1; round <= rounds; round++)); do with_dashboard "$round"; done
    stop "$busy_pid"
    rm -rf "$work/busy"
}
