using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;

namespace Registry.Storage.Azure;

/// <summary>The blocks that one appender made, from its first on.</summary>
/// <param name="Chain">The appender's own random text, so that no block of another has an id of this one's.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct BlockRun(string Chain, int Count)
{
    private const int ChainBytes = 8;
    private const int ChainLength = 11;

    public static string CreateChain() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(ChainBytes));

    public static bool TryParseAll(ReadOnlySpan<char> text, out ImmutableArray<BlockRun> runs)
    {
        ImmutableArray<BlockRun>.Builder read = ImmutableArray.CreateBuilder<BlockRun>();
        runs = [];
        int total = 0;
        if (!text.IsEmpty)
        {
            foreach (Range range in text.Split(','))
            {
                ReadOnlySpan<char> run = text[range];
                if (run.Length <= ChainLength + 1 || run[ChainLength] != ':' || !Base64Url.IsValid(run[..ChainLength])
                    || !int.TryParse(run[(ChainLength + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
                    || count is < 1 or > AzureUploadToken.MaxBlocks || (total += count) > AzureUploadToken.MaxBlocks)
                {
                    return false;
                }

                read.Add(new BlockRun(run[..ChainLength].ToString(), count));
            }
        }

        runs = read.ToImmutable();
        return true;
    }

    /// <summary>The id of a block: the service wants ids of one length for all blocks of a blob, in Base64.</summary>
    public string BlockId(int index)
    {
        Span<byte> id = stackalloc byte[ChainBytes + sizeof(int)];
        Base64Url.DecodeFromChars(Chain, id);
        BinaryPrimitives.WriteInt32BigEndian(id[ChainBytes..], index);
        return Convert.ToBase64String(id);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Chain}:{Count}");
}
