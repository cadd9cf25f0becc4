using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Registry.Storage.S3;

/// <summary>Names every mistake at once. Written out by hand: validation by reflection over annotations does not survive trimming.</summary>
internal sealed partial class S3ObjectStoreOptionsValidator : IValidateOptions<S3ObjectStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, S3ObjectStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> mistakes = [.. Mistakes(options)];
        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }

    /// <summary>Throws with all mistakes in one message.</summary>
    public static void ThrowIfInvalid(S3ObjectStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> mistakes = [.. Mistakes(options)];
        if (mistakes.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(S3ObjectStoreOptions), mistakes);
        }
    }

    private static IEnumerable<string> Mistakes(S3ObjectStoreOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Bucket))
        {
            yield return $"{nameof(options.Bucket)} is missing: the name of the bucket to keep everything in.";
        }
        else if (!BucketName().IsMatch(options.Bucket))
        {
            yield return $"{nameof(options.Bucket)} '{options.Bucket}' is no bucket's name: 3 to 63 letters, digits, '.', '-' and '_'.";
        }

        if (options.Prefix is null || options.Prefix.Length > 100 || options.Prefix.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            yield return $"{nameof(options.Prefix)} has at most 100 printable ASCII characters without spaces.";
        }
        else if (options.Prefix.StartsWith('/') || options.Prefix.Contains("//", StringComparison.Ordinal) || options.Prefix.Split('/').Any(static part => part is "." or ".."))
        {
            yield return $"{nameof(options.Prefix)} '{options.Prefix}' does not begin with '/' and has no part that is empty, '.' or '..'.";
        }

        foreach ((string property, Uri? address) in ((string, Uri?)[])[(nameof(options.ServiceUrl), options.ServiceUrl), (nameof(options.PublicServiceUrl), options.PublicServiceUrl)])
        {
            if (address is not null && !(address.IsAbsoluteUri && address.Scheme is "http" or "https"))
            {
                yield return $"{property} '{address}' is no absolute http or https address.";
            }
        }

        if (options.ServerSideEncryption is not (null or "AES256" or "aws:kms" or "aws:kms:dsse"))
        {
            yield return $"{nameof(options.ServerSideEncryption)} '{options.ServerSideEncryption}' is none of AES256, aws:kms and aws:kms:dsse.";
        }

        if (options.KmsKeyId is not null && options.ServerSideEncryption is not ("aws:kms" or "aws:kms:dsse"))
        {
            yield return $"{nameof(options.KmsKeyId)} needs {nameof(options.ServerSideEncryption)} to be aws:kms or aws:kms:dsse.";
        }

        foreach ((string property, int value, int least, int most) in ((string, int, int, int)[])
            [(nameof(options.MaxRetries), options.MaxRetries, 0, 10), (nameof(options.MaxPartsInFlight), options.MaxPartsInFlight, 1, 16), (nameof(options.CircuitFailures), options.CircuitFailures, 1, 1000)])
        {
            if (value < least || value > most)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{property} is {value}; it may be {least} to {most}.");
            }
        }

        if (options.CircuitBreak < TimeSpan.Zero || options.CircuitBreak > TimeSpan.FromMinutes(10))
        {
            yield return $"{nameof(options.CircuitBreak)} is {options.CircuitBreak}; it may be zero to 10 minutes.";
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{2,62}\z")]
    private static partial Regex BucketName();
}
