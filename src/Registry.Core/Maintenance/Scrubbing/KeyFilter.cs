using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Maintenance.Scrubbing;

/// <summary>
/// Remembers any number of keys in a fixed amount of memory (a Bloom filter): a key that was added is always found, and one that was not is found too now and then. Each filter has a seed of its own, so that what one
/// takes for seen by mistake the next does not.
/// </summary>
internal sealed class KeyFilter
{
    // 4 MiB: with three million keys, one in a hundred others is found by mistake.
    private const int Bits = 1 << 25;
    private const int Hashes = 7;
    private const int SeedBytes = 16;

    private readonly ulong[] _bits = new ulong[Bits / 64];
    private readonly byte[] _seed = RandomNumberGenerator.GetBytes(SeedBytes);

    public void Add(string key)
    {
        Span<uint> places = stackalloc uint[Hashes];
        Find(key, places);
        foreach (uint place in places)
        {
            _bits[place / 64] |= 1UL << (int)(place % 64);
        }
    }

    public bool MayContain(string key)
    {
        Span<uint> places = stackalloc uint[Hashes];
        Find(key, places);
        foreach (uint place in places)
        {
            if ((_bits[place / 64] & (1UL << (int)(place % 64))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private void Find(string key, Span<uint> places)
    {
        Span<byte> input = stackalloc byte[SeedBytes + 1024];
        _seed.CopyTo(input);
        int length = Encoding.ASCII.GetBytes(key, input[SeedBytes..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input[..(SeedBytes + length)], hash);
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = BinaryPrimitives.ReadUInt32LittleEndian(hash[(i * 4)..]) % Bits;
        }
    }
}
