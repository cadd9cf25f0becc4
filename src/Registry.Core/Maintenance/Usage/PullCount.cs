using System.Text.Json.Serialization;

namespace Registry.Maintenance.Usage;

/// <summary>Pulls of one name: a manifest's digest or a tag.</summary>
/// <param name="Last">When the last of them was, or the last use that is no pull, in Unix seconds.</param>
/// <param name="Pulls">How many pulls there were; 0 where there were other uses alone.</param>
internal readonly record struct PullCount([property: JsonPropertyName("at")] long Last, [property: JsonPropertyName("pulls")] long Pulls)
{
    /// <summary>Both together: it does not matter who counted which.</summary>
    public static PullCount operator +(PullCount left, PullCount right) => new(Math.Max(left.Last, right.Last), left.Pulls + right.Pulls);
}
