using Registry.Core.Tests.Content;
using Registry.Model;

namespace Registry.Core.Tests.Model;

public sealed class UlidTests
{
    [Fact]
    public void An_id_tells_when_it_was_made()
    {
        var time = new FakeTime();
        string id = new Ulid(time).Next();

        Assert.True(Ulid.TryGetTime(id, out DateTimeOffset made));
        Assert.Equal(time.GetUtcNow().ToUnixTimeMilliseconds(), made.ToUnixTimeMilliseconds());
    }

    [Fact]
    public void Ids_sort_by_the_time_they_were_made_at()
    {
        var time = new FakeTime();
        var ids = new Ulid(time);
        var made = new List<string>();
        var random = new Random(1);
        for (int i = 0; i < 2_000; i++)
        {
            made.Add(ids.Next());
            time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 1 << random.Next(1, 30))));
        }

        Assert.Equal(made.Order(StringComparer.Ordinal), made);
    }

    [Fact]
    public void Ids_of_the_same_millisecond_differ()
    {
        var ids = new Ulid(new FakeTime());
        Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(_ => ids.Next()).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Ids_are_in_lower_case_and_of_one_length()
    {
        var ids = new Ulid(new FakeTime());
        for (int i = 0; i < 1_000; i++)
        {
            string id = ids.Next();
            Assert.True(Ulid.IsValid(id));
            Assert.Equal(26, id.Length);
            Assert.DoesNotContain(id, static c => c is 'i' or 'l' or 'o' or 'u' || !(char.IsAsciiDigit(c) || char.IsAsciiLetterLower(c)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("01arz3ndektsv4rrffq69g5fa")]
    [InlineData("01arz3ndektsv4rrffq69g5favv")]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAV")]
    [InlineData("81arz3ndektsv4rrffq69g5fav")]
    [InlineData("01arz3ndektsv4rrffq69g5fau")]
    [InlineData("01arz3ndektsv4rrffq69g5f/v")]
    [InlineData("../arz3ndektsv4rrffq69g5fa")]
    public void Anything_else_is_no_id(string text)
    {
        Assert.False(Ulid.IsValid(text));
        Assert.False(Ulid.TryGetTime(text, out _));
    }

    [Fact]
    public void The_first_and_the_specification_s_example_id_have_their_times()
    {
        Assert.True(Ulid.TryGetTime("00000000000000000000000000", out DateTimeOffset first));
        Assert.Equal(DateTimeOffset.UnixEpoch, first);
        Assert.True(Ulid.TryGetTime("01arz3ndektsv4rrffq69g5fav", out DateTimeOffset example));
        Assert.Equal(1469922850259, example.ToUnixTimeMilliseconds());
    }

    [Fact]
    public void An_id_beyond_the_calendar_has_no_time_and_is_no_fault() => Assert.False(Ulid.TryGetTime("7zzzzzzzzzzzzzzzzzzzzzzzzz", out _));
}
