using Registry.Storage.Testing;
using Xunit.Sdk;

namespace Registry.Storage.Contract;

public sealed class AlwaysUnavailableStoreContract(InMemoryStoreFixture fixture) : UnreachableStoreContract(fixture), IClassFixture<InMemoryStoreFixture>
{
    protected override ValueTask<IObjectStore> OpenUnreachableStoreAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IObjectStore>(new FailingStore(() => new StoreUnavailableException("Nobody listens.")));
}

public sealed class UnreachableStoreContractTests
{
    [Fact]
    public async Task The_contract_finds_a_store_that_lets_the_connections_own_exception_through()
    {
        var contract = new Contract();
        Func<Task>[] tests =
        [
            contract.A_get_says_so, contract.Opening_an_object_says_so, contract.A_put_says_so, contract.A_delete_says_so, contract.A_listing_says_so,
            contract.An_upload_says_so_by_its_first_flush, contract.Going_on_with_an_upload_says_so_by_its_first_flush, contract.Completing_an_upload_says_so, contract.Aborting_an_upload_says_so,
        ];

        foreach (Func<Task> test in tests)
        {
            await Assert.ThrowsAnyAsync<XunitException>(test);
        }
    }

    private sealed class Contract() : UnreachableStoreContract(new InMemoryStoreFixture())
    {
        protected override ValueTask<IObjectStore> OpenUnreachableStoreAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<IObjectStore>(new FailingStore(() => new HttpRequestException("Connection refused.")));
    }
}

internal sealed class FailingStore(Func<Exception> fault) : IObjectStore
{
    public ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) => FailAsync<SmallObject?>(cancellationToken);

    public ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) => FailAsync<ObjectContent?>(cancellationToken);

    public ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) => FailAsync<PutResult>(cancellationToken);

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) => await FailAsync<bool>(cancellationToken);

    public ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken) => FailAsync<KeyPage>(cancellationToken);

    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken) => FailAsync<UploadToken>(cancellationToken);

    public ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken) => FailAsync<ObjectAppender?>(cancellationToken);

    public ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken) => FailAsync<string?>(cancellationToken);

    public async ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken) => await FailAsync<bool>(cancellationToken);

    private ValueTask<T> FailAsync<T>(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<T>(cancellationToken) : ValueTask.FromException<T>(fault());
}
