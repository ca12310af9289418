#!/usr/bin/env bash
# One session with disks and networks: two nodes on this machine that share a directory of images, one VM whose guest writes
# and checks its disk all the time, and what is refused. Prints every command and its answer; devices.txt beside it is
# what it printed.
# Needs KVM, root (for taps) and curl. usage: docs/sessions/devices.sh [DIRECTORY FOR STATE]
set -uo pipefail
cd "$(dirname "$0")/../.."
work=${1:-$(mktemp -d)}
export GODWIT_API=http://127.0.0.1:18700
nodes=()
trap 'kill "${nodes[@]}" 2>/dev/null; wait' EXIT

title() { printf '\n## %s\n' "$*"; }
run() {
    printf '\n$ %s\n' "$*" | sed "s#$work#DIR#g"
    eval "$*" 2>&1 | sed "s#$work#DIR#g; s#$PWD#CHECKOUT#g"
}
settled() { # until the last migration has given back all it held
    until ./godwit migration list --json | grep -q '"released":true' && ! ./godwit migration list --json | grep -q '"released":false'; do sleep 0.2; done
}

./godwit version >/dev/null
title "Two nodes with pools and a network"
mkdir -p "$work/shared" "$work/own-alpha" "$work/own-beta"
i=0
for name in alpha beta; do
    cat >"$work/$name.conf" <<EOF
host { name = $name, state-dir = $work/$name }
api.port = 187${i}0
cluster { port = 187${i}1, seeds = ["127.0.0.1:18701"] }
ledger.voters = [ { host = alpha, address = "127.0.0.1:18702" } ]
migration.ports = "188${i}0-188${i}9"
storage.pools = [
  { name = images, path = $work/shared, kind = shared }
  { name = scratch, path = $work/own-$name, kind = local }
]
network.networks = [ { name = lan } ]
EOF
    ./godwit node --config "$work/$name.conf" >"$work/$name.out" 2>"$work/$name.err" &
    nodes+=($!)
    i=$((i + 1))
done
run cat "$work/beta.conf"
until [[ $(./godwit host list 2>/dev/null | grep -c ' up ') == 2 ]]; do sleep 0.5; done
run ./godwit pool list

title "Volumes: made, imported, a seed for cloud-init"
run ./godwit volume create images/web.raw --size 64MiB
run ./godwit volume create scratch/tmp.raw --size 32MiB --host alpha
printf '#cloud-config\nhostname: web\n' >"$work/user-data"
run ./godwit volume seed images/web-seed.iso --user-data "$work/user-data"
run ./godwit volume list
run ./godwit volume create images/web.raw --size 64MiB
run ./godwit volume create nowhere/x --size 64MiB

title "A VM with a disk, a network interface, random numbers and a balloon"
run ./godwit vm create web --memory 64MiB --kernel guests/drive/drive.elf \
    --cmdline "'test=blk mode=verify span=16 depth=16 seconds=0'" \
    --disk images/web.raw --nic lan --device rng,balloon --host alpha --start
sleep 3
run ./godwit vm show web
run "ip -brief link | grep ' UP\|UNKNOWN' | grep -c ^gw"

title "It moves, and its disk and its address with it"
run ./godwit vm migrate web beta --wait
settled
run ./godwit vm migrate web alpha --wait
settled
run ./godwit vm list

title "What is refused"
run ./godwit vm create other --memory 64MiB --kernel guests/drive/drive.elf --disk images/web.raw
run ./godwit vm create other --memory 64MiB --kernel guests/drive/drive.elf --disk images/none.raw --start
run ./godwit vm create third --memory 64MiB --kernel guests/drive/drive.elf --nic dmz
run ./godwit vm create fourth --memory 64MiB --kernel guests/drive/drive.elf --disk ../etc/passwd
run ./godwit volume delete images/web.raw
run ./godwit vm create local --memory 64MiB --kernel guests/drive/drive.elf --cmdline "'test=blk mode=verify span=4 seconds=0'" \
    --disk scratch/tmp.raw --host alpha --start
sleep 2
run ./godwit vm migrate local beta

title "Gone again"
run ./godwit vm stop web
run ./godwit vm delete web
run ./godwit volume delete images/web.raw
run ./godwit volume list
