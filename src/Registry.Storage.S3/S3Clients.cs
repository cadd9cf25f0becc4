using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Microsoft.Extensions.Options;

namespace Registry.Storage.S3;

/// <summary>The SDK's clients of one store. They are disposed with it where it made them.</summary>
/// <param name="Main">Repeats what failed, with back-off and jitter.</param>
/// <param name="WithoutRetries">For conditional puts: after a fault the store reads again and decides. The host's own client serves as well, since what it repeated is found out by reading.</param>
/// <param name="Presigner">Makes addresses for clients outside.</param>
internal sealed record S3Clients(IAmazonS3 Main, IAmazonS3 WithoutRetries, IAmazonS3 Presigner) : IDisposable
{
    private readonly List<IAmazonS3> owned = [];

    /// <summary>Uses the host's client, which stays the host's.</summary>
    public static S3Clients Around(IAmazonS3 client, IAmazonS3? presigner, S3ObjectStoreOptions options)
    {
        if (presigner is not null || options.PublicServiceUrl is null)
        {
            return new S3Clients(client, client, presigner ?? client);
        }

        // The host's credentials are not to be had from its client, other than through its configuration and then the SDK's chain.
        IAmazonS3 made = Make(options, options.PublicServiceUrl, options.MaxRetries, client.Config.DefaultAWSCredentials);
        var clients = new S3Clients(client, client, made);
        clients.owned.Add(made);
        return clients;
    }

    /// <summary>Makes clients by the options, with credentials from the SDK's own chain.</summary>
    public static S3Clients Make(S3ObjectStoreOptions options, AWSCredentials? credentials = null)
    {
        IAmazonS3 main = Make(options, options.ServiceUrl, options.MaxRetries, credentials);
        IAmazonS3 withoutRetries = Make(options, options.ServiceUrl, 0, credentials);
        IAmazonS3 presigner = options.PublicServiceUrl is null ? main : Make(options, options.PublicServiceUrl, 0, credentials);
        var clients = new S3Clients(main, withoutRetries, presigner);
        clients.owned.AddRange([main, withoutRetries, presigner]);
        return clients;
    }

    public void Dispose()
    {
        foreach (IAmazonS3 client in owned)
        {
            client.Dispose();
        }
    }

    private static AmazonS3Client Make(S3ObjectStoreOptions options, Uri? address, int retries, AWSCredentials? credentials)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.ForcePathStyle,
            MaxErrorRetry = retries,
            RetryMode = RequestRetryMode.Standard,

            // Many servers do not know the trailing checksums that the SDK would send otherwise; digests are checked by the registry itself.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (address is not null)
        {
            config.ServiceURL = address.AbsoluteUri;
            config.UseHttp = address.Scheme == Uri.UriSchemeHttp;
            config.AuthenticationRegion = options.Region;
        }
        else if (options.Region is not null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        try
        {
            return credentials is null ? new AmazonS3Client(config) : new AmazonS3Client(credentials, config);
        }
        catch (AmazonClientException e) when (address is null && options.Region is null)
        {
            throw new OptionsValidationException(
                Options.DefaultName,
                typeof(S3ObjectStoreOptions),
                [$"{nameof(options.Region)} and {nameof(options.ServiceUrl)} are missing, and the SDK finds no region in its environment (AWS_REGION, profile, instance): {e.Message}"]);
        }
    }
}
