using Registry.TagHistories;
using Xunit;

namespace Registry.Simulation;

/// <summary>The judge of histories, on histories whose judgement is plain.</summary>
public sealed class TagHistoryTests
{
    private const int One = 1;
    private const int Two = 2;

    [Fact]
    public void One_after_the_other_is_linearizable() => AssertRight(Write(One, 0, 1), Read(One, 2, 3), Write(Two, 4, 5), Read(Two, 6, 7), Delete(8, 9), Read(TagEvent.Nowhere, 10, 11));

    [Fact]
    public void A_read_may_see_a_write_that_is_under_way_or_not()
    {
        AssertRight(Write(One, 0, 9), Read(One, 1, 2));
        AssertRight(Write(One, 0, 9), Read(TagEvent.Nowhere, 1, 2));
    }

    [Fact]
    public void A_read_after_an_answered_write_has_to_see_it() => AssertWrong(Write(One, 0, 1), Read(TagEvent.Nowhere, 2, 3));

    [Fact]
    public void What_was_seen_stays_seen() => AssertWrong(Write(One, 0, 9), Read(One, 1, 2), Read(TagEvent.Nowhere, 3, 4));

    [Fact]
    public void One_write_is_not_seen_twice() => AssertWrong(Write(One, 0, 9), Read(One, 1, 2), Write(Two, 3, 4), Read(Two, 5, 6), Read(One, 7, 8));

    [Fact]
    public void Of_two_that_only_write_where_nothing_is_one_is_refused()
    {
        AssertRight(OnlyNew(Write(One, 0, 5)), Refused(1, 6), Read(One, 7, 8));
        AssertWrong(OnlyNew(Write(One, 0, 5)), OnlyNew(Write(Two, 1, 6)));
    }

    [Fact]
    public void Who_was_refused_wrote_nothing() => AssertWrong(Refused(0, 5), Read(TagEvent.Nowhere, 6, 7));

    [Fact]
    public void A_write_without_an_answer_may_come_late_or_never()
    {
        AssertRight(Perhaps(Write(One, 0, TagEvent.Never)), Read(TagEvent.Nowhere, 1, 2), Read(One, 3, 4));
        AssertRight(Perhaps(Write(One, 0, TagEvent.Never)), Read(TagEvent.Nowhere, 1, 2));
        AssertWrong(Read(One, 1, 2), Perhaps(Write(One, 3, TagEvent.Never)));
    }

    [Fact]
    public void A_deletion_finds_what_is_there()
    {
        AssertWrong(Write(One, 0, 1), DeleteNothing(2, 3));
        AssertWrong(Delete(0, 1));
        AssertRight(Write(One, 0, 1), Delete(2, 3), DeleteNothing(4, 5));
    }

    [Fact]
    public void A_manifest_that_is_deleted_takes_its_tag_along_and_no_other()
    {
        AssertRight(Write(One, 0, 1), Clear(One, 2, 5), Read(TagEvent.Nowhere, 6, 7));
        AssertWrong(Write(One, 0, 1), Clear(Two, 2, 5), Read(TagEvent.Nowhere, 6, 7));
        AssertWrong(Write(One, 0, 1), Clear(One, 2, 3), Read(One, 4, 5), Read(TagEvent.Nowhere, 6, 7));
    }

    [Fact]
    public void A_push_whose_manifest_is_deleted_before_it_is_answered_comes_after_that()
    {
        AssertRight(Write(One, 0, 9), Read(One, 1, 2), Clear(One, 1, 4), Read(TagEvent.Nowhere, 5, 6), Read(One, 10, 11));
        AssertWrong(Write(One, 0, 3), Read(One, 1, 2), Clear(One, 1, 5), Read(TagEvent.Nowhere, 6, 7), Read(One, 10, 11));
    }

    private static void AssertRight(params TagEvent[] events) => Assert.True(TagHistory.IsLinearizable(events, TagEvent.Nowhere));

    private static void AssertWrong(params TagEvent[] events) => Assert.False(TagHistory.IsLinearizable(events, TagEvent.Nowhere));

    private static TagEvent Write(int value, long called, long answered) => Make(TagAction.Write, value, called, answered);

    private static TagEvent Read(int value, long called, long answered) => Make(TagAction.Read, value, called, answered);

    private static TagEvent Delete(long called, long answered) => Make(TagAction.Delete, TagEvent.Nowhere, called, answered);

    private static TagEvent DeleteNothing(long called, long answered) => Make(TagAction.DeleteNothing, TagEvent.Nowhere, called, answered);

    private static TagEvent Clear(int value, long called, long answered) => Make(TagAction.Clear, value, called, answered);

    private static TagEvent Refused(long called, long answered) => OnlyNew(Make(TagAction.Refused, Two, called, answered));

    private static TagEvent Make(TagAction action, int value, long called, long answered) =>
        new() { Action = action, Value = value, Called = called, Answered = answered, IsCertain = action != TagAction.Clear };

    private static TagEvent OnlyNew(TagEvent write) => new()
    {
        Action = write.Action,
        Value = write.Value,
        Called = write.Called,
        Answered = write.Answered,
        IsCertain = write.IsCertain,
        Condition = static current => current == TagEvent.Nowhere,
    };

    private static TagEvent Perhaps(TagEvent write)
    {
        write.IsCertain = false;
        return write;
    }
}
