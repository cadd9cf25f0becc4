namespace Registry.Bench;

/// <summary>What the host of the sign-in rows and the benchmark have to agree on.</summary>
internal static class SignInNames
{
    public const string User = "ann";

    public const string Password = "a password for the benchmark";

    /// <summary>The feed that the user has a role in: where there are 200, the one in the middle.</summary>
    public const string Feed = "team100";

    public const string Role = "writers-100";

    /// <summary>Says, and starts again, how often the host's store was asked for anything.</summary>
    public const string OperationsPath = "/bench/operations";

    /// <summary>Makes an entry beside the catalog's and takes it away again.</summary>
    public const string ChangePath = "/bench/change";

    /// <summary>Decides the last request again, as often as <c>count</c> says, and answers nanoseconds and bytes of one decision.</summary>
    public const string DecisionsPath = "/bench/decisions";
}
