#!/usr/bin/env bash
# Has clients push, pull and delete through two hosts that collect all the time, and checks that neither the store nor memory grows. See docs/testing.md.
#
#   tests/soak.sh [minutes, 60 by default]
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 DOTNET_NOLOGO=1
export REGISTRY_E2E_SOAK_MINUTES=${1:-60}
exec dotnet test tests/Registry.EndToEnd.Tests -c Release --filter 'FullyQualifiedName~SoakTests' --logger 'console;verbosity=detailed'
