using Registry.Storage.Azure.Tests.Testing;
using Registry.TagHistories;

namespace Registry.Storage.Azure.Tests;

public sealed class AzureTagHistories(AzuriteStoreFixture fixture) : ConcurrentTagHistories(fixture), IClassFixture<AzuriteStoreFixture>;
