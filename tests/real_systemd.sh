#!/usr/bin/env bash
# `bandmate service` with a real systemd user manager, on Linux as root, where systemd need not be what runs the
# machine: `bash tests/real_systemd.sh [PROGRAM]`, a Python or a bundle. It has a /run and a home of its own, in a mount namespace.
set -euo pipefail
program=$(command -v "${1:-python}")
[[ -n ${INSIDE:-} ]] || INSIDE=1 exec unshare --mount --propagation private bash "$0" "$program"
[[ $program == *python* ]] && program="$program -m bandmate"

place=$(mktemp -d)
mount -t tmpfs tmpfs /run
mkdir -p -m 700 /run/systemd/system /run/user/0
export XDG_RUNTIME_DIR=/run/user/0 HOME=$place SYSTEMD_LOG_TARGET=console BANDMATE_LIBRARY=$place/library
unset DBUS_SESSION_BUS_ADDRESS XDG_CONFIG_HOME BANDMATE_CONFIG
/lib/systemd/systemd --user >"$place/systemd.log" 2>&1 &
manager=$!
trap 'kill $manager; wait $manager || true; rm -rf "$place"' EXIT
for _ in $(seq 50); do systemctl --user is-system-running >/dev/null 2>&1 && break || sleep 0.2; done

bandmate() { $program "$@"; }
expect() { # expect WHAT EXPECTED FOUND
    [[ $2 == "$3" ]] || { echo "$1 is $3, not $2" && exit 1; }
}
state() { systemctl --user show bandmate.service -p "$1" --value; }

expect 'status before' 1 "$(bandmate service status >/dev/null && echo 0 || echo $?)"
bandmate service install --osc-port 7468
bandmate service status
expect 'the unit' 'active enabled' "$(state ActiveState) $(state UnitFileState)"
kill -KILL "$(state ExecMainPID)"
for _ in $(seq 100); do [[ $(state NRestarts) == 1 ]] && bandmate service status >/dev/null && break || sleep 0.2; done
expect 'starts after a crash' 1 "$(state NRestarts)"
bandmate service status
bandmate service install --osc-port 7469
expect 'status of other settings' 1 "$(bandmate service status | grep -c 'port 7469 answers')"
bandmate service remove
expect 'the unit after removal' 'inactive' "$(state ActiveState)"
expect 'what is left' '' "$(find "$place/.config" -type f -o -type l)"
expect 'status after' 1 "$(bandmate service status >/dev/null && echo 0 || echo $?)"
echo 'systemd installs, restarts and removes it'
