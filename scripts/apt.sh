# Read by the other scripts: how to install Debian packages without asking anybody anything.

say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# Print the word that makes a command run as root: nothing for root, sudo where it asks for no password.
# Fails where neither is so.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    return 0
  fi
  command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && echo sudo
}

# Install the packages named, and start none of their services. Fails where this is no Debian, or where
# installing needs a password. The package lists are fetched only if the first try shows that they are stale.
apt_install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  root=$(as_root) || return 1
  guard=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    guard=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' | $root tee $guard >/dev/null
    $root chmod 755 $guard
  fi
  say "installing $* with apt-get"
  log=$(mktemp)
  status=0
  _apt install "$@" || { _apt update && _apt install "$@"; } || status=$?
  if [ "$status" -ne 0 ]; then
    say "apt-get failed; its last words:"
    tail -n 5 "$log" >&2
  fi
  rm -f "$log"
  if [ -n "$guard" ]; then
    $root rm -f $guard
  fi
  return $status
}

_apt() {
  # shellcheck disable=SC2086 # an empty $root must vanish
  $root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
    "$@" >"$log" 2>&1 </dev/null
}
