using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Registry.Storage.Faults;

/// <summary>Each of some faults with each condition of a put.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CombinatorialFaultsAttribute(params string[] faults) : DataAttribute
{
    private static readonly string[] Conditions = ["none", "absent", "match"];

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>([.. faults.SelectMany(static fault => Conditions.Select(condition => new TheoryDataRow(fault, condition)))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
