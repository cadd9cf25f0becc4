namespace Registry.Content;

/// <summary>
/// The parts of the content protocol that keep it whole, each of which a simulation turns off to show that it would notice. Only the simulation's build can: in all others every guard holds, and asking costs
/// nothing.
/// </summary>
internal static class Guards
{
#if SIMULATION
    [ThreadStatic]
    private static Guard? s_off;

    /// <summary>The guard that is turned off in this thread.</summary>
    public static Guard? Off
    {
        get => s_off;
        set => s_off = value;
    }

    public static bool Holds(Guard guard) => s_off != guard;
#else
    public static bool Holds(Guard guard) => true;
#endif
}

/// <summary>A part of the content protocol.</summary>
internal enum Guard
{
    /// <summary>A record carries a nonce that is new at every write.</summary>
    RecordNonce,

    /// <summary>A manifest that comes into being gets a generation of its own.</summary>
    NewGeneration,

    /// <summary>The refs of a manifest are written before what it names is looked at.</summary>
    RefsBeforeLook,

    /// <summary>What a manifest names is looked at once more after its refs were written.</summary>
    LookAfterRefs,

    /// <summary>A condemned blob that a manifest names is brought back.</summary>
    ReviveBlob,

    /// <summary>A condemned child of an index is brought back.</summary>
    ReviveChild,

    /// <summary>A condemned manifest is brought back when it is tagged.</summary>
    ReviveTagged,

    /// <summary>A last look at the manifest after its tags point at it.</summary>
    LastLook,

    /// <summary>Whoever deletes a manifest deletes its tags once more after it.</summary>
    TagsAfterDelete,

    /// <summary>A deletion leaves the tags of a manifest alone whose push is not complete.</summary>
    LeavePending,

    /// <summary>A session is claimed before its bytes are made a blob.</summary>
    SessionClaim,

    /// <summary>The blob's record is read before the session is claimed.</summary>
    ReadBeforeClaim,

    /// <summary>A claim is renewed before a put over a record that was read after it.</summary>
    RenewClaim,

    /// <summary>Whoever finishes an upload looks whether its bytes are still there before it names them again.</summary>
    LookForBytes,

    /// <summary>Whoever finishes an upload takes its bytes for lost when the blob that they were is gone.</summary>
    OwnBytesGone,

    /// <summary>The repository's lease is written before the blob's record.</summary>
    LeaseBeforeBlob,

    /// <summary>A blob that was live before the lease was written is looked at once more.</summary>
    LookAfterLease,

    /// <summary>The bytes of a blob that is gone are removed before its record is written over.</summary>
    RemoveGoneBytes,

    /// <summary>The key of an upload's bytes is never used twice.</summary>
    DataKeyOnce,

    /// <summary>A push that lost its race removes the refs that it wrote for a generation that has ended.</summary>
    ReleaseLost,

    /// <summary>A push looks whether the way back to its tag is still there.</summary>
    LookForWay,

    /// <summary>Who removes a way back to a tag for forgotten lays it again if the tag has taken it.</summary>
    RestoreWay,

    /// <summary>The condition of a push is asked once, when it first moves the tag.</summary>
    ConditionOnce,

    /// <summary>A push that begins again leaves a tag that somebody moved or deleted since.</summary>
    TagOnce,

    /// <summary>The collector reads a blob's record before it looks at the refs.</summary>
    RecordBeforeRefs,

    /// <summary>A blob is condemned by one look and gone by a later one.</summary>
    BlobInTwoSteps,

    /// <summary>The second look at a blob asks for its refs again.</summary>
    RefsInSecondStep,

    /// <summary>The bytes of a blob go before the record that names them.</summary>
    BytesBeforeRecord,

    /// <summary>How old something is goes by the store's clock.</summary>
    StoreClock,

    /// <summary>What is left of a thing that is gone stays for a grace period.</summary>
    TombstonesAge,

    /// <summary>The sweeper claims a session before it drops it.</summary>
    SweeperClaim,

    /// <summary>The sweeper writes over the record that whoever finishes the upload may be about to put.</summary>
    SweeperBurns,

    /// <summary>The sweeper asks of complete bytes whether they are a blob, where the session does not say.</summary>
    SweeperLooks,

    /// <summary>A record that was written over stays for good.</summary>
    BurntStays,

    /// <summary>A manifest is condemned by one look and ended by a later one.</summary>
    ManifestInTwoSteps,

    /// <summary>A manifest is ended only if its record is as it was when it was found unneeded.</summary>
    UnneededSince,

    /// <summary>The condition of a push is asked again whenever its put lost against somebody else's.</summary>
    ConditionAnew,

    /// <summary>A tag that deletions must leave alone is announced before the manifest's record is written.</summary>
    AnnounceGuarded,

    /// <summary>A deletion writes the record of a guarded tag anew that is about to be pointed at the manifest.</summary>
    HoldOffGuarded,

    /// <summary>A tag leads to its manifest in the generation alone in which it was pointed there.</summary>
    TagOfGeneration,

    /// <summary>A condition, and who deletes a tag, look whether the tag leads somewhere.</summary>
    LookBehindTag,

    /// <summary>A push is refused because its tag leads nowhere only if the tag was not moved while it was looked.</summary>
    LookAgainAtTag,

    /// <summary>A tag that leads nowhere has gone with its manifest, whoever deletes its record; and a push that finds nothing left of the tag that it pointed does not say that it is stored.</summary>
    WentBefore,

    /// <summary>What is to be held is counted before it is.</summary>
    QuotaFirst,

    /// <summary>What a look found of an item counts only if nothing happened to the item since.</summary>
    QuotaLookSince,

    /// <summary>What was not there when a deletion began is looked at when it ends.</summary>
    QuotaLooksAtAbsent,

    /// <summary>What processes that stopped left reserved is looked at by others.</summary>
    QuotaGivesUp,

    /// <summary>A recount leaves what moves while it comes by to those who move it.</summary>
    QuotaMoving,

    /// <summary>Retention removes a tag only if it was not pushed since its rules were asked.</summary>
    RetainUnchanged,

    /// <summary>A scrub takes a blob for broken only if its record is as it was before its bytes were read.</summary>
    ScrubSecondLook,

    /// <summary>Bytes that nothing names go at the second scrub that finds them so.</summary>
    ScrubOrphanTwice,
}
