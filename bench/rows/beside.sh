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

report_on_and_on() { # the command line's three reports, once a second, as a cron job would hardly do; pid in $reporting
    (
        trap 'exit 0' TERM
        while :; do
            for what in recovery delivery match; do "$gateway" report $what -c "$work/busy.yaml" >/dev/null 2>&1; done
            echo >>"$work/reported"
            sleep 1
        done
    ) &
    reporting=$!
    children+=("$reporting")
}

# Retention walks rows that are past their time; three reports are asked through the API without a pause, and by the
# command line; then all of it. The log is checkpointed once a second in every part, as always.
chores() { # ROUND
    local what from checkpoints
    for what in alone retention reports all; do
        say "full load, round $1: $what"
        case $what in
        retention | all) age && start_busy 1d ;;
        *) start_busy 90d ;;
        esac
        from=$(first_row) checkpoints=$(wal_turns)
        case $what in reports | all) look reports && report_on_and_on ;; esac
        wait_acks chores.$what -p "$listen" -c 256 -k hush -s $((seconds + 2)) "${mix[@]}"
        case $what in reports | all) stop "$reporting" && looked chores.$what ;; esac
        put chores.$what.deleted $(($(first_row) - from))
        put chores.$what.left "$(old_rows)"
        put chores.$what.checkpoints $(($(wal_turns) - checkpoints))
        put chores.$what.reported "$(wc -l <"$work/reported")"
        : >"$work/reported"
        stop "$busy_pid"
    done
}

with_dashboard() { # ROUND
    say "half load, round $1: without and with a dashboard open"
    wait_acks dashboard.alone -p "$listen" -c 64 -k hush -r "$half" -s $((seconds + 2)) "${mix[@]}"
    look tab
    wait_acks dashboard.tab -p "$listen" -c 64 -k hush -r "$half" -s $((seconds + 2)) "${mix[@]}"
    looked dashboard.tab
}

beside_rows() {
    local round rounds=$((rounds > 3 ? rounds : 3)) # medians need three
    sink_port=9 # nothing is sent
    fill_busy
    : >"$work/reported"
    for ((round = 1; round <= rounds; round++)); do chores "$round"; done
    half=$(($(best_of chores.alone.rate) / 2))
    put dashboard.half $half
    start_busy 90d
    for ((round = 1; round <= rounds; round++)); do with_dashboard "$round"; done
    stop "$busy_pid"
    rm -rf "$work/busy"
}
