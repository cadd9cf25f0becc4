using System.Collections.Concurrent;
using Registry.Storage.InMemory;
using Registry.Storage.Testing;

namespace Registry.Storage.Contract;

/// <summary>The contract finds the mistakes that stores make: each of these stores has one, and the test that is about it fails.</summary>
public sealed class ObjectStoreContractTests
{
    private const int Attempts = 10;

    private static readonly Dictionary<string, (Func<Place, IObjectStore> Open, Func<ObjectStoreContract, Task>[] Tests)> Mistakes = new()
    {
        ["ignores if-absent"] = (p => new IgnoresIfAbsent(p.Open()),
            [c => c.A_put_if_absent_writes_where_nothing_is_and_only_there(), c => c.An_empty_object_is_there_for_a_put_if_absent(), c => c.Of_racing_puts_if_absent_exactly_one_wins()]),
        ["ignores if-match"] = (p => new IgnoresIfMatch(p.Open()),
            [c => c.A_put_if_match_writes_over_the_content_that_the_etag_names_and_no_other(), c => c.Of_racing_puts_if_match_exactly_one_wins(), c => c.Racing_increments_lose_no_update()]),
        ["matches the absent"] = (p => new MatchesTheAbsent(p.Open()), [c => c.A_put_if_match_writes_nothing_where_no_object_is()]),
        ["checks, then puts"] = (p => new ChecksThenPuts(p.Open()),
        [
            c => c.Of_racing_puts_if_absent_exactly_one_wins(), c => c.Of_racing_puts_if_match_exactly_one_wins(), c => c.Racing_increments_lose_no_update(),
            c => c.A_put_if_match_that_races_with_a_delete_never_brings_the_object_back(),
            c => c.A_put_if_absent_that_races_with_a_delete_is_before_it_and_fails_or_after_it_and_stays(), c => c.An_unconditional_put_is_never_undone_by_a_put_if_match_that_it_races_with(),
        ]),
        ["writes in place"] = (p => new WritesInPlace(p.Open()), [c => c.A_reader_sees_the_old_bytes_or_the_new_ones_and_never_a_mixture()]),
        ["names content by its length"] = (p => new NamesContentByItsLength(p.Open()), [c => c.The_etag_stays_while_the_object_stays_and_changes_with_the_content()]),
        ["remembers what it read"] = (p => new RemembersWhatItRead(p.Open()), [c => c.A_deleted_object_is_absent_for_every_instance_and_can_be_put_again()]),
        ["has no small limit"] = (p => new HasNoSmallLimit(p.Open()), [c => c.A_small_get_takes_an_uploaded_object_up_to_the_limit_and_refuses_a_larger_one()]),
        ["fails to delete the absent"] = (p => new FailsToDeleteTheAbsent(p.Open()), [c => c.Deleting_what_is_not_there_is_no_error()]),
        ["ignores cancellation"] = (p => new IgnoresCancellation(p.Open()), [c => c.An_operation_that_was_cancelled_before_it_began_changes_nothing()]),
        ["tidies keys"] = (p => new TidiesKeys(p.Open()), [c => c.Every_operation_refuses_what_is_no_key()]),
        ["ignores case"] = (p => new IgnoresCase(p.Open()), [c => c.Keys_that_differ_only_in_case_are_different_objects(), c => c.Deleting_one_object_leaves_those_with_similar_keys()]),
        ["cuts long parts"] = (p => new CutsLongParts(p.Open()), [c => c.Long_parts_are_told_apart_and_listed_in_order(), c => c.The_longest_keys_work_for_every_operation()]),

        ["lists in dictionary order"] = (p => new ListsInDictionaryOrder(p.Open()), [c => c.Keys_are_listed_in_ordinal_order_whatever_they_are_made_of(7)]),
        ["lists folder by folder"] = (p => new ListsFolderByFolder(p.Open()), [c => c.Keys_are_listed_in_ordinal_order_whatever_they_are_made_of(1000), c => c.Long_parts_are_told_apart_and_listed_in_order()]),
        ["lists whole folders only"] = (p => new ListsWholeFoldersOnly(p.Open()), [c => c.A_prefix_may_end_anywhere_in_a_key()]),
        ["lists the start again"] = (p => new ListsTheStartAgain(p.Open()), [c => c.A_listing_goes_on_after_any_text_be_it_a_key_or_not(), c => c.A_full_page_that_ends_with_the_last_key_is_followed_by_nothing()]),
        ["starts only after keys that exist"] = (p => new StartsOnlyAfterKeysThatExist(p.Open()),
            [c => c.A_listing_goes_on_after_any_text_be_it_a_key_or_not(), c => c.A_start_before_or_beyond_the_prefix_lists_all_of_it_or_nothing()]),
        ["forgets that there is more"] = (p => new ForgetsThatThereIsMore(p.Open()),
            [c => c.Keys_are_listed_in_ordinal_order_whatever_they_are_made_of(2), c => c.A_listing_goes_on_after_any_text_be_it_a_key_or_not()]),
        ["says more of nothing"] = (p => new SaysMoreOfNothing(p.Open()), [c => c.A_listing_of_nothing_is_an_empty_page()]),
        ["pages by position"] = (p => new PagesByPosition(p.Open()), [c => c.Keys_that_come_and_go_between_two_pages_do_not_disturb_the_others()]),
        ["lists what it keeps for itself"] = (p => new ListsWhatItKeepsForItself(p.Open()), [c => c.A_listing_of_everything_shows_the_objects_and_nothing_that_the_store_keeps_for_itself()]),

        ["ignores the length of a range"] = (p => new IgnoresTheLengthOfARange(p.Open()), [c => c.A_range_gives_the_bytes_that_are_there_and_the_whole_length(1, 1, 1, 1)]),
        ["serves half of a range"] = (p => new ServesHalfOfARange(p.Open()), [c => c.A_range_gives_the_bytes_that_are_there_and_the_whole_length(0, 300_000, 0, 300_000)]),
        ["takes the part for the whole"] = (p => new TakesThePartForTheWhole(p.Open()), [c => c.A_range_gives_the_bytes_that_are_there_and_the_whole_length(1, 1, 1, 1)]),

        ["appends in place"] = (p => new AppendsInPlace(p.Open(), p.Files),
            [c => c.Appenders_that_take_turns_on_one_upload_never_mix_their_bytes(0, 700), c => c.Appenders_that_race_on_one_upload_never_mix_their_bytes()]),
        ["truncates an upload when it is opened"] = (p => new AppendsInPlace(p.Open(), p.Files) { TruncatesWhenOpened = true },
            [c => c.Opening_and_disposing_an_appender_changes_nothing()]),
        ["goes on at the end"] = (p => new AppendsInPlace(p.Open(), p.Files) { GoesOnAtTheEnd = true },
            [c => c.What_was_not_flushed_is_dropped_with_the_appender(1000), c => c.Going_on_from_an_older_token_drops_the_later_bytes(500), c => c.Going_on_from_the_first_token_starts_over()]),
        ["completes all"] = (p => new AppendsInPlace(p.Open(), p.Files) { CompletesAll = true },
            [c => c.Completing_a_token_drops_what_was_written_after_it_and_not_flushed(1000), c => c.Completing_an_older_token_gives_exactly_its_bytes()]),
        ["shows what is flushed"] = (p => new AppendsInPlace(p.Open(), p.Files) { ShowsWhatIsFlushed = true }, [c => c.An_upload_is_invisible_until_it_is_complete()]),
        ["aborts the object"] = (p => new AppendsInPlace(p.Open(), p.Files) { AbortsTheObject = true }, [c => c.Aborting_a_complete_upload_leaves_the_object()]),
        ["never aborts"] = (p => new AppendsInPlace(p.Open(), p.Files) { NeverAborts = true },
            [c => c.An_aborted_upload_is_gone_for_good(1000), c => c.What_is_appended_to_an_upload_that_is_aborted_meanwhile_comes_to_nothing()]),
        ["says that it cannot delete conditionally"] = (p => new SaysThatItCannotDeleteConditionally(p.Open()), [c => c.A_store_deletes_conditionally_if_the_fixture_says_so_and_refuses_to_otherwise()]),
        ["ignores the etag of a delete"] = (p => new IgnoresTheETagOfADelete(p.Open()),
        [
            c => c.A_delete_if_match_removes_the_object_that_the_etag_names_and_no_other(), c => c.A_delete_if_match_of_what_is_not_there_says_so(),
            c => c.Of_racing_puts_and_deletes_if_match_with_one_etag_exactly_one_succeeds(),
        ]),
        ["deletes the absent"] = (p => new DeletesTheAbsent(p.Open()), [c => c.A_delete_if_match_of_what_is_not_there_says_so(), c => c.Of_racing_deletes_if_match_exactly_one_says_that_it_removed_the_object()]),
        ["checks, then deletes"] = (p => new ChecksThenDeletes(p.Open()),
        [
            c => c.Of_racing_puts_and_deletes_if_match_with_one_etag_exactly_one_succeeds(), c => c.Of_racing_deletes_if_match_exactly_one_says_that_it_removed_the_object(),
            c => c.A_delete_if_match_never_removes_what_is_put_while_it_runs(),
        ]),
        ["ignores cancellation of a delete"] = (p => new IgnoresCancellationOfADelete(p.Open()),
            [c => c.A_delete_if_match_that_was_cancelled_before_it_began_or_whose_arguments_are_wrong_changes_nothing()]),

        ["lists finished uploads"] = (p => new ListsFinishedUploads(p.Open(), p.Files),
            [c => c.An_upload_that_its_appender_completed_is_not_unfinished(1000), c => c.An_aborted_upload_is_not_unfinished(1000), c => c.The_token_of_the_listing_aborts_the_upload_for_good(1000)]),
        ["lists its own uploads"] = (p => new ListsItsOwnUploads(p.Open()),
            [c => c.An_upload_is_listed_as_unfinished_from_its_first_flush_until_it_is_complete(1000), c => c.Unfinished_uploads_are_listed_whatever_their_keys_are_made_of()]),
        ["gives tokens that abort nothing"] = (p => new GivesTokensThatAbortNothing(p.Open()),
            [c => c.The_token_of_the_listing_aborts_the_upload_for_good(1000), c => c.What_a_process_leaves_of_an_upload_that_it_never_flushed_can_be_aborted(1000)]),
        ["forgets that there are more uploads"] = (p => new ForgetsThatThereAreMoreUploads(p.Open()), [c => c.Unfinished_uploads_are_listed_in_pages_in_the_order_of_their_keys()]),
        ["lists uploads of whole folders"] = (p => new ListsUploadsOfWholeFolders(p.Open()), [c => c.Unfinished_uploads_are_listed_in_pages_in_the_order_of_their_keys()]),
        ["pages uploads by position"] = (p => new PagesUploadsByPosition(p.Open()), [c => c.Unfinished_uploads_are_listed_in_pages_in_the_order_of_their_keys()]),

        ["forgets that an upload is complete"] = (p => new AppendsInPlace(p.Open(), p.Files) { ForgetsThatItIsComplete = true }, [c => c.Completing_again_returns_the_same_key()]),
    };

