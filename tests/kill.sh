#!/usr/bin/env bash
# Kills hosts while clients push and delete and collectors run, and checks that nothing is lost. See docs/testing.md.
#
#   tests/kill.sh [rounds, 1000 by default] [folder|folder2|s3, all three by default]
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 DOTNET_NOLOGO=1
export REGISTRY_E2E_KILLS=${1:-1000}
filter='FullyQualifiedName~KilledCollectorTests'
case ${2:-} in
  '') ;;
  folder) filter+='&DisplayName~folder&DisplayName!~folder2' ;;
  folder2 | s3) filter+="&DisplayName~$2" ;;
  *) echo "There is no $2: folder, folder2 or s3." >&2; exit 2 ;;
esac
exec dotnet test tests/Registry.EndToEnd.Tests -c Release --filter "$filter" --logger 'console;verbosity=detailed'
