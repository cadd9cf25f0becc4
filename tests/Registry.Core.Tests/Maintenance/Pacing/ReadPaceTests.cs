using Registry.Core.Tests.Content;
using Registry.Maintenance.Pacing;

namespace Registry.Core.Tests.Maintenance.Pacing;

public sealed class ReadPaceTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void What_is_read_is_waited_for_at_the_rate()
    {
        var pace = new ReadPace(1000, _time);

        Assert.Equal(TimeSpan.FromSeconds(0.5), pace.Take(500));
        Assert.Equal(TimeSpan.FromSeconds(1.5), pace.Take(1000));
        _time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Equal(TimeSpan.FromSeconds(2), pace.Take(2000));
        Assert.Equal(3500, pace.Bytes);
    }

    [Fact]
    public void Time_in_which_nothing_is_read_is_not_saved_up()
    {
        var pace = new ReadPace(1000, _time);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(TimeSpan.FromSeconds(1), pace.Take(1000));
    }

    [Fact]
    public void Without_a_rate_nothing_is_waited_for()
    {
        var pace = new ReadPace(null, _time);

        Assert.Equal(TimeSpan.Zero, pace.Take(int.MaxValue));
        Assert.Equal(int.MaxValue, pace.Bytes);
    }
}
