using System.Diagnostics;
using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Registry.AspNetCore.Authorization;

namespace Registry.BenchHost;

/// <summary>Keeps what the registry asked the host's authorization last, and asks it again and again. It takes no part in what is measured.</summary>
internal sealed class DecisionRecorder(IServiceProvider services) : IAuthorizationService
{
    private readonly DefaultAuthorizationService inner = ActivatorUtilities.CreateInstance<DefaultAuthorizationService>(services);
    private volatile Call? last;

    public Task<AuthorizationResult> AuthorizeAsync(ClaimsPrincipal user, object? resource, IEnumerable<IAuthorizationRequirement> requirements)
    {
        IAuthorizationRequirement[] all = [.. requirements];
        if (resource is RegistryResource known)
        {
            last = new Call(user, known, all[0]);
        }

        return inner.AuthorizeAsync(user, resource, all);
    }

    public Task<AuthorizationResult> AuthorizeAsync(ClaimsPrincipal user, object? resource, string policyName) => inner.AuthorizeAsync(user, resource, policyName);

    /// <summary>Decides the last call again.</summary>
    /// <param name="count">How often.</param>
    /// <returns>Nanoseconds and allocated bytes of one decision, with a space between them.</returns>
    public async Task<string> MeasureAsync(int count)
    {
        (ClaimsPrincipal user, RegistryResource resource, IAuthorizationRequirement requirement) = last ?? throw new InvalidOperationException("Nothing was decided yet.");
        int thread = Environment.CurrentManagedThreadId;
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            // What the registry makes anew for each decision is made here, too.
            var made = new RegistryResource(resource.Registry, resource.Feed, resource.Repository, resource.Tag);
            if (!(await inner.AuthorizeAsync(user, made, [requirement])).Succeeded)
            {
                throw new InvalidOperationException("What was allowed is not any more.");
            }
        }

        double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds / count;
        double allocated = (GC.GetAllocatedBytesForCurrentThread() - bytes) / (double)count;
        return thread == Environment.CurrentManagedThreadId
            ? string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0.0} {allocated:0}")
            : throw new InvalidOperationException("A decision waited for something; its bytes were not counted.");
    }

    private sealed record Call(ClaimsPrincipal User, RegistryResource Resource, IAuthorizationRequirement Requirement);
}
