using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Errors;

namespace Registry.AspNetCore.RateLimiting;

/// <summary>Answers requests to a registry that the host's rate limiter refuses as the protocol has it (distribution-spec, "Error codes": <c>TOOMANYREQUESTS</c>). Others are answered as the host says.</summary>
internal sealed class RegistryRejections : IPostConfigureOptions<RateLimiterOptions>
{
    private static readonly TimeSpan Otherwise = TimeSpan.FromSeconds(1);

    public void PostConfigure(string? name, RateLimiterOptions options)
    {
        Func<OnRejectedContext, CancellationToken, ValueTask>? hosts = options.OnRejected;
        options.OnRejected = async (rejected, cancellationToken) =>
        {
            HttpContext context = rejected.HttpContext;
            if (context.GetEndpoint()?.Metadata.GetMetadata<RegistryEndpointMetadata>() is null)
            {
                if (hosts is not null)
                {
                    await hosts(rejected, cancellationToken).ConfigureAwait(false);
                }

                return;
            }

            TimeSpan wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan known) ? known : Otherwise;
            IHeaderDictionary headers = context.Response.Headers;
            headers[RegistryHeaders.ApiVersion] = RegistryHeaders.ApiVersionValue;
            headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await ErrorWriter.WriteAsync(context, RegistryErrorCode.TooManyRequests, "There were too many requests. Try again later.").ConfigureAwait(false);
        };
    }
}
