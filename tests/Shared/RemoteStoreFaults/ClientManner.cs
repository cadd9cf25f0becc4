namespace Registry.Storage.Faults;

/// <summary>How a client library goes about faults.</summary>
public enum ClientManner
{
    /// <summary>As a store's own settings have it, only that it does not wait long between attempts.</summary>
    Usual,

    /// <summary>It tries everything twice and then gives up.</summary>
    GivesUpSoon,

    /// <summary>It waits for an answer for no more than two seconds, and tries again often.</summary>
    WaitsBriefly,
}
