#!/usr/bin/env bash
# One session with a Linux guest: two nodes on this machine, a VM that boots from a disk in a directory which both share, is
# pinged through a bridge, moves meanwhile, is given a second disk, and shuts down. Prints every command and its answer.
# Needs KVM, root (for the bridge and the taps), ping, curl, and what guests/linux/build has made. usage: docs/sessions/guests.sh [DIRECTORY FOR STATE]
set -uo pipefail
cd "$(dirname "$0")/../.."
work=${1:-$(mktemp -d)}
export GODWIT_API=http://127.0.0.1:18700
bridge=gwdocs0
without='noxsave clearcpuid=popcnt,cx16,fsgsbase,pcid,invpcid,erms,fsrm,rdtscp,smap,smep highres=off rcupdate.rcu_expedited=1 rcupdate.rcu_cpu_stall_suppress=1'
nodes=()
trap 'kill "${nodes[@]}" 2>/dev/null; wait; ip link del $bridge 2>/dev/null; ip link del gwuplink0 2>/dev/null' EXIT

title() { printf '\n## %s\n' "$*"; }
run() {
    printf '\n$ %s\n' "$*" | sed "s#$work#DIR#g; s#${linux:-/none}#LINUX#g"
    eval "$*" 2>&1 | sed "s#$work#DIR#g; s#$PWD#CHECKOUT#g; s#${linux:-/none}#LINUX#g"
}
settled() { # until the last migration has given back all it held
    until ./godwit migration list --json | grep -q '"released":true' && ! ./godwit migration list --json | grep -q '"released":false'; do sleep 0.2; done
}
said() { # until the guest's serial port has said it, 5 minutes at most
    for _ in {1..600}; do
        curl -s $GODWIT_API/v1/vms/linux/serial | grep -q "$1" && return
        sleep 0.5
    done
}

./godwit version >/dev/null
linux=$(guests/linux/build)

title "A bridge, and two nodes whose guests are in it"
run ip link add $bridge type bridge
run ip addr add 10.215.0.1/24 dev $bridge
run ip link add gwuplink0 type veth peer name gwuplink1 # in place of a network card
run ip link set gwuplink1 up
run ip link set gwuplink0 master $bridge up
run ip link set $bridge up
mkdir -p "$work/shared"
i=0
for name in alpha beta; do
    cat >"$work/$name.conf" <<EOF2
host { name = $name, state-dir = $work/$name }
api.port = 187${i}0
cluster { port = 187${i}1, seeds = ["127.0.0.1:18701"] }
ledger.voters = [ { host = alpha, address = "127.0.0.1:18702" } ]
migration.ports = "188${i}0-188${i}9"
storage.pools = [ { name = images, path = $work/shared, kind = shared } ]
network.networks = [ { name = lan, bridge = $bridge } ]
EOF2
    ./godwit node --config "$work/$name.conf" >"$work/$name.out" 2>"$work/$name.err" &
    nodes+=($!)
    i=$((i + 1))
done
run cat "$work/beta.conf"
until [[ $(./godwit host list 2>/dev/null | grep -c ' up ') == 2 ]]; do sleep 0.5; done
run ./godwit host list

title "A Linux with a disk and an address"
run ls -sh "$linux"
run ./godwit volume import images/root.raw "$linux/root.img" --host alpha
run ./godwit vm create linux --memory 48MiB --kernel "$linux/vmlinux" \
    --cmdline "'console=ttyS0 root=/dev/vda rw ip=10.215.0.2:::255.255.255.0::eth0:off $without'" \
    --disk images/root.raw --nic lan --device rng,balloon,console --host alpha --start
said 'init: running'
run ./godwit vm serial linux

title "It moves while it is pinged"
ping -n -i 0.1 10.215.0.2 >"$work/ping.txt" 2>&1 &
pinging=$!
for to in beta alpha beta; do
    run ./godwit vm migrate linux $to --wait
    settled
done
kill -INT $pinging
wait $pinging
printf '\n$ ping -n -i 0.1 10.215.0.2\n'
tail -n 3 "$work/ping.txt"
run "./godwit vm serial linux | tail -n 2"

title "A second disk comes and goes"
run ./godwit volume create images/extra.raw --size 4MiB
run ./godwit vm disk attach linux images/extra.raw
said 'vdb works'
run ./godwit vm disk detach linux disk/1
said 'vdb is gone'
run "./godwit vm serial linux | grep vdb"

title "It shuts down when it is asked to"
run ./godwit vm stop linux --timeout 60s
run "./godwit vm show linux | grep -E 'status|guest act'"
run "fsck.ext4 -f -n $work/shared/root.raw"
run ./godwit vm delete linux
