using System.ComponentModel.DataAnnotations;

namespace Registry.Storage.S3;

/// <summary>
/// Where and how <see cref="S3ObjectStore"/> keeps objects. Credentials are never among these: they come with the host's <c>IAmazonS3</c> or from the
/// SDK's own chain (environment, profile, container or instance role).
/// </summary>
public sealed class S3ObjectStoreOptions
{
    /// <summary>The bucket that everything is kept in. It has to exist.</summary>
    [Required]
    public string Bucket { get; set; } = "";

    /// <summary>What all keys in the bucket begin with, at most 100 printable ASCII characters, such as <c>registry/</c>; empty by default. Nothing else may use it.</summary>
    [StringLength(100)]
    [RegularExpression("[!-~]*")]
    public string Prefix { get; set; } = "";

    /// <summary>The address of a server other than AWS, such as <c>https://s3.example.com</c>. Used where the store makes the client itself.</summary>
    public Uri? ServiceUrl { get; set; }

    /// <summary>The region, such as <c>eu-central-1</c>. Used where the store makes the client itself; by default what the SDK finds in its environment.</summary>
    public string? Region { get; set; }

    /// <summary>Whether the bucket is named in the path instead of the host name, as most servers other than AWS want it. Used where the store makes the client itself.</summary>
    public bool ForcePathStyle { get; set; }

    /// <summary>How many times a request is tried again after a fault that may pass, 0 to 10. Used where the store makes the client itself.</summary>
    [Range(0, 10)]
    public int MaxRetries { get; set; } = 3;

    /// <summary>The address that clients reach the server at, for download addresses, where it differs from the one the host uses.</summary>
    public Uri? PublicServiceUrl { get; set; }

    /// <summary>How many parts of one upload are sent at the same time, 1 to 16. Each takes a buffer of 8 MiB, and more in uploads of many GiB.</summary>
    [Range(1, 16)]
    public int MaxPartsInFlight { get; set; } = 3;

    /// <summary>The server-side encryption asked for: <c>AES256</c>, <c>aws:kms</c> or <c>aws:kms:dsse</c>; by default what the bucket is set to.</summary>
    [RegularExpression("AES256|aws:kms|aws:kms:dsse")]
    public string? ServerSideEncryption { get; set; }

    /// <summary>The id of the KMS key to encrypt with, where <see cref="ServerSideEncryption"/> is one of the KMS kinds.</summary>
    public string? KmsKeyId { get; set; }

    /// <summary>The storage class of uploaded data, such as <c>INTELLIGENT_TIERING</c>; records stay in the bucket's default class.</summary>
    public string? DataStorageClass { get; set; }

    /// <summary>
    /// Says that one process alone uses the bucket, so that a server without conditional puts will do: the process then excludes its own writers
    /// from each other. Two processes with this setting lose each other's writes.
    /// </summary>
    public bool SingleNode { get; set; }

    /// <summary>After this many failures in a row, 1 to 1,000, requests are refused at once for <see cref="CircuitBreak"/> instead of waiting for a server that is away.</summary>
    [Range(1, 1000)]
    public int CircuitFailures { get; set; } = 8;

    /// <summary>How long requests are refused at once after <see cref="CircuitFailures"/>; zero switches it off, 10 minutes is the most.</summary>
    public TimeSpan CircuitBreak { get; set; } = TimeSpan.FromSeconds(5);
}
