using Registry.Maintenance.Jobs;

namespace Registry.Core.Tests.Maintenance.Jobs;

public sealed class JobScheduleTests
{
    private static readonly DateTimeOffset Noon = new(2025, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Off_is_never_open() => Assert.False(JobSchedule.Off.IsOpen(Noon, out _, out _));

    [Fact]
    public void At_intervals_what_was_finished_within_the_last_one_is_done()
    {
        Assert.True(JobSchedule.Every(TimeSpan.FromHours(6)).IsOpen(Noon, out DateTimeOffset notSince, out DateTimeOffset? until));
        Assert.Equal(Noon - TimeSpan.FromHours(6), notSince);
        Assert.Null(until);
    }

    [Theory]
    [InlineData("10:00", "14:00", true, "10:00", 0, "14:00", 0)]
    [InlineData("12:00", "14:00", true, "12:00", 0, "14:00", 0)]
    [InlineData("10:00", "12:00", false, "", 0, "", 0)]
    [InlineData("13:00", "14:00", false, "", 0, "", 0)]
    [InlineData("22:00", "13:00", true, "22:00", -1, "13:00", 0)]
    [InlineData("22:00", "04:00", false, "", 0, "", 0)]
    [InlineData("11:00", "10:00", true, "11:00", 0, "10:00", 1)]
    public void A_window_is_open_between_its_times_also_past_midnight(string from, string to, bool open, string opened, int openedDay, string closes, int closesDay)
    {
        JobSchedule schedule = JobSchedule.Daily(Time(from), Time(to));

        Assert.Equal(open, schedule.IsOpen(Noon, out DateTimeOffset notSince, out DateTimeOffset? until));
        if (open)
        {
            Assert.Equal(At(opened, openedDay), notSince);
            Assert.Equal(At(closes, closesDay), until);
        }
    }

    [Fact]
    public void The_time_is_taken_in_utc_wherever_the_host_is()
    {
        DateTimeOffset elsewhere = Noon.ToOffset(TimeSpan.FromHours(9));

        Assert.True(JobSchedule.Daily(Time("11:00"), Time("13:00")).IsOpen(elsewhere, out _, out _));
        Assert.False(JobSchedule.Daily(Time("20:00"), Time("22:00")).IsOpen(elsewhere, out _, out _));
    }

    [Fact]
    public void Wrong_schedules_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(static () => JobSchedule.Every(TimeSpan.FromSeconds(59)));
        Assert.Throws<ArgumentOutOfRangeException>(static () => JobSchedule.Every(TimeSpan.FromDays(366)));
        Assert.Throws<ArgumentException>(static () => JobSchedule.Daily(Time("10:00"), Time("10:00")));
    }

    private static TimeOnly Time(string text) => TimeOnly.ParseExact(text, "HH:mm", System.Globalization.CultureInfo.InvariantCulture);

    private static DateTimeOffset At(string text, int day) => new DateTimeOffset(Noon.Date, TimeSpan.Zero).AddDays(day) + Time(text).ToTimeSpan();
}
