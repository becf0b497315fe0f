#!/bin/sh
# Installs and starts fedlab at the first boot of a Raspberry Pi, from files on its boot partition:
#   fedlab.tar.gz     the code of a release
#   fedlab-code.txt   a set-up code of one's own, optional; otherwise the one made here is put there
# Run again, it begins where it stopped. BOOT, CODE and DATA are other folders in tests only.
set -eu
boot=${BOOT:-/boot/firmware}
code=${CODE:-/opt/fedlab}
data=${DATA:-/var/lib/fedlab}

exec >>"$boot/fedlab-install.log" 2>&1
echo "fedlab: installing"
umask 022
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3-venv
fi
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
"$code/bin/fedlab" service install --data "$data"
echo "fedlab: installed"
