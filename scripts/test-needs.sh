#!/bin/sh
# Find, or install, the programs that the tests run beside Tocsin: PostgreSQL's server programs, Patroni, etcd,
# PgBouncer, Prometheus Alertmanager, Chromium, and Node.js with npm for the vendors' JavaScript clients; those that
# check what is in deploy/: HAProxy, Helm and systemd-analyze; and a C compiler. Quick and silent when they are there;
# no service is started, no cluster made.
set -eu
cd "$(dirname "$0")/.."
. scripts/apt.sh

has_postgresql() {
  for initdb in "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb; do
    if [ -x "$initdb" ]; then
      return 0
    fi
  done
  return 1
}

has_alertmanager() {
  command -v prometheus-alertmanager >/dev/null 2>&1 || command -v alertmanager >/dev/null 2>&1
}

has_chromium() {
  command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1
}

has_npm() {
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1
}

has_compiler() {
  command -v cc >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1
}

install_postgresql() {
  root=$(as_root) || return 1
  # The tests make clusters of their own; Debian's "main" one is not wanted, nor the port that it takes.
  note=/etc/postgresql-common/createcluster.d/no-main-cluster.conf
  $root mkdir -p "${note%/*}"
  echo 'create_main_cluster = false' | $root tee "$note" >/dev/null
  status=0
  apt_install postgresql || status=$?
  $root rm -f "$note"
  return $status
}

missing=
if ! has_postgresql; then
  install_postgresql || true
  has_postgresql || missing="$missing
  PostgreSQL's server programs (initdb, postgres), 15 or newer; Debian and Ubuntu: apt-get install postgresql"
fi
for program in patroni etcd pgbouncer haproxy systemd-analyze; do
  command -v $program >/dev/null 2>&1 && continue
  case $program in
    etcd) package=etcd-server ;;
    systemd-analyze) package=systemd ;;
    *) package=$program ;;
  esac
  apt_install $package || true
  command -v $program >/dev/null 2>&1 || missing="$missing
  $program; Debian and Ubuntu: apt-get install $package"
done
if ! command -v helm >/dev/null 2>&1 && ! [ -x var/tools/helm ]; then
  .venv/bin/python scripts/helm.py || missing="$missing
  Helm, 3.8 or newer"
fi
if ! has_alertmanager; then
  apt_install prometheus-alertmanager || true
  has_alertmanager || missing="$missing
  Prometheus Alertmanager; Debian and Ubuntu: apt-get install prometheus-alertmanager"
fi
if ! has_chromium; then
  apt_install chromium || true
  has_chromium || missing="$missing
  Chromium; Debian: apt-get install chromium"
fi
if ! has_npm; then
  apt_install nodejs npm || true
  has_npm || missing="$missing
  Node.js 18 or newer and npm; Debian and Ubuntu: apt-get install nodejs npm"
fi
if ! has_compiler; then
  apt_install gcc libc6-dev || true
  has_compiler || missing="$missing
  A C compiler; Debian and Ubuntu: apt-get install gcc libc6-dev"
fi
if [ -n "$missing" ]; then
  say "the tests need what is not here and could not be installed:$missing"
  exit 1
fi
