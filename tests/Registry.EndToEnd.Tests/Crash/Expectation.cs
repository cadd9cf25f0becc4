namespace Registry.EndToEnd.Tests.Crash;

/// <summary>
/// What may be found under one name (a tag, a manifest, a blob): a digest, or null for nothing. A request that was sent
/// and not answered may have taken effect or not, so both are allowed until one is seen; one that was acknowledged has.
/// </summary>
internal sealed class Expectation
{
    private readonly HashSet<string?> _allowed = [null];

    /// <summary>Nothing else than presence is allowed.</summary>
    public bool IsCertain => _allowed.Count == 1 && !_allowed.Contains(null);

    /// <summary>What it certainly is, if that is known and not nothing.</summary>
    public string? Certain => _allowed.Count == 1 ? _allowed.Single() : null;

    public bool Allows(string? value) => _allowed.Contains(value);

    /// <summary>A request that leads to <paramref name="value"/> is under way.</summary>
    public void Attempt(string? value) => _allowed.Add(value);

    /// <summary>The registry has said that it is now <paramref name="value"/>.</summary>
    public void Acknowledge(string? value)
    {
        _allowed.Clear();
        _allowed.Add(value);
    }

    /// <summary>The registry has said that it is no longer <paramref name="value"/>.</summary>
    public void Exclude(string value)
    {
        _allowed.Remove(value);
        _allowed.Add(null);
    }

    /// <summary>It was seen after a restart: that must have been allowed, and it stays so.</summary>
    public void Observe(string? value, string what)
    {
        Assert.True(
            _allowed.Contains(value),
            $"{what} is {value ?? "absent"}, and may only be {string.Join(" or ", _allowed.Select(allowed => allowed ?? "absent"))}");
        Acknowledge(value);
    }
}
