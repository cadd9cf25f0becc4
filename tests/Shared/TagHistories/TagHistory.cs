namespace Registry.TagHistories;

internal enum TagAction
{
    /// <summary>The tag is pointed somewhere, if its condition holds.</summary>
    Write,

    /// <summary>A write was refused, since its condition did not hold.</summary>
    Refused,

    /// <summary>The tag is deleted.</summary>
    Delete,

    /// <summary>A deletion found no tag.</summary>
    DeleteNothing,

    /// <summary>Where the tag points is read.</summary>
    Read,

    /// <summary>A manifest is deleted: as long as that goes on, the tag may go whenever it points there.</summary>
    Clear,
}

/// <summary>Something that was done to one tag, or asked of it, from the call to the answer.</summary>
internal sealed class TagEvent
{
    /// <summary>Where no tag points.</summary>
    public const int Nowhere = -1;

    /// <summary>The time of an answer that never came.</summary>
    public const long Never = long.MaxValue;

    public required TagAction Action { get; set; }

    /// <summary>Where the tag is pointed, what was read, or what is deleted.</summary>
    public int Value { get; set; } = Nowhere;

    /// <summary>For a write, whether its condition holds of where the tag points; <see langword="null"/> for a write without one.</summary>
    public Func<int, bool>? Condition { get; init; }

    public required long Called { get; init; }

    public long Answered { get; set; } = Never;

    /// <summary>Whether it is known to have happened. What is not may have happened at any time since it was called, or never.</summary>
    public bool IsCertain { get; set; }

    public override string ToString() => $"[{Called}, {(Answered == Never ? "?" : Answered)}] {Action} {Value}{(Condition is null ? "" : " conditionally")}{(IsCertain ? "" : " perhaps")}";
}

/// <summary>
/// Decides whether what clients saw of a tag could have happened one after the other, each thing at one moment between its call and its answer (Wing and Gong's search, with a memory of where it has been).
/// </summary>
/// <remarks>
/// A push whose manifest somebody deletes before it is answered begins again, as one that comes after that deletion: its write may then be seen, be gone with the manifest, and be seen once more. Where the
/// manifest is deleted before the tag is moved, the tag leads nowhere until the push has begun again, or for good if that fails or somebody else takes the tag first.
/// </remarks>
internal static class TagHistory
{
    public const int MaxEvents = 64;

    /// <param name="events">What happened, in any order; at most <see cref="MaxEvents"/>.</param>
    /// <param name="initial">Where the tag pointed before.</param>
    public static bool IsLinearizable(IReadOnlyList<TagEvent> events, int initial)
    {
        if (events.Count > MaxEvents)
        {
            throw new ArgumentException($"At most {MaxEvents} events, not {events.Count}.", nameof(events));
        }

        ulong certain = 0;
        for (int i = 0; i < events.Count; i++)
        {
            // A deletion of a manifest has to end when it was answered; that it did anything to the tag is never certain.
            if (events[i].IsCertain || (events[i].Action == TagAction.Clear && events[i].Answered != TagEvent.Never))
            {
                certain |= 1UL << i;
            }
        }

        return Search(events, certain, 0, 0, initial, []);
    }

    private static bool Search(IReadOnlyList<TagEvent> events, ulong certain, ulong done, ulong again, int value, HashSet<(ulong Done, ulong Again, int Value)> seen)
    {
        if ((certain & ~done) == 0)
        {
            return true;
        }

        if (!seen.Add((done, again, value)))
        {
            return false;
        }

        long firstAnswer = TagEvent.Never;
        for (int i = 0; i < events.Count; i++)
        {
            if ((done >> i & 1) == 0 && (certain >> i & 1) != 0)
            {
                firstAnswer = Math.Min(firstAnswer, events[i].Answered);
            }
        }

        for (int i = 0; i < events.Count; i++)
        {
            TagEvent next = events[i];
            if ((done >> i & 1) != 0 || next.Called > firstAnswer)
            {
                continue;
            }

            if (next.Action == TagAction.Clear)
            {
                if (value == next.Value && (Search(events, certain, done, again, TagEvent.Nowhere, seen) || BeginsAgain(events, certain, done, again, value, seen)))
                {
                    return true;
                }

                if (next.Answered != TagEvent.Never && Search(events, certain, done | (1UL << i), again, value, seen))
                {
                    return true;
                }
            }
            else if (Applies(next, (again >> i & 1) != 0, value, out int after)
                && (Search(events, certain, done | (1UL << i), again, after, seen) || (next.Action == TagAction.Write && LeadsNowhere(events, certain, done, again, i, firstAnswer, seen))))
            {
                return true;
            }
        }

        return false;
    }

    // A write of what was just deleted is still to come, if it may still be under way.
    private static bool BeginsAgain(IReadOnlyList<TagEvent> events, ulong certain, ulong done, ulong again, int value, HashSet<(ulong Done, ulong Again, int Value)> seen)
    {
        long lastCall = long.MinValue;
        for (int i = 0; i < events.Count; i++)
        {
            lastCall = (done >> i & 1) != 0 ? Math.Max(lastCall, events[i].Called) : lastCall;
        }

        for (int i = 0; i < events.Count; i++)
        {
            TagEvent write = events[i];
            if ((done >> i & 1) != 0 && write.Action == TagAction.Write && write.Value == value && write.Answered >= lastCall
                && Search(events, certain, done & ~(1UL << i), again | (1UL << i), TagEvent.Nowhere, seen))
            {
                return true;
            }
        }

        return false;
    }

    // A write of what was deleted since it was called: it takes away what was there, and is still to come, or is all that becomes of it.
    private static bool LeadsNowhere(IReadOnlyList<TagEvent> events, ulong certain, ulong done, ulong again, int i, long firstAnswer, HashSet<(ulong Done, ulong Again, int Value)> seen)
    {
        TagEvent write = events[i];
        return events.Any(clear => clear.Action == TagAction.Clear && clear.Value == write.Value && clear.Called <= firstAnswer && clear.Answered >= write.Called)
            && (Search(events, certain, done, again | (1UL << i), TagEvent.Nowhere, seen)
                || ((!write.IsCertain || IsFollowed(events, done, i)) && Search(events, certain, done | (1UL << i), again, TagEvent.Nowhere, seen)));
    }

    private static bool IsFollowed(IReadOnlyList<TagEvent> events, ulong done, int i)
    {
        for (int other = 0; other < events.Count; other++)
        {
            if (other != i && events[other].Action == TagAction.Write && (done >> other & 1) == 0 && events[other].Called < events[i].Answered)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Applies(TagEvent next, bool again, int value, out int after)
    {
        after = value;
        switch (next.Action)
        {
            case TagAction.Write:
                after = next.Value;
                return again || next.Condition is null || next.Condition(value);
            case TagAction.Refused:
                return next.Condition is null || !next.Condition(value);
            case TagAction.Delete:
                after = TagEvent.Nowhere;
                return value != TagEvent.Nowhere;
            case TagAction.DeleteNothing:
                return value == TagEvent.Nowhere;
            default:
                return value == next.Value;
        }
    }
}
