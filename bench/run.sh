#!/bin/sh
# Measures the sample host against Debian's docker-registry. See README.md; options: run.sh --help.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
out=$here/Registry.Bench/bin/published

publish_subject=yes
publish_host=yes
need_peer=yes
sample=Minimal program=Minimal packages=docker-registry
for argument in "$@"; do
  case $argument in
    --subject|--subject-url) publish_subject=no ;;
    --list|--help) publish_subject=no publish_host=no ;;
    --peer|--peer-url) need_peer=no ;;
    s3) publish_host=no sample=S3 program=RegistryOnS3 packages="docker-registry ceph-mon ceph-osd radosgw" ;;
  esac
done

[ $need_peer = yes ] || packages=${packages#docker-registry}
# shellcheck disable=SC2086 # a list of words
if [ -n "$packages" ] && ! dpkg-query -W -f '' $packages 2>/dev/null; then
  apt-get update -q >&2
  apt-get install -y --no-install-recommends $packages >&2
fi

dotnet publish "$here/Registry.Bench" -c Release -o "$out/bench" --nologo -v quiet >&2
if [ $publish_subject = yes ]; then
  dotnet publish "$root/samples/$sample" -c Release -o "$out/subject-$sample" --nologo -v quiet >&2
  set -- --subject "$out/subject-$sample/$program" "$@"
fi
if [ $publish_host = yes ]; then
  dotnet publish "$here/Registry.BenchHost" -c Release -o "$out/host" --nologo -v quiet >&2
  host=$out/host/Registry.BenchHost
fi

exec "$out/bench/Registry.Bench" --results "$here/results" --sign-in-host "${host:-Registry.BenchHost}" "$@"
