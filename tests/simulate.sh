#!/usr/bin/env bash
# Runs the long simulation of the content protocol: a million interleavings, or as many as are asked for.
#
#   tests/simulate.sh                    1,000,000 interleavings, then every mutant
#   tests/simulate.sh 5000000            more of them
#   tests/simulate.sh 1000000 7000000    others: those of the seeds from 7,000,000 on
#
# A failure prints its seed and a short story. It ends with how many interleavings there were, and how many a second.
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export REGISTRY_SIMULATION_RUNS=${1:-1000000} REGISTRY_SIMULATION_SEED=${2:-0}
export DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

project=tests/Registry.Simulation.Tests
dotnet build -c Release "$project" -v q
simulation=$project/bin/Release/net10.0/Registry.Simulation.Tests
"$simulation" -class Registry.Simulation.SimulationTests -diagnostics -noColor -noLogo
REGISTRY_SIMULATION_RUNS=100000 "$simulation" -class Registry.Simulation.MutantTests -diagnostics -noColor -noLogo
