using Registry.Content.Caching;

namespace Registry.Core.Tests.Content.Caching;

public sealed class FactCacheTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private readonly FakeTime time = new();

    private FactCache<string, string> Make(TimeSpan? lifetime = null, long maxWeight = 0) =>
        new(lifetime ?? Lifetime, time, maxWeight > 0 ? static fact => fact.Length : null, maxWeight);

    [Fact]
    public void A_fact_is_fresh_for_its_lifetime_and_a_hint_afterwards()
    {
        FactCache<string, string> cache = Make();
        cache.Begin("a").Remember("one");

        time.Advance(Lifetime - TimeSpan.FromTicks(1));
        Assert.True(cache.TryGetFresh("a", out string? fact));
        Assert.Equal("one", fact);
        time.Advance(TimeSpan.FromTicks(1));

        Assert.False(cache.TryGetFresh("a", out _));
        Assert.True(cache.TryFind("a", out fact, out bool isFresh));
        Assert.Equal(("one", false), (fact, isFresh));
    }

    [Fact]
    public void A_fact_is_as_old_as_the_beginning_of_the_look_that_found_it()
    {
        FactCache<string, string> cache = Make();
        FactCache<string, string>.Look slow = cache.Begin("a");
        time.Advance(Lifetime);

        slow.Remember("one");

        Assert.False(cache.TryGetFresh("a", out _));
    }

    [Fact]
    public void What_a_look_found_is_not_remembered_when_it_was_forgotten_meanwhile()
    {
        FactCache<string, string> cache = Make();
        FactCache<string, string>.Look before = cache.Begin("a");

        cache.Forget("a");
        before.Remember("outdated");

        Assert.False(cache.TryFind("a", out _, out _));
        cache.Begin("a").Remember("new");
        Assert.True(cache.TryGetFresh("a", out string? fact));
        Assert.Equal("new", fact);
    }

    [Fact]
    public void Without_a_lifetime_nothing_is_fresh()
    {
        FactCache<string, string> cache = Make(TimeSpan.Zero);
        cache.Begin("a").Remember("one");

        Assert.False(cache.TryGetFresh("a", out _));
    }

    [Fact]
    public void One_key_never_answers_for_another_however_many_there_are()
    {
        FactCache<string, string> cache = Make();
        for (int i = 0; i < 50_000; i++)
        {
            cache.Begin($"{i}").Remember($"fact {i}");
        }

        int found = 0;
        for (int i = 0; i < 50_000; i++)
        {
            if (cache.TryGetFresh($"{i}", out string? fact))
            {
                found++;
                Assert.Equal($"fact {i}", fact);
            }
        }

        Assert.InRange(found, 4_000, 8_192);
    }

    [Fact]
    public void Facts_that_are_asked_for_stay_when_others_make_room()
    {
        FactCache<string, string> cache = Make(maxWeight: 10_000);
        cache.Begin("wanted").Remember(new string('w', 100));
        int lost = 0;
        for (int i = 0; i < 1_000; i++)
        {
            cache.Begin($"{i}").Remember(new string('x', 100));
            if (!cache.TryGetFresh("wanted", out _))
            {
                // A key that wants the same place takes it, one in some thousands.
                lost++;
                cache.Begin("wanted").Remember(new string('w', 100));
            }
        }

        Assert.InRange(lost, 0, 4);
        int kept = Enumerable.Range(0, 1_000).Count(i => cache.TryGetFresh($"{i}", out _));
        Assert.InRange(kept, 50, 99);
    }

    [Fact]
    public void A_fact_that_is_too_heavy_is_not_kept()
    {
        FactCache<string, string> cache = Make(maxWeight: 800);

        cache.Begin("a").Remember(new string('x', 101));
        cache.Begin("b").Remember(new string('x', 100));

        Assert.False(cache.TryFind("a", out _, out _));
        Assert.True(cache.TryFind("b", out _, out _));
    }
}
