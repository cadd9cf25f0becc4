using System.Globalization;
using Registry.Maintenance.Collection;

namespace Registry.Core.Tests.Maintenance.Collection;

/// <summary>What a scan remembers of generations.</summary>
public sealed class GenerationTableTests
{
    private readonly GenerationTable _table = new();

    [Fact]
    public void Nearly_all_of_a_hundred_thousand_things_are_known_in_their_generation_and_none_in_another()
    {
        const int Things = 100_000;
        for (int i = 0; i < Things; i++)
        {
            _table.Set(Key(i), Generation(i));
        }

        int known = 0;
        for (int i = 0; i < Things; i++)
        {
            known += _table.Has(Key(i), Generation(i)) ? 1 : 0;
            Assert.False(_table.Has(Key(i), Generation(i + 1)), $"{i} is known in the generation of the next");
            Assert.False(_table.Has(Key(Things + i), Generation(i)), $"{Things + i} is known and was never seen");
        }

        Assert.InRange(known, Things * 0.97, Things);
    }

    [Fact]
    public void A_thing_seen_in_two_generations_is_known_in_the_later()
    {
        _table.Set(Key(1), Generation(1));
        _table.Set(Key(1), Generation(2));

        Assert.False(_table.Has(Key(1), Generation(1)));
        Assert.True(_table.Has(Key(1), Generation(2)));
    }

    [Fact]
    public void An_empty_table_knows_nothing()
    {
        Assert.False(_table.Has(0, 0));
        Assert.False(_table.Has(Key(1), Generation(1)));
    }

    private static ulong Key(int number) => GenerationKey.Of($"team/app{number / 100}", number.ToString(CultureInfo.InvariantCulture));

    private static ulong Generation(int number) => GenerationKey.OfGeneration(number.ToString("'generation'000000", CultureInfo.InvariantCulture));
}
