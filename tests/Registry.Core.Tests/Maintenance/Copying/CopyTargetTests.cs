using Registry.Content;
using Registry.Core.Tests.Simulation;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Maintenance.Copying;

public sealed class CopyTargetTests : CopyTest
{
    private async Task<InvalidOperationException> RefusedAsync(IObjectStore? from = null, IObjectStore? to = null)
    {
        List<string> before = await KeysAsync(Target, "");
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => CopyAsync(from, to));
        Assert.Equal(before, await KeysAsync(Target, ""));
        return e;
    }

    [Fact]
    public async Task A_target_with_something_else_in_it_is_refused_and_not_touched()
    {
        await Target.PutAsync("photos/1", Bytes(1), PutCondition.None, Cancel);
        Assert.Contains("neither empty", (await RefusedAsync()).Message, StringComparison.Ordinal);

        await Target.PutAsync(ContentKeys.Format, """{"format":"registry","version":2}"""u8.ToArray(), PutCondition.None, Cancel);
        Assert.Contains("something else", (await RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_that_a_host_has_used_is_refused()
    {
        await Node(Target).EnsureUsableAsync(Cancel);

        Assert.Contains("of its own", (await RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_is_a_registry_of_its_own_from_the_moment_in_which_a_host_starts_on_it()
    {
        await FillAsync(Root);
        await CopyAsync();
        Assert.Contains("copy", await MarkerAsync(Target), StringComparison.Ordinal);

        await Node(Target).EnsureUsableAsync(Cancel);

        Assert.Equal("""{"format":"registry","version":1}""", await MarkerAsync(Target));
        Assert.Contains("of its own", (await RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_of_another_registry_is_refused()
    {
        await CopyAsync();
        Time.Advance(TimeSpan.FromSeconds(1));
        var other = new InMemoryObjectStore(Time);
        await Node(other).EnsureUsableAsync(Cancel);

        Assert.Contains("another registry", (await RefusedAsync(from: other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_is_no_registry_or_half_a_copy_is_refused()
    {
        await RefusedAsync(from: new InMemoryObjectStore(Time));
        var half = new InMemoryObjectStore(Time);
        await Assert.ThrowsAnyAsync<IOException>(() => CopyAsync(to: new DyingStore(half, 5, afterEffect: true)));
        Assert.StartsWith("""{"format":"registry-copy","version":1""", await MarkerAsync(half), StringComparison.Ordinal);

        await RefusedAsync(from: half);
    }

    [Fact]
    public async Task Who_begins_to_copy_to_the_same_target_ends_the_copy_before()
    {
        await FillAsync(Root);
        var hooked = new HookedStore(Store);
        hooked.OnceBefore(static call => call.Is(StoreOperation.Get, ContentKeys.CatalogPrefix) || call.Is(StoreOperation.List, ContentKeys.CatalogPrefix), async () => await CopyAsync());

        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => CopyAsync(from: hooked));

        Assert.Contains("Somebody else", e.Message, StringComparison.Ordinal);
        Assert.Empty(await ContentInvariants.AtRestAsync(Target, Cancel));
        Assert.Equal(await PullAllAsync(Store), await PullAllAsync(Target));
    }

    [Fact]
    public async Task Who_begins_to_copy_while_another_copy_makes_bytes_a_blob_leaves_no_blob_without_bytes()
    {
        await FillAsync(Root);
        bool reached = true;
        for (int step = 1; reached; step++)
        {
            var target = new InMemoryObjectStore(Time);
            var hooked = new HookedStore(target.Share());
            Func<bool> did = hooked.BeforeStep(step, async () => await CopyAsync(to: target.Share()));

            await Record.ExceptionAsync(() => CopyAsync(to: hooked));
            reached = did();

            Assert.Empty(await ContentInvariants.AlwaysAsync(target, Cancel));
            await CopyAsync(to: target);
            Assert.Equal(await PullAllAsync(Store), await PullAllAsync(target));
        }
    }
}
