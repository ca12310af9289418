#!/usr/bin/env bash
# One session with a network that falls apart: three nodes, each in a network namespace of its own, a VM that may run on any of
# them; its host is cut off from the two others, and found again. Prints every command and its answer. Needs KVM and root.
# usage: docs/sessions/partition.sh [DIRECTORY FOR STATE]
set -uo pipefail
cd "$(dirname "$0")/../.."
work=${1:-$(mktemp -d)}
mkdir -p "$work"
hub=gwdocs-hub
names=(alpha beta gamma)
nodes=()
trap 'kill -9 "${nodes[@]}" 2>/dev/null; wait 2>/dev/null; for n in $hub "${names[@]/#/gwdocs-}"; do ip netns del $n; done 2>/dev/null' EXIT

title() { printf '\n## %s\n' "$*"; }
shown() { sed "s#$work#DIR#g; s#ip netns exec gwdocs-\([a-z]*\) env GODWIT_API=[^ ]* ./godwit#\1: ./godwit#"; }
run() {
    printf '\n$ %s\n' "$*" | shown
    eval "$*" 2>&1 | shown
}
run_until() { # PATTERN COMMAND: the command and its first answer that has the pattern
    local pattern=$1 answer deadline=$((SECONDS + 120))
    shift
    until answer=$(eval "$*" 2>&1) && grep -q "$pattern" <<<"$answer"; do
        ((SECONDS < deadline)) || { echo "$* did not say \"$pattern\" within 2 minutes" >&2 && exit 1; }
        sleep 0.3
    done
    printf '\n$ %s\n%s\n' "$*" "$answer" | shown
}
on() { # HOST: the command line, as typed there
    echo "ip netns exec gwdocs-$1 env GODWIT_API=http://10.216.0.1$(number "$1"):7400 ./godwit"
}
number() { case $1 in alpha) echo 1 ;; beta) echo 2 ;; gamma) echo 3 ;; esac }

./godwit version >/dev/null
ip netns add $hub
ip -n $hub link add whole type bridge
ip -n $hub link set whole up
for name in "${names[@]}"; do
    address=10.216.0.1$(number $name)
    ip netns add gwdocs-$name
    ip -n gwdocs-$name link set lo up
    ip -n $hub link add $name type veth peer name eth0 netns gwdocs-$name
    ip -n $hub link set $name master whole up
    ip -n gwdocs-$name addr add $address/24 dev eth0
    ip -n gwdocs-$name link set eth0 up
    cat >"$work/$name.conf" <<EOF
host { name = $name, state-dir = $work/$name }
api { bind = "$address", port = 7400 }
cluster { bind = "$address", port = 7401, seeds = ["10.216.0.11:7401", "10.216.0.12:7401", "10.216.0.13:7401"] }
ledger.voters = [
  { host = alpha, address = "10.216.0.11:7402" }
  { host = beta, address = "10.216.0.12:7402" }
  { host = gamma, address = "10.216.0.13:7402" }
]
migration { bind = "$address", ports = "7410-7419" }
EOF
    ip netns exec gwdocs-$name ./godwit node --config "$work/$name.conf" >"$work/$name.out" 2>"$work/$name.err" &
    nodes+=($!)
done

title "Three hosts; web may run on any of them, cache only where it is"
run_until 'gamma .* up ' "$(on alpha) host list"
run_until 'running\|started' "$(on alpha) vm create web --stateless --memory 128MiB --kernel guests/probe/probe.elf --cmdline \"'wss=2 rate=2 fill=16'\" --host gamma --start"
run_until 'running\|started' "$(on alpha) vm create cache --memory 128MiB --kernel guests/probe/probe.elf --cmdline \"'wss=2 rate=2 fill=16'\" --host gamma --start"
run "$(on alpha) vm list"

title "gamma is cut off: there web stands when its permit ends, cache runs on; the others take web over"
run ip -n $hub link set gamma nomaster
run_until 'QUORUM LOST' "$(on gamma) cluster status"
run_until 'web .*\(alpha\|beta\) .*running' "$(on alpha) vm list"
run "$(on alpha) recovery list"
run_until '^2$' "$(on alpha) host list | grep -c ' up '"
run "$(on alpha) host list"

title "The network is whole again: gamma comes back by itself and gives up its web"
run ip -n $hub link set gamma master whole
run_until 'gamma .* up ' "$(on alpha) host list"
run_until 'cache .*running' "$(on alpha) vm list"
run_until 'quorum  *held$' "$(on gamma) cluster status"
