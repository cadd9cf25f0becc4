using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Registry.Content;
using Registry.Content.Records;
using Registry.Maintenance.Jobs;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.Maintenance.Retention;

/// <summary>
/// What the tags of a repository take: every blob that they lead to, once, as large as the manifests say. What has no tag does not count, or tags would go, run after run, to make up for what only a collector removes. It holds some
/// 100 bytes for each manifest and 80 for each blob.
/// </summary>
internal sealed class TagSizes(ContentRoot root, RepositoryName repository)
{
    private readonly Dictionary<UInt128, Piece> _pieces = [];
    private readonly Dictionary<Digest, Exception> _unread = [];
    private readonly Lock _lock = new();
    private long _total;

    /// <summary>The manifests that could not be read, and why. Nothing counts that they alone lead to, so that what is counted is never more than what there is, and no tag goes for their sake.</summary>
    public IReadOnlyDictionary<Digest, Exception> Unread => _unread;

    /// <summary>Whether there were others.</summary>
    public bool HasRead => _pieces.Values.Any(static piece => piece.Parts.Length > 0);

    /// <summary>Reads every manifest that tags lead to.</summary>
    public async ValueTask LoadAsync(IReadOnlyCollection<TagFacts> tags, CancellationToken cancellationToken)
    {
        Digest[] wanted = [.. tags.Select(static tag => tag.Digest).Distinct()];
        var seen = new HashSet<UInt128>(wanted.Select(IdOf));
        while (wanted.Length > 0)
        {
            // Indexes may name indexes: level by level, each manifest once.
            var children = new List<Descriptor>();
            await StoreConcurrency.ForEachAsync(
                wanted,
                root.Options.StoreConcurrency,
                async (digest, token) =>
                {
                    IReadOnlyList<Descriptor> found = await TryReadAsync(digest, token).ConfigureAwait(false);
                    lock (_lock)
                    {
                        children.AddRange(found);
                    }
                },
                cancellationToken).ConfigureAwait(false);
            wanted = [.. children.Where(child => seen.Add(IdOf(child.Digest))).Select(static child => child.Digest)];
        }

        foreach (TagFacts tag in tags)
        {
            Hold(IdOf(tag.Digest));
        }
    }

    /// <summary>Finds the tags that have to go until what is left takes no more than a limit: from the manifest on whose newest tag was pushed longest ago, and only where all of a manifest's tags may go, since otherwise nothing would be gained.</summary>
    /// <param name="tags">All tags that were loaded.</param>
    /// <param name="mayGo">Which of them may go.</param>
    /// <param name="limit">The limit, in bytes.</param>
    public IEnumerable<(TagFacts Tag, string Reason)> Shrink(IReadOnlyCollection<TagFacts> tags, Func<TagFacts, bool> mayGo, long limit)
    {
        IEnumerable<IGrouping<Digest, TagFacts>> oldestFirst = tags
            .GroupBy(static tag => tag.Digest)
            .Where(group => group.All(mayGo))
            .OrderBy(static group => group.Max(static tag => tag.Pushed))
            .ThenBy(static group => group.Key.Value, StringComparer.Ordinal);
        foreach (IGrouping<Digest, TagFacts> group in oldestFirst)
        {
            if (_total <= limit)
            {
                yield break;
            }

            string reason = string.Create(CultureInfo.InvariantCulture, $"the tags of the repository take {_total} bytes, more than {limit}");
            foreach (TagFacts tag in group)
            {
                Release(IdOf(tag.Digest));
                yield return (tag, reason);
            }
        }
    }

    private async ValueTask<IReadOnlyList<Descriptor>> TryReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(digest, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            lock (_lock)
            {
                _unread[digest] = e;
                Find(digest, 0).Size = 0;
            }

            return [];
        }
    }

    private async ValueTask<IReadOnlyList<Descriptor>> ReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (!digest.IsSupported
            || await root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken).ConfigureAwait(false) is not { Record: { State: ManifestState.Live } record })
        {
            return [];
        }

        ManifestDocument document = ManifestParser.Parse(record.Content, record.MediaType);
        HashSet<Digest> kept = [.. document.RequiredContent()];
        Descriptor[] named = [.. document.Layers.Concat(document.Manifests).Concat(document.Config is { } config ? [config] : []).Where(descriptor => kept.Remove(descriptor.Digest))];
        lock (_lock)
        {
            Piece manifest = Find(digest, 0);
            manifest.Parts = [.. named.Select(static descriptor => IdOf(descriptor.Digest))];

            // Its own bytes are not those of a blob, even where an index that was read before has said how many they are.
            manifest.Size = 0;
            foreach (Descriptor descriptor in named)
            {
                Find(descriptor.Digest, descriptor.Size);
            }
        }

        return document.Manifests;
    }

    private Piece Find(Digest digest, long size)
    {
        UInt128 id = IdOf(digest);
        if (!_pieces.TryGetValue(id, out Piece? piece))
        {
            piece = new Piece { Size = size };
            _pieces.Add(id, piece);
        }

        return piece;
    }

    private void Hold(UInt128 id) => Walk(id, static piece => piece.Holders++ == 0, static piece => piece.Size);

    private void Release(UInt128 id) => Walk(id, static piece => --piece.Holders == 0, static piece => -piece.Size);

    // Not by recursion: how deep indexes name indexes is for clients to say.
    private void Walk(UInt128 first, Func<Piece, bool> isNews, Func<Piece, long> size)
    {
        var open = new Stack<UInt128>([first]);
        while (open.TryPop(out UInt128 id))
        {
            if (_pieces.TryGetValue(id, out Piece? piece) && isNews(piece))
            {
                _total += size(piece);
                Array.ForEach(piece.Parts, open.Push);
            }
        }
    }

    private static UInt128 IdOf(Digest digest)
    {
        Span<byte> text = stackalloc byte[Digest.MaxLength];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        int length = Encoding.ASCII.GetBytes(digest.Value, text);
        SHA256.HashData(text[..length], hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>A manifest or a blob.</summary>
    private sealed class Piece
    {
        public long Size { get; set; }

        /// <summary>How many tags and manifests lead to it.</summary>
        public int Holders { get; set; }

        /// <summary>What a manifest names.</summary>
        public UInt128[] Parts { get; set; } = [];
    }
}