    public static TheoryData<string> Names => [.. Mistakes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_contract_finds_a_store_that(string mistake)
    {
        (Func<Place, IObjectStore> open, Func<ObjectStoreContract, Task>[] tests) = Mistakes[mistake];
        for (int i = 0; i < tests.Length; i++)
        {
            Func<ObjectStoreContract, Task> test = tests[i];
            Assert.Null(await RunAsync(place => new DelegatingObjectStore(place.Open()), test));

            // Races are lost by luck, which a busy machine may not have at the first attempt.
            Exception? failure = null;
            for (int attempt = 0; attempt < Attempts && failure is null; attempt++)
            {
                failure = await RunAsync(open, test);
            }

            Assert.True(failure is not null, $"Test {i} of the list did not find it.");
        }
    }

    private static async Task<Exception?> RunAsync(Func<Place, IObjectStore> open, Func<ObjectStoreContract, Task> test)
    {
        await using var contract = new Contract(new Place(open));
        await contract.InitializeAsync();
        return await Record.ExceptionAsync(() => test(contract));
    }

    // Nested and private, so that the runner does not take it for a test class of its own.
    private sealed class Contract(ObjectStoreFixture fixture) : ObjectStoreContract(fixture);

    private sealed class Place(Func<Place, IObjectStore> open) : ObjectStoreFixture
    {
        private readonly InMemoryObjectStore place = new(TimeProvider.System);

        public ConcurrentDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

        public override bool DeletesConditionally => true;

        public override bool ListsUnfinishedUploads => true;

        public InMemoryObjectStore Open() => place.Share();

        public override ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken) => ValueTask.FromResult(open(this));
    }
}
