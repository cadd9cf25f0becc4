using Amazon.S3;

namespace Registry.Storage.S3;

/// <summary>What the server said: a response, or a refusal that the asker knows what to do with.</summary>
/// <param name="Response">The response, where there was no refusal.</param>
/// <param name="Refusal">The refusal.</param>
internal readonly record struct S3Answer<T>(T? Response, AmazonS3Exception? Refusal)
    where T : class;
