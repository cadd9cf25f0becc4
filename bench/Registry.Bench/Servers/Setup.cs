namespace Registry.Bench.Servers;

/// <summary>How a server is started.</summary>
/// <param name="Folder">An existing folder for its log, and for its data where there is no bucket.</param>
/// <param name="Bucket">Where it keeps its data instead; null for the folder.</param>
/// <param name="Redirects">Whether pulls of blobs are sent on to the bucket.</param>
/// <param name="Scopes">What a token is asked for, where clients have to sign in.</param>
internal sealed record Setup(string Folder, Bucket? Bucket, bool Redirects, IReadOnlyList<string> Scopes);

/// <summary>A bucket of one server alone, on an object store that both share.</summary>
internal sealed record Bucket(Uri Address, string Name, string AccessKey, string SecretKey);
