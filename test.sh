#!/usr/bin/env bash
# Sets up what the tests need, builds the solution once and runs every test project.
#
#   ./test.sh                        everything
#   ./test.sh --filter Docker        arguments go to "dotnet test"
#
#   CONFIGURATION=Debug              instead of Release
#   REGISTRY_TEST_SETUP=off          install and unpack nothing
#
# As root on Debian 12 it installs the container clients that the end-to-end tests run, and unpacks newer ones below
# ~/.cache/registry-tests. Anywhere else it says what is missing, and the tests that need it skip. See docs/testing.md.
set -u -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

configuration=${CONFIGURATION:-Release}
results=$PWD/artifacts/test-results
cache=${XDG_CACHE_HOME:-$HOME/.cache}/registry-tests
tools=${REGISTRY_E2E_TOOLS:-$cache/tools}
mirror=${REGISTRY_TEST_MIRROR:-http://deb.debian.org/debian}

# What end-to-end tests run, and the Debian 12 packages that bring it.
packages=(apache2-utils buildah busybox-static containerd curl docker.io iproute2 nginx-light podman runc skopeo util-linux)
# The S3 server that the S3 store is tested on, and what installs the Azure one (the tests do that themselves, below the cache folder).
packages+=(ceph-mon ceph-osd radosgw)
# The directory that LDAP users are tested on.
packages+=(slapd)
command -v npm >/dev/null || packages+=(nodejs npm)
# Clients that Debian 12 lacks or has in older versions: Debian 13's, unpacked and not installed. Its runc needs a newer
# C library and is left out.
newer=(containerd cosign docker-buildx docker-cli docker.io oras)

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# Build servers would stay behind.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DEBIAN_FRONTEND=noninteractive
export REGISTRY_E2E_TOOLS=$tools

say() { printf '%s\n' "$*"; }

require_dotnet() {
  if ! command -v dotnet >/dev/null; then
    say "The .NET SDK is missing. Install version 10.0.100 or newer: https://dotnet.microsoft.com/download/dotnet/10.0"
    exit 1
  fi
  if ! dotnet --version >/dev/null 2>&1; then
    say "No .NET SDK here fits global.json (10.0.100 or newer). Install one: https://dotnet.microsoft.com/download/dotnet/10.0"
    dotnet --list-sdks
    exit 1
  fi
}

is_debian_12() { (. /etc/os-release 2>/dev/null && [ "$ID" = debian ] && [ "${VERSION_ID:-}" = 12 ]); }

has_package() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    has_package "$package" || missing+=("$package")
  done
  # Debian 13's packages are checked against the newer keys.
  compgen -G '/usr/share/keyrings/debian-archive-trixie-*' >/dev/null || missing+=(debian-archive-keyring)
  [ ${#missing[@]} -eq 0 ] && return
  say "Installing ${missing[*]}"
  { apt-get -q update && apt-get -q install -y --no-install-recommends "${missing[@]}"; } </dev/null >"$cache/apt.log" 2>&1 || {
    tail -n 20 "$cache/apt.log"
    say "apt-get failed (all of it is in $cache/apt.log). The tests that need these packages skip."
  }
}

# Debian 13's packages, by directories of their own, so that apt's state on this machine stays as it is.
unpack_newer() {
  [ "$(cat "$tools/.complete" 2>/dev/null)" = "${newer[*]}" ] && return
  say "Unpacking ${newer[*]} of Debian 13 into $tools"
  local apt=$cache/apt
  rm -rf "$apt" "$tools.new"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/sources" "$apt/packages" "$tools.new"
  : >"$apt/status"
  cat >"$apt/sources/trixie.sources" <<EOF
Types: deb
URIs: $mirror
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF
  local options=(
    -q -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o "Dir::State::Lists=$apt/lists" -o "Dir::State::Status=$apt/status" -o "Dir::Cache=$apt/cache"
    -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$apt/sources"
  )
  if (
    set -e
    cd "$apt/packages"
    apt-get "${options[@]}" update
    apt-get "${options[@]}" download "${newer[@]}"
    for package in *.deb; do dpkg -x "$package" "$tools.new"; done
  ) </dev/null >"$cache/unpack.log" 2>&1; then
    printf '%s' "${newer[*]}" >"$tools.new/.complete"
    rm -rf "$tools" "$apt"
    mv "$tools.new" "$tools"
  else
    tail -n 20 "$cache/unpack.log"
    say "That failed (all of it is in $cache/unpack.log). The tests that need these clients skip."
  fi
}

report_missing() {
  local missing=() program
  for program in buildah busybox ceph-mon ceph-osd containerd ctr curl docker dockerd htpasswd ip nginx npm nsenter podman radosgw runc skopeo slapd unshare; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || missing+=("$program")
  done
  for program in cosign oras; do
    [ -x "$tools/usr/bin/$program" ] || command -v "$program" >/dev/null || missing+=("$program")
  done
  [ -x "$tools/usr/libexec/docker/cli-plugins/docker-buildx" ] || missing+=("a newer docker with buildx")
  [ "$(id -u)" = 0 ] || say "Not root: the tests of container engines skip."
  if [ ${#missing[@]} -gt 0 ]; then
    local IFS=,
    say "Missing, so that tests skip: ${missing[*]}"
  fi
}

set_up() {
  if [ "${REGISTRY_TEST_SETUP:-on}" = on ] && [ "$(id -u)" = 0 ] && is_debian_12; then
    mkdir -p "$cache"
    install_packages
    unpack_newer
  fi
  report_missing
}

build() {
  dotnet build Registry.sln -c "$configuration" -v quiet -nologo -clp:NoSummary </dev/null || {
    say "The build failed."
    exit 1
  }
}

# The numbers "passed failed skipped" of one project, by its results file and exit code.
count() {
  local trx=$1 code=$2 counters total executed passed
  counters=$(grep -o '<Counters [^>]*' "$trx" 2>/dev/null | tail -n 1)
  number() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
  total=$(number total) executed=$(number executed) passed=$(number passed)
  total=${total:-0} executed=${executed:-0} passed=${passed:-0}
  local failed=$((executed - passed)) skipped=$((total - executed))
  # A project that ended badly with no failure to show for it crashed, hung or did not start.
  [ "$code" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
  # One that ended well without running anything was not found; with arguments (a filter) that is what was asked for.
  [ "$code" -eq 0 ] && [ "$total" -eq 0 ] && [ "$arguments" -eq 0 ] && failed=1
  echo "$passed $failed $skipped"
}

run_tests() {
  arguments=$#
  rm -rf "$results"
  mkdir -p "$results"
  local project name code passed failed skipped seconds table=""
  local all_passed=0 all_failed=0 all_skipped=0
  for project in tests/*/*.Tests.csproj; do
    name=$(basename "$project" .csproj)
    say "--- $name"
    seconds=$SECONDS
    timeout --kill-after=30 20m dotnet test "$project" -c "$configuration" --no-build -nologo \
      --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" --results-directory "$results" \
      --blame-hang-timeout 5m --blame-hang-dump-type none "$@" </dev/null
    code=$?
    read -r passed failed skipped <<<"$(count "$results/$name.trx" $code)"
    table+=$(printf '%-36s %6s passed %4s failed %4s skipped %5s s' "$name" "$passed" "$failed" "$skipped" $((SECONDS - seconds)))$'\n'
    all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed)) all_skipped=$((all_skipped + skipped))
  done
  say ""
  printf '%s' "$table"
  say "$all_passed passed, $all_failed failed, $all_skipped skipped" | tee "$results/summary.txt"
  [ "$all_failed" -eq 0 ]
}

require_dotnet
set_up
build
run_tests "$@"
