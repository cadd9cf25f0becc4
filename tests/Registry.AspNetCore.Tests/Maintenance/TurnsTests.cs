using Registry.AspNetCore.Maintenance;

namespace Registry.AspNetCore.Tests.Maintenance;

/// <summary>Where a round over stores or feeds begins.</summary>
public sealed class TurnsTests
{
    private readonly Turns _turns = new();

    [Fact]
    public async Task A_round_begins_where_the_one_before_was_stopped()
    {
        Assert.Equal("a b c", await RoundAsync(["a", "b", "c"]));
        Assert.Equal("a b", await RoundAsync(["a", "b", "c"], stopAt: "b"));
        Assert.Equal("b c a", await RoundAsync(["a", "b", "c"]));
        Assert.Equal("a b c", await RoundAsync(["a", "b", "c"]));
    }

    [Fact]
    public async Task A_round_whose_first_name_is_gone_begins_at_the_beginning()
    {
        await RoundAsync(["a", "b"], stopAt: "b");

        Assert.Equal("a c", await RoundAsync(["a", "c"]));
    }

    private async Task<string> RoundAsync(string[] names, string? stopAt = null)
    {
        var order = new List<string>();
        Exception? fault = await Record.ExceptionAsync(() => _turns.RunAsync(
            names,
            name =>
            {
                order.Add(name);
                return name == stopAt ? throw new OperationCanceledException() : ValueTask.CompletedTask;
            }).AsTask());
        Assert.Equal(stopAt is not null, fault is OperationCanceledException);
        return string.Join(' ', order);
    }
}
