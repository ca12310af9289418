#!/usr/bin/env bash
# One session with the migration engine: three encrypted nodes on this machine, one VM, and each thing an operator asks of a
# migration. Prints every command and its answer; migration.txt beside it is what it printed.
# Needs KVM and curl. usage: docs/sessions/migration.sh [DIRECTORY FOR STATE]
set -uo pipefail
cd "$(dirname "$0")/../.."
work=${1:-$(mktemp -d)}
export GODWIT_API=http://127.0.0.1:18500
nodes=()
trap 'kill "${nodes[@]}" 2>/dev/null; wait' EXIT

title() { printf '\n## %s\n' "$*"; }
run() {
    printf '\n$ %s\n' "$*" | sed "s#$work#DIR#g"
    eval "$*" 2>&1 | sed "s#$work#DIR#g"
}
settled() { # until the last migration has given back all it held
    until ./godwit migration list --json | grep -q '"released":true' && ! ./godwit migration list --json | grep -q '"released":false'; do sleep 0.2; done
}

./godwit version >/dev/null
title "Certificates, and three nodes that use them (F24)"
run ./godwit cert init -d "$work/certs" alpha=127.0.0.1 beta=127.0.0.1 gamma=127.0.0.1
run ./godwit cert show "$work/certs/alpha.pem"
i=0
for name in alpha beta gamma; do
    cat >"$work/$name.conf" <<EOF
host { name = $name, state-dir = $work/$name }
api.port = 185${i}0
cluster { port = 185${i}1, seeds = ["127.0.0.1:18501"] }
ledger.voters = [
  { host = alpha, address = "127.0.0.1:18502" }
  { host = beta, address = "127.0.0.1:18512" }
  { host = gamma, address = "127.0.0.1:18522" }
]
migration.ports = "186${i}0-186${i}9"
tls { ca = $work/certs/ca.pem, certificate = $work/certs/$name.pem, key = $work/certs/$name.key }
EOF
    ./godwit node --config "$work/$name.conf" >"$work/$name.out" 2>"$work/$name.err" &
    nodes+=($!)
    i=$((i + 1))
done
run cat "$work/beta.conf"
until [ "$(cat "$work"/*.out | grep -c ready)" = 3 ]; do sleep 0.5; done
until [ "$(./godwit host list | grep -c ' up ')" = 3 ]; do sleep 0.5; done
run ./godwit host list

title "A VM under load: 256 MiB, 192 filled, 40 MB/s of it rewritten, dirty pages by ring"
run ./godwit vm create web --memory 256MiB --kernel guests/probe/probe.elf --cmdline "'wss=32 rate=40 fill=192'" --dirty-log ring --host alpha --start
until ./godwit vm serial web | grep -q errors; do sleep 0.5; done

title "What would it be like? The dirty rate, and a plan (F14, G1)"
run ./godwit vm dirty-rate web --for 1s
run ./godwit vm migrate web beta --dry-run

title "Live, encrypted, over two lanes (F1, F23, F24, G5)"
run ./godwit vm migrate web beta --wait
settled
run "./godwit migration list | head -2"
run "./godwit migration show \$(./godwit migration list --json | grep -o '\"id\":\"[^\"]*' | head -1 | cut -c7-)"

title "Back at once: it waits until the source has let go (F32)"
run ./godwit vm migrate web alpha --wait
run ./godwit vm migrate web beta --wait
settled

title "Parameters of the cluster, of a VM, of one migration (F13)"
run "./godwit migration parameters --set downtime-limit=200ms | head -4"
run "./godwit migration parameters --vm web --set multifd-channels=4 | head -6"
run "./godwit migration parameters --vm web | grep -v default"
run ./godwit vm migrate web gamma --verify none --wait
settled
run "./godwit migration parameters --unset downtime-limit | head -2"
run "./godwit migration parameters --vm web --unset multifd-channels | head -5 | tail -1"

title "Compression, and differences to what was sent before (F21, F22)"
run ./godwit vm migrate web alpha --multifd-compression zstd --compress-level 1 --wait
run ./godwit vm migrate web beta --multifd-compression zlib --wait
run ./godwit vm migrate web gamma --xbzrle --xbzrle-cache-size 64MiB --wait
settled

title "A bandwidth limit, changed while it runs; a cancelled migration (F12, F15, F16)"
run ./godwit vm migrate web alpha --max-bandwidth-mb 20
sleep 2
run ./godwit migration show web
run ./godwit vm stop web
run ./godwit migration set web multifd-channels=3
run ./godwit migration setspeed web 30
run ./godwit migration cancel web
settled
run "./godwit migration list | head -2"
run ./godwit vm list

title "A VM that does not converge: auto-converge, timeouts, a quick finish, by force (F17, F18, F19, G6)"
run ./godwit vm migrate web alpha --max-bandwidth-mb 25 --downtime-limit 50ms --auto-converge --wait
settled
run ./godwit vm migrate web beta --max-bandwidth-mb 25 --downtime-limit 10ms --timeout 10 --timeout-cancel --wait
settled
run ./godwit vm migrate web beta --max-bandwidth-mb 25 --downtime-limit 10ms --timeout 10 --timeout-suspend --wait
settled
run ./godwit vm migrate web gamma --max-bandwidth-mb 25 --downtime-limit 10ms --quickly-finish --wait
settled
run ./godwit vm migrate web alpha --max-bandwidth-mb 25 --downtime-limit 10ms
sleep 9
run ./godwit migration complete web
until ./godwit vm list | grep -q 'alpha  running'; do sleep 0.5; done
settled

title "Held before the switchover, then told to go on (F11)"
run ./godwit vm migrate web beta --pause-before-switchover
until ./godwit migration list --json | grep -q pre-switchover; do sleep 0.2; done
run "./godwit migration list | head -2"
run ./godwit migration continue web
until ./godwit vm list | grep -q 'beta  *running'; do sleep 0.2; done
settled

title "Refused, with every reason (F29)"
run ./godwit vm create huge --memory 20GiB --kernel guests/probe/probe.elf --host beta
run ./godwit vm migrate web beta
run ./godwit vm migrate web delta
run ./godwit vm migrate huge alpha
run ./godwit vm delete huge

title "QMP, on the VM's socket and over HTTP (F10)"
run "printf '%s\n' '{\"execute\": \"qmp_capabilities\"}' '{\"execute\": \"query-status\"}' '{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"godwit:gamma\"}}' | (cat; sleep 4) | timeout 6 python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(\"$work/beta/qmp/web.sock\"); s.settimeout(4)
s.sendall(sys.stdin.buffer.read())
try:
    while data := s.recv(65536): sys.stdout.write(data.decode())
except TimeoutError: pass
'"
settled
run "curl -s -d '{\"execute\": \"query-migrate\"}' \$GODWIT_API/v1/vms/web/qmp"

title "What the guest says of it all"
run "./godwit vm serial web | tail -1"
