using System.Collections.Concurrent;
using System.Security.Claims;
using Registry.AspNetCore.Credentials;

namespace Registry.AspNetCore.Tests.Credentials;

/// <summary>A host's validator with one user, <c>ann</c>, that keeps what it was asked.</summary>
internal class CountingValidator(string name = "own", string password = "right") : ICredentialValidator
{
    public ConcurrentQueue<RegistryCredentials> Asked { get; } = new();

    public Func<CancellationToken, Task>? Before { get; set; }

    public Exception? Fault { get; set; }

    public string Name => name;

    public async ValueTask<ClaimsIdentity?> ValidateAsync(RegistryCredentials credentials, CancellationToken cancellationToken)
    {
        Asked.Enqueue(credentials);
        if (Before is { } before)
        {
            await before(cancellationToken);
        }

        return Fault is not null ? throw Fault
            : credentials.UserName == "ann" && credentials.Password == password ? new ClaimsIdentity([new Claim(ClaimTypes.Name, "ann")])
            : null;
    }
}
