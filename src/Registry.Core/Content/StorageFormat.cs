using System.Text.Json;
using Registry.Content.Records;
using Registry.Storage;

namespace Registry.Content;

/// <summary>The version of the layout that a store holds. A store of a version that is not known here is not touched.</summary>
internal sealed class StorageFormat(IObjectStore store)
{
    public const int Version = 1;
    private const string Name = "registry";

    /// <summary>Marks an unmarked store, and checks a marked one.</summary>
    /// <exception cref="InvalidOperationException">The store holds something else, or another version.</exception>
    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        SmallObject? found = await store.GetAsync(ContentKeys.Format, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            byte[] marker = JsonSerializer.SerializeToUtf8Bytes(new FormatRecord(Name, Version), RecordJson.Default.FormatRecord);
            if ((await store.PutAsync(ContentKeys.Format, marker, PutCondition.IfAbsent, cancellationToken).ConfigureAwait(false)).Succeeded)
            {
                return;
            }

            found = await store.GetAsync(ContentKeys.Format, cancellationToken).ConfigureAwait(false);
        }

        FormatRecord? format = found is null ? null : Parse(found.Content.Span);
        if (format?.Format != Name)
        {
            throw new InvalidOperationException($"The store's marker '{ContentKeys.Format}' is not one of a registry. Is this the right store?");
        }

        if (format.Version != Version)
        {
            throw new InvalidOperationException(
                $"The store holds a registry in version {format.Version} of the storage layout, and this software knows version {Version}. It was not touched.");
        }
    }

    private static FormatRecord? Parse(ReadOnlySpan<byte> content)
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
}
