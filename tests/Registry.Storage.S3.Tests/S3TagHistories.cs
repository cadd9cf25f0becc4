using Registry.TagHistories;

namespace Registry.Storage.S3;

public sealed class S3TagHistories(CephBucketFixture fixture) : ConcurrentTagHistories(fixture), IClassFixture<CephBucketFixture>;
