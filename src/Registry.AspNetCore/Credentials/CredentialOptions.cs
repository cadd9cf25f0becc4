namespace Registry.AspNetCore.Credentials;

/// <summary>How a registry deals with failed sign-ins, and for how long it remembers accepted ones.</summary>
public sealed class CredentialOptions
{
    private const int MaxFailures = 1000;
    private const int MaxAddressFailures = 100_000;
    private static readonly TimeSpan MinWindow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxWindow = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxFirstDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxLastDelay = TimeSpan.FromDays(1);
    private static readonly TimeSpan MaxMemory = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MinUseInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxUseInterval = TimeSpan.FromDays(1);

    /// <summary>
    /// How many failures of one user name from one address are looked at within <see cref="FailureWindow"/>; after them, attempts are refused for a while without a look. 10 by default, from
    /// 1 to 1,000. Failures from other addresses do not count, so that a stranger cannot lock anybody out.
    /// </summary>
    public int FailuresBeforeThrottle { get; set; } = 10;

    /// <summary>The same for one address, whatever the user name: 100 by default, from <see cref="FailuresBeforeThrottle"/> to 100,000.</summary>
    public int FailuresBeforeAddressThrottle { get; set; } = 100;

    /// <summary>The period in which failures are counted: one minute by default, from one second to one hour.</summary>
    public TimeSpan FailureWindow { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the first refusal lasts. Each further failure doubles it. One second by default, from one second to one minute.</summary>
    public TimeSpan FirstThrottleDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a refusal lasts at most, and how long it takes without a failure until the doubling is forgotten: 15 minutes by default, from <see cref="FirstThrottleDelay"/> to one day.
    /// </summary>
    public TimeSpan MaxThrottleDelay { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// How long an accepted password is remembered (as a keyed hash), so that clients which send it with every request do not cost a slow hash each time. One minute by default, at most five;
    /// zero remembers nothing. Users of an <see cref="IAccountDirectory"/> that are removed or get another password are refused at once all the same.
    /// </summary>
    public TimeSpan RememberAcceptedFor { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the last uses of API keys are written to the store: five minutes by default, from ten seconds to one day.</summary>
    public TimeSpan ApiKeyUseInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Names every setting that is out of its range.</summary>
    internal IEnumerable<string> Validate()
    {
        if (FailuresBeforeThrottle is < 1 or > MaxFailures)
        {
            yield return $"{nameof(FailuresBeforeThrottle)} is {FailuresBeforeThrottle}; it must be from 1 to 1,000.";
        }

        if (FailuresBeforeAddressThrottle < FailuresBeforeThrottle || FailuresBeforeAddressThrottle > MaxAddressFailures)
        {
            yield return $"{nameof(FailuresBeforeAddressThrottle)} is {FailuresBeforeAddressThrottle}; it must be from {nameof(FailuresBeforeThrottle)} ({FailuresBeforeThrottle}) to 100,000.";
        }

        if (FailureWindow < MinWindow || FailureWindow > MaxWindow)
        {
            yield return $"{nameof(FailureWindow)} is {FailureWindow}; it must be from one second to one hour.";
        }

        if (FirstThrottleDelay < MinWindow || FirstThrottleDelay > MaxFirstDelay)
        {
            yield return $"{nameof(FirstThrottleDelay)} is {FirstThrottleDelay}; it must be from one second to one minute.";
        }

        if (MaxThrottleDelay < FirstThrottleDelay || MaxThrottleDelay > MaxLastDelay)
        {
            yield return $"{nameof(MaxThrottleDelay)} is {MaxThrottleDelay}; it must be from {nameof(FirstThrottleDelay)} ({FirstThrottleDelay}) to one day.";
        }

        if (RememberAcceptedFor < TimeSpan.Zero || RememberAcceptedFor > MaxMemory)
        {
            yield return $"{nameof(RememberAcceptedFor)} is {RememberAcceptedFor}; it must be from zero to five minutes.";
        }

        if (ApiKeyUseInterval < MinUseInterval || ApiKeyUseInterval > MaxUseInterval)
        {
            yield return $"{nameof(ApiKeyUseInterval)} is {ApiKeyUseInterval}; it must be from ten seconds to one day.";
        }
    }
}
