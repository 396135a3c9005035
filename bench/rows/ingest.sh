# shellcheck shell=bash
# Durable ingest and acks, at a number of rows: nginx and the gateway in turns, so that both have the same weather.

# ingest ROWS CORES ROUNDS: requests a second and CPU at 64 and 256 connections. With no rows each round has a new
# gateway; with rows it is the grown one ($big, $big_port), and a new one takes its turn at 256 connections.
ingest() {
    local round connections name
    for ((round = 1; round <= $3; round++)); do
        for connections in 64 256; do
            say "ingest, $1 rows, $2 core(s), $connections connections, round $round of $3"
            name=ingest.$1.$2.$connections
            [ "$1.$2" != 0.1 ] || hit "$name.bare" "$plain" "$plain_port" "$connections"
            hit "$name.nginx" "$plain" "$plain_port" "$connections" "$event"
            if [ "$1" = 0 ] || [ "$connections" = 256 ]; then
                start_fresh
                if [ "$1" = 0 ]; then
                    hit "$name.ours" "$fresh" "$fresh_port" "$connections" "$event"
                else
                    hit "$name.fresh" "$fresh" "$fresh_port" "$connections" "$event"
                fi
                stop "$fresh"
            fi
            [ "$1" = 0 ] || hit "$name.ours" "$big" "$big_port" "$connections" "$event"
        done
    done
}

# acks ROWS PORT ROUNDS: at half of the best rate there was at that many rows
acks() {
    local round rate
    rate=$(($(best_of "ingest.$1.1.256.ours.rate") / 2))
    put "ack.$1.half" $rate
    for ((round = 1; round <= $3; round++)); do
        say "acks at $rate/s, $1 rows, round $round of $3"
        wait_acks "ack.$1.nginx" -p "$plain_port" -c 64 -r "$rate" -s $((seconds + 1)) bench/requests/event.http
        wait_acks "ack.$1.ours" -p "$2" -c 64 -r "$rate" -s $((seconds + 1)) bench/requests/event.http
    done
}

ingest_rows() { # without rows, one core and two
    start_plain
    ingest 0 1 "$rounds"
    start_fresh
    acks 0 "$fresh_port" "$rounds"
    stop "$fresh"
    stop "$plain"
    [ "$(nproc)" -ge 2 ] || { say "two cores: there is one"; return 0; }
    cores 2
    start_plain
    ingest 0 2 $(((rounds + 1) / 2))
    stop "$plain"
    cores 1
}
