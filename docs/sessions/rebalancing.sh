#!/usr/bin/env bash
# One session with the rebalancer: three nodes on this machine and six VMs, all on one of them. It says what it would move and
# moves nothing; then it is armed, and the hosts come to rest. Prints every command and its answer; rebalancing.txt beside it is
# what it printed. Needs KVM. usage: docs/sessions/rebalancing.sh [DIRECTORY FOR STATE]
set -uo pipefail
cd "$(dirname "$0")/../.."
work=${1:-$(mktemp -d)}
export GODWIT_API=http://127.0.0.1:18900
nodes=()
trap 'kill "${nodes[@]}" 2>/dev/null; wait' EXIT

title() { printf '\n## %s\n' "$*"; }
run() {
    printf '\n$ %s\n' "$*" | sed "s#$work#DIR#g"
    eval "$*" 2>&1 | sed "s#$work#DIR#g"
}
until_says() { # PATTERN COMMAND: until the command's answer has the pattern
    local pattern=$1 deadline=$((SECONDS + 180))
    shift
    until eval "$*" 2>/dev/null | grep -q "$pattern"; do
        ((SECONDS < deadline)) || { echo "$* did not say \"$pattern\" within 3 minutes" >&2 && exit 1; }
        sleep 0.5
    done
}

./godwit version >/dev/null
title "Three hosts that look at each other every 3 s"
i=0
for name in alpha beta gamma; do
    cat >"$work/$name.conf" <<EOF
host { name = $name, state-dir = $work/$name }
api.port = 189${i}0
cluster { port = 189${i}1, seeds = ["127.0.0.1:18901"] }
ledger.voters = [
  { host = alpha, address = "127.0.0.1:18902" }
  { host = beta, address = "127.0.0.1:18912" }
  { host = gamma, address = "127.0.0.1:18922" }
]
migration.ports = "190${i}0-190${i}9"
hypervisor.memory = 1GiB
rebalance { round = 3s, hold-rounds = 2 }
EOF
    ./godwit node --config "$work/$name.conf" >"$work/$name.out" 2>"$work/$name.err" &
    nodes+=($!)
    i=$((i + 1))
done
run cat "$work/beta.conf"
until_says 3 "./godwit host list | grep -c ' up '"
run ./godwit host list
run ./godwit rebalance status

title "Six VMs on alpha; cache is never to be moved unasked"
for name in web1 web2 db1 db2 mail; do
    run ./godwit vm create $name --memory 128MiB --kernel guests/probe/probe.elf --cmdline "'wss=4 rate=10 fill=64'" --host alpha --start
done
run ./godwit vm create cache --memory 128MiB --kernel guests/probe/probe.elf --cmdline "'wss=4 rate=10 fill=64'" --host alpha --pinned --start

title "What it would move; nothing moves"
until_says 'recommended only' ./godwit rebalance status
run ./godwit rebalance status
run ./godwit rebalance --dry-run
run ./godwit vm list

title "Armed: it moves them, two at a time from one host, until the hosts carry alike"
run ./godwit rebalance arm
until_says 'is not above' ./godwit rebalance status
while ./godwit rebalance status | grep -q ' begun '; do sleep 0.5; done
run ./godwit rebalance status
run ./godwit vm list
run ./godwit migration list

title "Off again; what was moved is not forgotten"
run ./godwit rebalance disarm
