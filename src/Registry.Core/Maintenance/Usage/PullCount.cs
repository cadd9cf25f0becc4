using System.Text.Json.Serialization;

namespace Registry.Maintenance.Usage;

/// <summary>Pulls of one name: a manifest's digest or a tag.</summary>
/// <param name="Last">When the last of them was, in Unix seconds.</param>
/// <param name="Pulls">How many there were.</param>
internal readonly record struct PullCount([property: JsonPropertyName("at")] long Last, [property: JsonPropertyName("pulls")] long Pulls)
{
    /// <summary>Both together: it does not matter who counted which.</summary>
    public static PullCount operator +(PullCount left, PullCount right) => new(Math.Max(left.Last, right.Last), left.Pulls + right.Pulls);
}
