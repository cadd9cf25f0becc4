namespace Registry.Storage.FileSystem;

/// <summary>Lists keys in order by walking the folders that can hold them.</summary>
internal sealed class KeyLister(KeyPaths paths, FolderWindows windows)
{
    /// <summary>Reads a page. Runs on the store's threads.</summary>
    /// <returns>The page, or <see langword="null"/> where the folder for the prefix is missing.</returns>
    public KeyPage? List(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        (string folder, string keyPrefix) = paths.OfPrefix(prefix);
        var walk = new Walk(this, prefix, startAfter ?? "", limit, cancellationToken);
        return walk.Visit(folder, keyPrefix) ? walk.Page() : null;
    }

    private sealed class Walk(KeyLister lister, string prefix, string startAfter, int limit, CancellationToken cancellationToken)
    {
        // One more than asked for tells whether there are more.
        private readonly List<string> _keys = new(Math.Min(limit + 1, 64));

        private bool IsFull => _keys.Count > limit;

        public KeyPage Page()
        {
            bool hasMore = IsFull;
            if (hasMore)
            {
                _keys.RemoveAt(limit);
            }

            return new KeyPage(_keys, hasMore);
        }

        /// <summary>Adds the keys of a folder.</summary>
        /// <param name="folder">Its path.</param>
        /// <param name="keyPrefix">What all of its keys start with.</param>
        /// <returns>Whether there is such a folder.</returns>
        public bool Visit(string folder, string keyPrefix)
        {
            // What is left of the prefix below the folder; only in the first one visited is it not empty.
            string namePrefix = prefix.Length > keyPrefix.Length ? prefix[keyPrefix.Length..] : "";
            if (LowerBound(keyPrefix) is not { } from)
            {
                return true;
            }

            if (string.CompareOrdinal(from, namePrefix) < 0)
            {
                from = namePrefix;
            }

            bool ofPart = keyPrefix is not ("" or [.., '/']);
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (lister.Read(folder, ofPart, from, limit + 1 - _keys.Count) is not { } window)
                {
                    return false;
                }

                foreach (FolderEntry entry in window.Entries.Span)
                {
                    if (!entry.Text.StartsWith(namePrefix, StringComparison.Ordinal))
                    {
                        return true;
                    }

                    Add(folder, keyPrefix, entry);
                    if (IsFull)
                    {
                        return true;
                    }
                }

                if (!window.HasMore)
                {
                    return true;
                }

                from = After(window.Entries.Span[^1].Text);
            }
        }

        private void Add(string folder, string keyPrefix, FolderEntry entry)
        {
            string key = keyPrefix + entry.Text;
            if (entry.Kind == FolderEntryKind.Object)
            {
                _keys.Add(key);
                return;
            }

            bool continues = entry.Kind == FolderEntryKind.Piece;
            Visit(lister.PathOf(folder, continues ? entry.Text : entry.Text.AsSpan(..^1), continues), key);
        }

        // The first name in a folder that can hold a key after the start; null when all of its keys come before that.
        private string? LowerBound(string keyPrefix)
        {
            if (!startAfter.StartsWith(keyPrefix, StringComparison.Ordinal))
            {
                return string.CompareOrdinal(startAfter, keyPrefix) < 0 ? "" : null;
            }

            ReadOnlySpan<char> rest = startAfter.AsSpan(keyPrefix.Length);
            int slash = rest.IndexOf('/');
            int part = slash < 0 ? rest.Length : slash;
            if (part >= FileNameCodec.ChunkLength)
            {
                return rest[..FileNameCodec.ChunkLength].ToString();
            }

            return slash >= 0 ? rest[..(slash + 1)].ToString() : After(rest.ToString());
        }

        // The very next text in ordinal order.
        private static string After(string text) => text + '\0';
    }

    private FolderWindow? Read(string folder, bool ofPart, string from, int wanted) => windows.Read(folder, ofPart, from, wanted);

    private string PathOf(string folder, ReadOnlySpan<char> text, bool continues) => paths.OfEntry(folder, text, continues);
}
