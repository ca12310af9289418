#!/usr/bin/env bash
# One session with hosts that fail: three nodes on this machine, a VM that may run anywhere and one that is tied to its host; a
# host is killed, two others stand still, the power goes. Prints every command and its answer. Needs KVM.
# usage: docs/sessions/failover.sh [DIRECTORY FOR STATE]
set -uo pipefail
cd "$(dirname "$0")/../.."
work=${1:-$(mktemp -d)}
export GODWIT_API=http://127.0.0.1:18700
declare -A pid
mkdir -p "$work"
trap 'kill -9 "${pid[@]}" 2>/dev/null; wait 2>/dev/null' EXIT

title() { printf '\n## %s\n' "$*"; }
run() {
    printf '\n$ %s\n' "$*" | sed "s#$work#DIR#g"
    eval "$*" 2>&1 | sed "s#$work#DIR#g"
}
until_says() { # PATTERN COMMAND: until the command's answer has the pattern
    local pattern=$1 deadline=$((SECONDS + 120))
    shift
    until eval "$*" 2>/dev/null | grep -q "$pattern"; do
        ((SECONDS < deadline)) || { echo "$* did not say \"$pattern\" within 2 minutes" >&2 && exit 1; }
        sleep 0.3
    done
}
run_until() { # PATTERN COMMAND: the command and its first answer that has the pattern
    local pattern=$1 answer deadline=$((SECONDS + 120))
    shift
    until answer=$(eval "$*" 2>&1) && grep -q "$pattern" <<<"$answer"; do
        ((SECONDS < deadline)) || { echo "$* did not say \"$pattern\" within 2 minutes" >&2 && exit 1; }
        sleep 0.3
    done
    printf '\n$ %s\n%s\n' "$*" "$answer" | sed "s#$work#DIR#g"
}
node() { # NAME NUMBER
    cat >"$work/$1.conf" <<EOF
host { name = $1, state-dir = $work/$1 }
api.port = 187${2}0
cluster { port = 187${2}1, seeds = ["127.0.0.1:18701"] }
ledger.voters = [
  { host = alpha, address = "127.0.0.1:18702" }
  { host = beta, address = "127.0.0.1:18712" }
  { host = gamma, address = "127.0.0.1:18722" }
]
migration.ports = "188${2}0-188${2}9"
EOF
    ./godwit node --config "$work/$1.conf" >"$work/$1.out" 2>"$work/$1.err" &
    pid[$1]=$!
}
all_up() { until_says 3 "./godwit host list | grep -c ' up '"; }
create() { # NAME OPTIONS
    run ./godwit vm create "$@" --memory 128MiB --kernel guests/probe/probe.elf --cmdline "'wss=2 rate=2 fill=16'" --host gamma --start
}

./godwit version >/dev/null
title "Three hosts; web may run on any of them, cache only where it is"
node alpha 0 && node beta 1 && node gamma 2
all_up
create web --stateless --priority 80
create cache
run ./godwit host list
run ./godwit cluster status
run ./godwit vm list

title "A host is drained, and given back what it had"
run ./godwit host drain gamma
run_until 'gamma .*maintenance' ./godwit host list
run ./godwit host maintenance gamma
run ./godwit vm list
run ./godwit host restore gamma
run_until 'gamma .* up ' ./godwit host list
until_says 'web .*gamma .*running' ./godwit vm list
run ./godwit vm list

title "A drain is ended in the middle: the host is up at once, what has not moved stays"
run ./godwit migration parameters --vm cache --set max-bandwidth=1MiB/s
run ./godwit host drain gamma
run_until 'cache .*moving' ./godwit host maintenance gamma
run "./godwit drain cancel \$(./godwit host maintenance gamma | cut -d' ' -f2)"
run_until 'gamma .* up ' ./godwit host list
run ./godwit host restore gamma
until_says 'web .*gamma .*running' ./godwit vm list
run ./godwit vm list

title "A host dies"
run kill -9 "${pid[gamma]}"
run_until 'web .*running' ./godwit vm list
run ./godwit recovery list
run "./godwit vm show cache | grep -E 'status|detail|waits'"

title "It comes back: web stays where it is; cache waits for an operator, since all it had was in its memory"
node gamma 2
all_up
run_until 'cache .*waiting-for-host' ./godwit vm list
run ./godwit vm start cache
run ./godwit vm list

title "The ledger's quorum is lost: what could be started elsewhere pauses, and goes on when the others answer again"
run ./godwit vm migrate web alpha --wait
run kill -STOP "${pid[beta]}" "${pid[gamma]}"
run_until 'QUORUM LOST' ./godwit cluster status
run kill -CONT "${pid[beta]}" "${pid[gamma]}"
until_says 'web .*running' ./godwit vm list
run ./godwit cluster status
run ./godwit vm list

title "The power goes, for all of them"
run kill -9 "${pid[@]}"
wait 2>/dev/null
node alpha 0 && node beta 1 && node gamma 2
all_up
until_says 'web .*running' ./godwit vm list
run_until 'cache .*waiting-for-host' ./godwit vm list
run ./godwit vm start cache
run ./godwit vm list
