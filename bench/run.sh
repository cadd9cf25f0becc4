#!/bin/sh
# Measures the sample host against Debian's docker-registry. See README.md; options: run.sh --help.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
out=$here/Registry.Bench/bin/published

publish_subject=yes
need_peer=yes
for argument in "$@"; do
  case $argument in
    --subject|--subject-url|--list|--help) publish_subject=no ;;
    --peer|--peer-url) need_peer=no ;;
  esac
done

if [ $need_peer = yes ] && ! command -v docker-registry >/dev/null; then
  apt-get update -q >&2
  apt-get install -y --no-install-recommends docker-registry >&2
fi

dotnet publish "$here/Registry.Bench" -c Release -o "$out/bench" --nologo -v quiet >&2
if [ $publish_subject = yes ]; then
  dotnet publish "$root/samples/Minimal" -c Release -o "$out/subject" --nologo -v quiet >&2
  set -- --subject "$out/subject/Minimal" "$@"
fi

exec "$out/bench/Registry.Bench" --results "$here/results" "$@"
