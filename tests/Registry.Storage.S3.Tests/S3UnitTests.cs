using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Microsoft.Extensions.Options;
using Registry.Storage.S3.Uploads;

namespace Registry.Storage.S3;

public sealed class S3UnitTests
{
    [Fact]
    public void Five_tebibytes_fit_in_the_parts_that_s3_allows()
    {
        long total = Enumerable.Range(1, PartSizes.MaxParts).Sum(static number => (long)PartSizes.Of(number));

        Assert.True(total >= 5L << 40, $"{total} bytes fit.");
        Assert.Equal(8 * PartSizes.MiB, PartSizes.Of(800));
        Assert.Equal(16 * PartSizes.MiB, PartSizes.Of(801));
        Assert.Equal(PartSizes.Most, PartSizes.Of(PartSizes.MaxParts));
    }

    [Fact]
    public void Fewer_parts_are_on_their_way_as_they_grow()
    {
        Assert.Equal(4, PartSizes.InFlight(8 * PartSizes.MiB, 4));
        Assert.Equal(4, PartSizes.InFlight(16 * PartSizes.MiB, 4));
        Assert.Equal(2, PartSizes.InFlight(32 * PartSizes.MiB, 4));
        Assert.Equal(1, PartSizes.InFlight(PartSizes.Most, 4));
    }

    [Fact]
    public void A_token_reads_as_it_was_written()
    {
        var token = new S3UploadToken("data/x|y~%+", "2~up load/+id", "-0123", 10_000, 5L << 40, new string('b', 64), "etag-3", new string('c', S3UploadToken.TailNameLength), 1000, new string('d', 64), 2);

        Assert.Equal(token, S3UploadToken.Parse(token.ToToken()));
        Assert.Equal(S3UploadToken.Begin("k"), S3UploadToken.Parse(S3UploadToken.Begin("k").ToToken()));
    }

    [Fact]
    public void All_mistakes_in_the_options_are_named_at_once()
    {
        var options = new S3ObjectStoreOptions
        {
            Bucket = " ", Prefix = "/x", ServiceUrl = new Uri("ftp://x"), ServerSideEncryption = "rot13", KmsKeyId = "key", MaxRetries = 11, MaxPartsInFlight = 0, CircuitBreak = TimeSpan.FromHours(1),
        };

        ValidateOptionsResult result = new S3ObjectStoreOptionsValidator().Validate(null, options);

        Assert.All(
            (string[])["Bucket", "Prefix", "ServiceUrl", "ServerSideEncryption", "KmsKeyId", "MaxRetries", "MaxPartsInFlight", "CircuitBreak"],
            name => Assert.Contains(result.Failures!, failure => failure.StartsWith(name, StringComparison.Ordinal)));
    }

    [Fact]
    public void An_open_circuit_says_what_failed()
    {
        var circuit = new S3Circuit(1, TimeSpan.FromSeconds(5), new MovableTime());
        var fault = new IOException("connection refused");
        circuit.Failed(fault);

        var refused = Assert.Throws<StoreUnavailableException>(circuit.ThrowIfOpen);

        Assert.EndsWith("connection refused", refused.Message, StringComparison.Ordinal);
        Assert.Same(fault, refused.InnerException);
    }

    [Theory]
    [InlineData("NoSuchBucket", HttpStatusCode.NotFound, "Create it first")]
    [InlineData("SignatureDoesNotMatch", HttpStatusCode.Forbidden, "credentials")]
    [InlineData("AccessDenied", HttpStatusCode.Forbidden, "s3:PutObject")]
    public void A_refusal_says_what_to_do(string code, HttpStatusCode status, string said)
    {
        var refusal = new AmazonS3Exception("Refused.", ErrorType.Sender, code, "id", status);

        Assert.Contains(said, S3Faults.Translate(refusal, "Writing 'k'", "bucket").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_circuit_refuses_for_a_while_after_several_failures_in_a_row()
    {
        var time = new MovableTime();
        var circuit = new S3Circuit(3, TimeSpan.FromSeconds(5), time);
        circuit.Failed(new IOException("away"));
        circuit.Failed(new IOException("away"));
        circuit.Answered();
        circuit.Failed(new IOException("away"));
        circuit.Failed(new IOException("away"));
        circuit.ThrowIfOpen();

        circuit.Failed(new IOException("away"));

        Assert.Equal(TimeSpan.FromSeconds(5), Assert.Throws<StoreUnavailableException>(circuit.ThrowIfOpen).RetryAfter);
        time.Now += TimeSpan.FromSeconds(5);
        circuit.ThrowIfOpen();
        circuit.Failed(new IOException("away"));
        Assert.Throws<StoreUnavailableException>(circuit.ThrowIfOpen);
    }

    private sealed class MovableTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
