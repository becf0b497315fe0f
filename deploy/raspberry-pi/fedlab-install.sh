#!/bin/sh
# Installs and starts fedlab at the first boot of a Raspberry Pi, from files on its boot partition:
#   fedlab.tar.gz     the code of a release
#   fedlab-code.txt   a set-up code of one's own, optional; otherwise the one made here is put there
# What it does is told in fedlab-install.log there. Run again, it begins where it stopped.
# BOOT, CODE, DATA and PAUSE are others in tests only.
set -eu
boot=${BOOT:-/boot/firmware}
code=${CODE:-/opt/fedlab}
data=${DATA:-/var/lib/fedlab}
pause=${PAUSE:-30}

exec >>"$boot/fedlab-install.log" 2>&1
say() { echo "fedlab: $*"; }

# A Pi has no clock of its own and may be slow to find its network: until the time is right, no
# certificate is valid. Ten minutes are enough for both.
insist() {
  for left in 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0; do
    if "$@"; then return; fi
    [ "$left" -gt 0 ] || break
    say "that did not work; again in $pause seconds, $left times more"
    sleep "$pause"
  done
  say "given up. Is the network there? Then run: sudo sh $boot/fedlab-install.sh"
  exit 1
}

get_python() {
  python3 -c 'import ensurepip, venv' 2>/dev/null && return
  apt-get update -q &&
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3-venv
}

say "installing"
umask 022
insist get_python
mkdir -p "$code"
tar -xzf "$boot/fedlab.tar.gz" -C "$code" --strip-components=1

umask 077
mkdir -p "$data"
if [ ! -e "$data/setup-code" ] && [ ! -e "$data/store.db" ]; then
  if [ ! -s "$boot/fedlab-code.txt" ]; then
    # Eight of 28 letters and digits that are not mistaken for each other.
    tr -dc 'ABCDEFGHJKMNPQRSTVWXYZ3-9' </dev/urandom | tr -d - | head -c 8 >"$boot/fedlab-code.txt"
  fi
  cp "$boot/fedlab-code.txt" "$data/setup-code"
fi
umask 022
insist "$code/bin/fedlab" service install --data "$data"
say "installed: open http://$(uname -n).local:7390"
