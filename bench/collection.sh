#!/bin/sh
# Measures the collector: a full scan of generated content in memory and on disk, and the peer's garbage-collect beside ours. Prints rows of Markdown tables; README.md says what they are.
#
#   bench/collection.sh                 1,000,000 blobs and 5,000,000 refs; 300 images
#   bench/collection.sh 20000 100       fewer
#
# The full size takes 17,500,000 inodes, since a ref is a file in two folders: 15 GB on XFS, 80 GB on ext4 if it has as many. TMPDIR says where. Half an hour on a small machine, most of it to write and to remove the files; much longer on ext4.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$here/Registry.CollectionBench/bin/published
blobs=${1:-1000000} images=${2:-300}

if ! dpkg-query -W -f '' docker-registry 2>/dev/null; then
  apt-get update -q >&2
  apt-get install -y --no-install-recommends docker-registry >&2
fi

dotnet publish "$here/Registry.CollectionBench" -c Release -o "$out" --nologo -v quiet >&2
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

echo '| full scan | content | time | objects | processor | peak memory | store requests | per object |'
echo '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |'
"$out/Registry.CollectionBench" in-memory "$blobs"
"$out/Registry.CollectionBench" fill "$data/scan" "$blobs"
"$out/Registry.CollectionBench" scan "$data/scan"
echo
echo '| garbage | content | time | freed |'
echo '| --- | --- | ---: | ---: |'
"$out/Registry.CollectionBench" garbage "$data/garbage" "$images"
