using System.Text.Json;
using Registry.Content.Records;
using Registry.Storage;

namespace Registry.Content;

/// <summary>The version of the layout that a store holds. A store of a version that is not known here is not touched.</summary>
internal sealed class StorageFormat(IObjectStore store)
{
    public const int Version = 1;

    /// <summary>What a registry's store is marked with.</summary>
    public const string Name = "registry";

    /// <summary>What a store is marked with while a registry is copied to it: software that knows nothing of copies refuses it too.</summary>
    public const string CopyName = "registry-copy";

    /// <summary>Marks an unmarked store, and checks a marked one.</summary>
    /// <exception cref="InvalidOperationException">The store holds something else, another version, or half a copy.</exception>
    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        SmallObject? found = await store.GetAsync(ContentKeys.Format, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            if (found is not null)
            {
                FormatRecord format = Check(found);
                if (format.Copy is null)
                {
                    return;
                }
            }

            // A copy that a host uses is a registry of its own from then on: nobody may copy over it what it has not.
            PutCondition condition = found is null ? PutCondition.IfAbsent : PutCondition.IfMatch(found.ETag);
            if ((await store.PutAsync(ContentKeys.Format, Encode(new FormatRecord(Name, Version)), condition, cancellationToken).ConfigureAwait(false)).Succeeded)
            {
                return;
            }

            found = await store.GetAsync(ContentKeys.Format, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads a marker, or returns <see langword="null"/> where it is none of a registry.</summary>
    public static FormatRecord? Parse(ReadOnlySpan<byte> content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, RecordJson.Default.FormatRecord);
        }
        catch (JsonException)
        {
            return null; // Told to the caller as a marker of something else.
        }
    }

    public static byte[] Encode(FormatRecord format) => JsonSerializer.SerializeToUtf8Bytes(format, RecordJson.Default.FormatRecord);

    private static FormatRecord Check(SmallObject found)
    {
        FormatRecord? format = Parse(found.Content.Span);
        if (format?.Format == CopyName)
        {
            throw new InvalidOperationException("A registry is being copied to the store, and the copy has not come to its end. Go on with it first; the store was not touched.");
        }

        if (format?.Format != Name)
        {
            throw new InvalidOperationException($"The store's marker '{ContentKeys.Format}' is not one of a registry. Is this the right store?");
        }

        return format.Version == Version
            ? format
            : throw new InvalidOperationException(
                $"The store holds a registry in version {format.Version} of the storage layout, and this software knows version {Version}. It was not touched.");
    }
}
